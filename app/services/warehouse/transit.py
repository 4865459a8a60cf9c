"""Goods between the own shelf and a marketplace.

A TO_MARKETPLACE document says in its note which delivery it went with (``supply_note``). From then on its
pieces are in transit, until the marketplace's own figures show them accepted:

- a delivery that the marketplace has not shown yet, or is still accepting: sent − accepted are on their way;
- an accepted one: nothing is on its way; what differs is shown, and told once in the digest;
- a cancelled one: nothing is on its way; its goods are to be received again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.core.clock import Clock, business_day
from app.core.errors import NotFound
from app.db.session import TenantTx
from app.repositories import balances, catalogue, freshness, items, transit
from app.repositories.balances import BalanceRow
from app.repositories.items import ItemCard
from app.repositories.transit import AdvicePart, AdviceParts, GapNews, OnTheWay, SentLine, SentSupply

__all__ = [
    "PAGE",
    "AdvicePart",
    "AdviceParts",
    "BalanceRow",
    "DayQuery",
    "DaySide",
    "GapNews",
    "ListSupplies",
    "OnTheWay",
    "OwnItem",
    "OwnQuery",
    "OwnStock",
    "PartsQuery",
    "SentLine",
    "SentSupply",
    "ShowDaySide",
    "ShowOwn",
    "ShowParts",
    "ShowTrip",
    "SuppliesQuery",
    "SuppliesReport",
    "TripQuery",
    "TripReport",
    "supply_note",
]

PAGE = 8
DIGEST_WINDOW = 14
"""The window of the advice that the digest repeats."""


def supply_note(marketplace: str, number: str) -> str:
    """What the note of a TO_MARKETPLACE document says: «WB:12345», «OZON:2000012345»."""
    return f"{marketplace.strip().upper()}:{number.strip()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppliesQuery:
    """A page of deliveries, from 0."""

    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppliesReport:
    """Deliveries to marketplaces, the newest first."""

    supplies: tuple[SentSupply, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSupplies:
    """What was sent to marketplaces, and what became of it."""

    def __call__(self, tx: TenantTx, query: SuppliesQuery) -> SuppliesReport:
        pages = max(1, -(-transit.count_supplies(tx) // PAGE))
        page = min(max(query.page, 0), pages - 1)
        found = transit.list_supplies(tx, PAGE, page * PAGE)
        return SuppliesReport(supplies=tuple(found), page=page, pages=pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class TripQuery:
    """One delivery."""

    marketplace: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TripReport:
    """A delivery item by item, those that differ first; ``status`` as of ``SentSupply``."""

    marketplace: str
    number: str
    status: str | None
    lines: tuple[SentLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowTrip:
    """Sent against accepted, item by item."""

    def __call__(self, tx: TenantTx, query: TripQuery) -> TripReport:
        """Raises NotFound for a delivery that nothing was sent with."""
        lines = transit.list_sent_lines(tx, query.marketplace, query.number)
        if not lines:
            raise NotFound(f"С поставкой {query.number} со склада ничего не уходило.")
        return TripReport(
            marketplace=query.marketplace,
            number=query.number,
            status=lines[0].status,
            lines=tuple(lines),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnQuery:
    """What the own shelf has of an article (of a listing or of an item, or a barcode)."""

    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnItem:
    """An item on the own shelf: its balances, what expires first before the rest, and what is on its way."""

    card: ItemCard
    balances: tuple[BalanceRow, ...]
    moving: tuple[OnTheWay, ...]

    @property
    def on_hand(self) -> int:
        return sum(each.on_hand for each in self.balances)

    @property
    def reserved(self) -> int:
        return sum(each.reserved for each in self.balances)

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def in_transit(self) -> int:
        return sum(each.qty for each in self.moving)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStock:
    """Items that an article stands for. ``is_listed``: some listing of the cabinets has this article.
    ``uses_shelf``: there is any item at all in the organisation."""

    items: tuple[OwnItem, ...]
    is_listed: bool
    uses_shelf: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOwn:
    """The own shelf's part of a stock card. It moves by the minute, so it is never kept as the rest is."""

    def __call__(self, tx: TenantTx, query: OwnQuery) -> OwnStock:
        skus = [sku.id for sku in catalogue.find_by_article(tx, query.article)]
        ids = sorted({*items.items_of_skus(tx, skus).values(),
                      *items.find_items_named(tx, [query.article]).values()})  # fmt: skip
        there, moving = balances.list_balances(tx, ids), transit.list_on_the_way(tx, ids)
        return OwnStock(
            items=tuple(
                OwnItem(
                    card=card,
                    balances=tuple(each for each in there if each.item_id == card.id),
                    moving=tuple(each for each in moving if each.item_id == card.id),
                )
                for card in items.item_cards(tx, ids)
            ),
            is_listed=bool(skus),
            uses_shelf=bool(ids) or transit.has_items(tx),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsQuery:
    """The shelf's part of an advice, for the listings of one page of it."""

    window_days: int
    sku_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowParts:
    """What of the advice is on its way already, what can go from the own shelf now, what must be bought.

    The advice itself is the night's: demand + safety − on hand − in transit, the last two as the marketplace
    tells them (Wildberries: goods coming back from buyers; Ozon: those, and its own deliveries on their way).
    From it goes what has left the own shelf since and is not accepted yet, so nothing is sent twice; see
    ``transit.advice_parts`` for how Ozon's own count is not taken twice. Of what is left, free pieces of the
    own shelf (not promised, not expired) go to the most urgent listing first; the rest is to be bought.
    """

    clock: Clock
    day_timezone: str

    def __call__(self, tx: TenantTx, query: PartsQuery) -> AdviceParts | None:
        """None where there is no advice, or no own shelf."""
        d = freshness.last_day(tx, "advice_supply")
        if d is None or not transit.has_items(tx):
            return None
        today = business_day(self.clock.now(), self.day_timezone)
        return transit.advice_parts(tx, d, query.window_days, query.sku_ids, today)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayQuery:
    """The shelf's part of the digest of day ``d`` (None: yesterday), whose advice names these listings."""

    d: date | None = None
    sku_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySide:
    """Differences that the day's night noticed, and the advice for ``DIGEST_WINDOW`` days taken apart."""

    gaps: tuple[GapNews, ...] = ()
    parts: AdviceParts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDaySide:
    """What the digest says of goods on their way: deliveries that turned out to be accepted otherwise than
    sent, and what of its advice is on its way already."""

    clock: Clock
    day_timezone: str

    def __call__(self, tx: TenantTx, query: DayQuery) -> DaySide:
        d = query.d or business_day(self.clock.now(), self.day_timezone) - timedelta(days=1)
        asked = PartsQuery(window_days=DIGEST_WINDOW, sku_ids=query.sku_ids)
        parts = ShowParts(clock=self.clock, day_timezone=self.day_timezone)(tx, asked)
        return DaySide(gaps=tuple(transit.list_gap_news(tx, d)), parts=parts)
