"""Which items the marketplaces' listings are: what is proposed, and what a person has decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.db.figures import move_stamp
from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("listings.sql"))

UNKNOWN, PROPOSED, CONFIRMED, REFUSED = "", "proposed", "confirmed", "refused"
"""How a listing stands; to whom nothing is proposed, or only what was refused, it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A SKU of a cabinet and, where there is one, the item that it is or might be.

    ``external_id`` is the marketplace's own number. ``found_by``: barcode, article, card or "" (a person).
    """

    sku_id: int
    account_id: int
    marketplace: str
    account: str
    article: str
    size: str
    title: str
    external_id: int
    state: str
    item_id: int | None
    item_article: str
    item_name: str
    found_by: str
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingCounts:
    """``sure`` are among the ``proposed``."""

    items: int
    confirmed: int
    proposed: int
    sure: int
    unlinked: int


class UnknownAccount(NamedTuple):
    """A cabinet, and how many of its listings nobody knows."""

    account_id: int
    marketplace: str
    account: str
    listings: int


class UnknownCard(NamedTuple):
    """A listing that nobody knows, as its card has it; ``sisters`` of its cabinet have its article."""

    sku_id: int
    article: str
    size: str
    brand: str
    category: str
    title: str
    external_id: int
    sisters: int
    barcodes: list[str]


def propose_links(tx: TenantTx) -> int:
    """Find what listings might be; how many proposals are new or changed."""
    return int(tx.run(SQL["propose"]).rowcount)


def count_listings(tx: TenantTx) -> ListingCounts:
    """Of cabinets in use."""
    return ListingCounts(**tx.run(SQL["counts"]).one()._mapping)


def list_listings(tx: TenantTx, state: str, limit: int, offset: int = 0) -> list[Listing]:
    """A page of those that stand so, the unsure ones first."""
    rows = tx.run(SQL["list"], state=state, limit=limit, offset=offset)
    return [Listing(**row._mapping) for row in rows]


def listings_of_items(tx: TenantTx, items: Sequence[int]) -> list[Listing]:
    """Confirmed ones."""
    return [Listing(**row._mapping) for row in tx.run(SQL["of_items"], items=[*items])]


def lock_listing(tx: TenantTx, sku_id: int) -> Listing | None:
    """A listing as it stands; nobody else decides on it until the transaction ends."""
    row = tx.run(SQL["find"], sku=sku_id).one_or_none()
    return None if row is None else Listing(**row._mapping)


def decide(
    tx: TenantTx, links: Sequence[tuple[int, int]], state: str, now: datetime, *, found_by: str = ""
) -> None:
    """SKU and item, by the word of the transaction's actor; a confirmed one's barcodes are its item's now.

    ``found_by`` "" leaves what was noted before.
    """
    tx.run(
        SQL["decide"],
        skus=[sku for sku, _ in links],
        items=[item for _, item in links],
        state=state,
        found_by=found_by,
        person=tx.actor.user_id,
        now=now,
    )
    if state == CONFIRMED:
        _give_barcodes(tx, links)
    move_stamp(tx)


def confirm_sure(tx: TenantTx, now: datetime) -> int:
    """All sure proposals; how many."""
    links = [
        (row.sku_id, row.item_id) for row in tx.run(SQL["confirm_sure"], person=tx.actor.user_id, now=now)
    ]
    if links:
        _give_barcodes(tx, links)
        move_stamp(tx)
    return len(links)


def list_unknown_accounts(tx: TenantTx) -> list[UnknownAccount]:
    """Cabinets with listings that nobody knows, most of them first."""
    return [UnknownAccount(*row) for row in tx.run(SQL["unlinked_accounts"])]


def list_unknown_cards(tx: TenantTx, account_id: int) -> list[UnknownCard]:
    """Of a cabinet, all of them."""
    return [UnknownCard(*row) for row in tx.run(SQL["unlinked_cards"], account=account_id)]


def take_barcodes(tx: TenantTx, sku_id: int) -> int:
    """Its item is not scanned any more by what it was for the sake of this listing; how many codes."""
    return int(tx.run(SQL["take_barcodes"], sku=sku_id).rowcount)


def _give_barcodes(tx: TenantTx, links: Sequence[tuple[int, int]]) -> None:
    tx.run(SQL["give_barcodes"], skus=[sku for sku, _ in links], items=[item for _, item in links])
