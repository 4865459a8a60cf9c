"""The connection to the Ozon Seller API: a seller's key, what it may do, whose it is.

Everything is a POST that only reads; the methods of an area stand in its ``calls``. Source: facts/ozon.md
section 1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.core.clock import Clock
from app.marketplaces.errors import Garbled
from app.marketplaces.ozon.key import OzonKey
from app.marketplaces.ozon.performance import PerformanceClient
from app.marketplaces.ozon.refusals import not_offered
from app.marketplaces.transport import Breakers, Endpoint, RateBudget, SecretHeaders, Transport
from app.marketplaces.transport.request import CallReport
from app.marketplaces.wire import clean, parse_json


def post(name: str, path: str) -> Endpoint:
    """A method of the Seller API, all of which are POST; ``name`` is its budget's."""
    return Endpoint(name, "POST", "ozon", path)


ROLES = post("ozon.roles", "/v1/roles")
SELLER_INFO = post("ozon.seller_info", "/v1/seller/info")

REQUIRED_METHODS = (
    "/v3/product/list",
    "/v3/product/info/list",
    "/v1/finance/accrual/by-day",
    "/v1/analytics/stocks",
)
"""What the nightly collection cannot do without."""


class Roles(NamedTuple):
    """What a key may do and until when (keys live three months)."""

    expires_at: datetime | None
    names: tuple[str, ...]
    methods: frozenset[str]

    def missing(self, required: Iterable[str] = REQUIRED_METHODS) -> list[str]:
        """Required methods that no role gives. A role may name a whole branch ("/v1/posting")."""
        return [
            path
            for path in required
            if not any(path == given or path.startswith(given.rstrip("/") + "/") for given in self.methods)
        ]


class SellerInfo(NamedTuple):
    """Whose key it is. ``subscription`` as Ozon spells it ("PREMIUM_LITE"), "" where there is none."""

    name: str
    currency: str
    subscription: str
    tax_system: str = ""


@dataclass(slots=True)
class OzonClient:
    """Ozon for one seller account. ``ads``: its advertising, where the seller gave a key of that too."""

    transport: Transport
    ads: PerformanceClient | None = None

    def close(self) -> None:
        """Give the connections back."""
        self.transport.close()
        if self.ads is not None:
            self.ads.transport.close()

    def roles(self) -> Roles:
        """Expiry and roles of the key."""
        return read_roles(self.transport.call(ROLES, body={}).body)

    def seller_info(self) -> SellerInfo:
        """Name, currency and subscription of the cabinet."""
        return read_seller(self.transport.call(SELLER_INFO, body={}).body)


def read_roles(body: bytes) -> Roles:
    """A reply of /v1/roles; what of it is of another shape counts as not told."""
    told = _told(body, ROLES)
    roles = [role for role in _listed(told.get("roles")) if isinstance(role, dict)]
    methods = (path for role in roles for path in _listed(role.get("methods")))
    return Roles(
        _instant(told.get("expires_at")),
        tuple(clean(str(role.get("name") or "")) for role in roles),
        frozenset(path for path in methods if isinstance(path, str) and path),
    )


def read_seller(body: bytes) -> SellerInfo:
    """A reply of /v1/seller/info."""
    told = _told(body, SELLER_INFO)
    company, subscription = _object(told, "company"), _object(told, "subscription")
    kind = clean(str(subscription.get("type") or ""))
    return SellerInfo(
        clean(str(company.get("name") or "")),
        clean(str(company.get("currency") or "RUB")),
        "" if kind in _NO_SUBSCRIPTION else kind,
        clean(str(company.get("tax_system") or "")),
    )


_NO_SUBSCRIPTION = frozenset({"UNKNOWN", "UNSPECIFIED"})


def _listed(told: object) -> list[Any]:
    return told if isinstance(told, list) else []


def _told(body: bytes, endpoint: Endpoint) -> dict[str, Any]:
    told = parse_json(body, endpoint.budget)
    if not isinstance(told, dict):
        raise Garbled(endpoint.budget, "ожидался объект")
    return told


def _object(told: dict[str, Any], name: str) -> dict[str, Any]:
    inner = told.get(name)
    return inner if isinstance(inner, dict) else {}


def _instant(told: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def open_ozon(
    key: OzonKey,
    *,
    address: str,
    budget: RateBudget,
    clock: Clock,
    breakers: Breakers,
    timeout: float = 60.0,
    max_wait: float = 5.0,
    on_call: Callable[[CallReport], None] | None = None,
) -> OzonClient:
    """A client for a key. ``address``: the setting OZON_API_URL. Close ``.transport`` when done."""
    transport = Transport(
        marketplace="Ozon",
        address=address,
        auth=SecretHeaders({"Client-Id": key.client_id, "Api-Key": key.api_key}),
        budget=budget,
        clock=clock,
        breakers=breakers,
        timeout=timeout,
        max_wait=max_wait,
        # Without a Retry-After one long-lived loader waits two minutes after a 429 of by-day.
        default_cool_down=120.0,
        on_call=on_call,
        explain=not_offered,
    )
    return OzonClient(transport)
