"""Looking for an item: by words, barcode or article; and everything about one of them."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.core.clock import business_day
from app.core.errors import NotFound
from app.db.session import TenantTx
from app.domain.warehouse.barcodes import readings
from app.repositories import balances, items, listings
from app.repositories.balances import BalanceRow
from app.repositories.items import ItemCard
from app.repositories.listings import Listing
from app.services.analytics.common import Question
from app.services.ledger.snapshot import InventoryItem, query_inventory_snapshot
from app.services.warehouse.goods import exact_item, near_items

__all__ = ["BalanceRow", "FindItems", "FindScanned", "FoundItem", "FoundItems", "InventoryItem", "ItemCard",
           "ItemQuery", "Listing", "ScannedCodes", "ScannedItems", "SearchQuery", "ShowItem"]  # fmt: skip

PAGE = 8
PLACES_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuery:
    """One item by its number."""

    item_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What was typed or scanned, "" for all there is; page from 0."""

    words: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """An item with its balances, the earliest expiry first; ``places`` are at most PLACES_SHOWN of ``rows``.

    What expires up to ``near`` does so soon, up to ``today`` (this day excluded) it has. ``listings`` are
    confirmed ones.
    """

    card: ItemCard
    on_hand: int
    reserved: int
    places: tuple[BalanceRow, ...]
    rows: int
    today: date
    near: date
    listings: tuple[Listing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItems:
    """A page of items that answer to the words; ``has_more`` after it. None: ``near`` are like it."""

    words: str
    items: tuple[InventoryItem, ...]
    page: int
    has_more: bool
    near: tuple[ItemCard, ...] = ()


class ShowItem(Question):
    """Everything about one item."""

    def __call__(self, tx: TenantTx, query: ItemQuery) -> FoundItem:
        """Raises NotFound."""
        cards = items.item_cards(tx, [query.item_id])
        if not cards:
            raise NotFound("Такого товара нет. Поискать: /find")
        return self.about(tx, cards[0])

    def about(self, tx: TenantTx, card: ItemCard) -> FoundItem:
        """The card with what is on the shelf."""
        rows = balances.list_balances(tx, [card.id])
        today = business_day(self.clock.now(), self.settings.day_timezone)
        return FoundItem(
            card=card,
            on_hand=sum(row.on_hand for row in rows),
            reserved=sum(row.reserved for row in rows),
            places=tuple(rows[:PLACES_SHOWN]),
            rows=len(rows),
            today=today,
            near=today + timedelta(days=self.settings.near_expiry_days),
            listings=tuple(listings.listings_of_items(tx, [card.id])),
        )


class FindItems(Question):
    """Items by what was typed; the one of exactly this barcode or article is shown whole."""

    def __call__(self, tx: TenantTx, query: SearchQuery) -> FoundItem | FoundItems:
        words = " ".join(query.words.split())
        if words and query.page == 0 and (card := exact_item(tx, words)) is not None:
            return ShowItem(self.clock, self.settings).about(tx, card)
        today = business_day(self.clock.now(), self.settings.day_timezone)
        page = max(query.page, 0)
        found = query_inventory_snapshot(
            tx,
            today,
            words=words,
            limit=PAGE + 1,
            offset=page * PAGE,
            near_days=self.settings.near_expiry_days,
        )
        near = near_items(tx, words) if words and not found and page == 0 else []
        return FoundItems(
            words=words,
            items=tuple(found[:PAGE]),
            page=page,
            has_more=len(found) > PAGE,
            near=tuple(near),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedCodes:
    """What a photo showed, each code once."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedItems:
    """The items of these codes, each once; ``unknown`` are codes of nobody's."""

    items: tuple[ItemCard, ...]
    unknown: tuple[str, ...]


class FindScanned:
    """Which items several codes are: a box has labels of its maker, its carrier and its marketplaces."""

    def __call__(self, tx: TenantTx, query: ScannedCodes) -> ScannedItems:
        spelt = {code: readings(code) for code in query.codes}
        known = items.find_items_named(tx, [name for names in spelt.values() for name in names])
        found = {code: next((known[n] for n in names if n in known), None) for code, names in spelt.items()}
        ids = dict.fromkeys(item_id for item_id in found.values() if item_id is not None)
        return ScannedItems(
            items=tuple(items.item_cards(tx, [*ids])),
            unknown=tuple(code for code, item_id in found.items() if item_id is None),
        )
