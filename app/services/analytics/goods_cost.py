"""Listings, the things that they are, and what a piece costs on a day: what several questions begin with."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.db.session import TenantTx
from app.repositories.valuation import Listing, costs_on, list_listings

PAGE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """``listings`` by SKU; ``of_item`` the SKUs that are one thing on the shelf."""

    listings: dict[int, Listing]
    of_item: dict[int, list[int]]
    known: dict[int, Decimal]

    def prices(self, item_id: int) -> list[Decimal | None]:
        """What the item's listings say that a piece costs, each for itself."""
        return [self.known.get(sku) for sku in self.of_item.get(item_id, ())]


def read_costs(tx: TenantTx, d: date) -> Costs:
    """As of day ``d``."""
    listings = list_listings(tx)
    of_item: dict[int, list[int]] = defaultdict(list)
    for each in listings:
        if each.item_id is not None:
            of_item[each.item_id].append(each.sku_id)
    return Costs(
        listings={each.sku_id: each for each in listings}, of_item=dict(of_item), known=costs_on(tx, d)
    )


def page_of(rows: int, asked: int) -> tuple[int, int]:
    """The page that is shown, from 0, and how many there are."""
    pages = max(1, -(-rows // PAGE))
    return min(max(asked, 0), pages - 1), pages


def key_of(listing: Listing) -> int:
    """Of goods: the thing on the shelf, or (below nothing) the listing that is none yet."""
    return -listing.sku_id if listing.item_id is None else listing.item_id


def called(listing: Listing) -> str:
    """«KRS-42 · 46»; a card of one size has none."""
    size = f" · {listing.size}" if listing.size not in ("", "0") else ""
    return f"{listing.article}{size}"
