"""Calls to Wildberries, one method each. Returns replies as received; reading them is wire's work.

Source: facts/wildberries.md section 5. The token goes raw into Authorization.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.core.clock import Clock
from app.marketplaces.errors import Garbled
from app.marketplaces.transport import Breakers, Endpoint, RateBudget, Reply, SecretHeaders, Transport
from app.marketplaces.transport.request import CallReport
from app.marketplaces.wire import clean, parse_json

CARDS_PAGE = 100

_SELLER_INFO = Endpoint("wb.seller_info", "GET", "common-api", "/api/v1/seller-info")
_PING = Endpoint("wb.ping", "GET", "statistics-api", "/ping")
_CARDS = Endpoint("wb.cards", "POST", "content-api", "/content/v2/get/cards/list")
_SALES = Endpoint("wb.sales", "GET", "statistics-api", "/api/v1/supplier/sales")


class SellerInfo(NamedTuple):
    """Who the token belongs to."""

    name: str
    sid: str
    trade_mark: str


@dataclass(slots=True)
class WbClient:
    """Wildberries for one seller account."""

    transport: Transport

    def ping(self) -> None:
        """Is the token alive? Once, on connection only: Wildberries blocks regular pings."""
        self.transport.call(_PING)

    def seller_info(self) -> SellerInfo:
        """The cabinet's name and id. Once a day on a base token: keep the answer for good."""
        told = parse_json(self.transport.call(_SELLER_INFO).body, _SELLER_INFO.budget)
        if not isinstance(told, dict):
            raise Garbled(_SELLER_INFO.budget, "ожидался объект")
        name, sid, mark = (clean(str(told.get(key) or "")) for key in ("name", "sid", "tradeMark"))
        return SellerInfo(name, sid, mark)

    def cards(self, after: dict[str, object]) -> Reply:
        """Up to 100 cards updated after ``after`` (``updatedAt`` and ``nmID`` of the last reply's cursor)."""
        settings = {
            "sort": {"ascending": True},
            "cursor": {"limit": CARDS_PAGE, **after},
            "filter": {"withPhoto": -1},
        }
        return self.transport.call(_CARDS, body={"settings": settings})

    def sales(self, changed_after: str) -> Reply:
        """Sales and returns with lastChangeDate after ``changed_after`` (Moscow, no zone)."""
        return self.transport.call(_SALES, params={"dateFrom": changed_after, "flag": "0"})


def open_wb(
    token: str,
    *,
    address: str,
    budget: RateBudget,
    clock: Clock,
    breakers: Breakers,
    timeout: float = 60.0,
    max_wait: float = 5.0,
    on_call: Callable[[CallReport], None] | None = None,
) -> WbClient:
    """A client for a token. ``address``: the setting WB_API_URL. Close ``.transport`` when done."""
    transport = Transport(
        marketplace="Wildberries",
        address=address,
        auth=SecretHeaders({"Authorization": token}),
        budget=budget,
        clock=clock,
        breakers=breakers,
        timeout=timeout,
        max_wait=max_wait,
        on_call=on_call,
    )
    return WbClient(transport)
