"""The connection to the Ozon Seller API: a seller's key, what it may do, whose it is.

Everything is a POST that only reads; the methods of an area stand in its ``calls``. Source: facts/ozon.md
section 1.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from app.core.clock import Clock
from app.marketplaces.errors import Garbled, TokenUnfit
from app.marketplaces.transport import Breakers, Endpoint, RateBudget, Reply, SecretHeaders, Transport
from app.marketplaces.transport.request import CallReport
from app.marketplaces.wire import clean, parse_json


def post(name: str, path: str) -> Endpoint:
    """A method of the Seller API, all of which are POST; ``name`` is its budget's."""
    return Endpoint(name, "POST", "ozon", path)


_ROLES = post("ozon.roles", "/v1/roles")
_SELLER_INFO = post("ozon.seller_info", "/v1/seller/info")

REQUIRED_METHODS = (
    "/v3/product/list",
    "/v3/product/info/list",
    "/v1/finance/accrual/by-day",
    "/v1/analytics/stocks",
)
"""What the nightly collection cannot do without."""

_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OzonKey:
    """Client-Id and Api-Key of a seller account."""

    client_id: str
    api_key: str = field(repr=False)


def read_key(pasted: str) -> OzonKey:
    """Client-Id (digits) and Api-Key (a UUID) in what was pasted, in any order. Raises TokenUnfit."""
    keys = _KEY.findall(pasted)
    numbers = re.findall(r"(?<![\w-])\d{3,20}(?![\w-])", _KEY.sub(" ", pasted))
    if len(keys) != 1 or len(numbers) != 1:
        raise TokenUnfit(
            "Для Ozon нужны две вещи из раздела «Seller API»: Client-Id (число) и Api-Key "
            "(вид 01234567-89ab-cdef-0123-456789abcdef). Пришлите их одним сообщением."
        )
    return OzonKey(numbers[0], keys[0].lower())


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
    """Whose key it is."""

    name: str
    currency: str
    subscription: str


@dataclass(slots=True)
class OzonClient:
    """Ozon for one seller account."""

    transport: Transport

    def roles(self) -> Roles:
        """Expiry and roles of the key."""
        told = _told(self.transport.call(_ROLES, body={}), _ROLES)
        roles = [role for role in told.get("roles") or () if isinstance(role, dict)]
        methods = (path for role in roles for path in role.get("methods") or ())
        return Roles(
            _instant(told.get("expires_at")),
            tuple(clean(str(role.get("name") or "")) for role in roles),
            frozenset(path for path in methods if isinstance(path, str) and path),
        )

    def seller_info(self) -> SellerInfo:
        """Name, currency and subscription of the cabinet."""
        told = _told(self.transport.call(_SELLER_INFO, body={}), _SELLER_INFO)
        company, subscription = _object(told, "company"), _object(told, "subscription")
        return SellerInfo(
            clean(str(company.get("name") or "")),
            clean(str(company.get("currency") or "RUB")),
            clean(str(subscription.get("type") or "")),
        )


def _told(reply: Reply, endpoint: Endpoint) -> dict[str, Any]:
    told = parse_json(reply.body, endpoint.budget)
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
    )
    return OzonClient(transport)
