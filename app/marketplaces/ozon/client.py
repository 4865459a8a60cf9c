"""Calls to the Ozon Seller API, one method each. Everything is a POST that only reads.

Source: facts/ozon.md sections 1, 2, 5, 6.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from app.core.clock import Clock
from app.marketplaces.errors import Garbled, TokenUnfit
from app.marketplaces.ozon.accrual_lines import AccrualType
from app.marketplaces.transport import Breakers, Endpoint, RateBudget, Reply, SecretHeaders, Transport
from app.marketplaces.transport.request import CallReport
from app.marketplaces.wire import clean, parse_json, parse_rows

Visibility = Literal["ALL", "ARCHIVED"]

LIST_PAGE = 1000
STOCK_SKUS = 100


def _post(name: str, path: str) -> Endpoint:
    return Endpoint(name, "POST", "ozon", path)


_ROLES = _post("ozon.roles", "/v1/roles")
_SELLER_INFO = _post("ozon.seller_info", "/v1/seller/info")
_LIST = _post("ozon.product_list", "/v3/product/list")
_INFO = _post("ozon.product_info", "/v3/product/info/list")
_TYPES = _post("ozon.accrual_types", "/v1/finance/accrual/types")
_BY_DAY = _post("ozon.accruals", "/v1/finance/accrual/by-day")
_STOCKS = _post("ozon.stock", "/v1/analytics/stocks")

REQUIRED_METHODS = tuple(point.path for point in (_LIST, _INFO, _BY_DAY, _STOCKS))
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

    def product_list(self, visibility: Visibility, last_id: str) -> Reply:
        """A page of products. ALL leaves the archived out, so ARCHIVED is read too."""
        body = {"filter": {"visibility": visibility}, "last_id": last_id, "limit": LIST_PAGE}
        return self.transport.call(_LIST, body=body)

    def product_info(self, product_ids: Sequence[int]) -> Reply:
        """Details of up to 1000 products."""
        return self.transport.call(_INFO, body={"product_id": [str(number) for number in product_ids]})

    def accrual_types(self) -> list[AccrualType]:
        """Ozon's current dictionary of accrual types."""
        reply = self.transport.call(_TYPES, body={})
        return [
            AccrualType(
                row["id"], clean(str(row.get("name") or "")), clean(str(row.get("description") or ""))
            )
            for row in parse_rows(reply.body, _TYPES.budget, "accrual_types")
            if isinstance(row, dict) and isinstance(row.get("id"), int)
        ]

    def accruals(self, d: date, last_id: str) -> Reply:
        """A page of a day's accruals. ``last_id`` lives for 15 minutes."""
        return self.transport.call(_BY_DAY, body={"date": d.isoformat(), "last_id": last_id})

    def stocks(self, skus: Sequence[int]) -> Reply:
        """Stock by warehouse of up to 100 skus."""
        return self.transport.call(_STOCKS, body={"skus": [str(sku) for sku in skus]})


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
