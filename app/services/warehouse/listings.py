"""Which item each listing is: what is proposed is confirmed or refused, what is unknown is linked by hand."""

from dataclasses import dataclass

from app.core.clock import Clock
from app.core.errors import Conflict, NotFound
from app.db.session import TenantTx
from app.repositories import listings
from app.repositories.audit import append_audit
from app.repositories.listings import (
    CONFIRMED,
    PROPOSED,
    REFUSED,
    UNKNOWN,
    Listing,
    ListingCounts,
    UnknownAccount,
)
from app.services.analytics.common import pages
from app.services.warehouse.goods import resolve_item

__all__ = [
    "CONFIRMED",
    "PAGE",
    "ConfirmSure",
    "DecideLink",
    "Decided",
    "DecidedMany",
    "LinkDecision",
    "LinkListing",
    "Listing",
    "ListingBoard",
    "ListingLink",
    "ListingQuery",
    "ListingsQuery",
    "ShowListing",
    "ShowListings",
    "SureLinks",
    "name_of",
]

PAGE = 4
NO_SIZE = ("", "0")
"""How Wildberries calls the size of what has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingsQuery:
    """A page, from 0, of what is proposed; with ``unknown`` of what nobody knows."""

    unknown: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingQuery:
    """One of them."""

    sku_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingBoard:
    """``listings`` of page ``page`` of ``pages``; ``accounts`` have listings that nobody knows."""

    counts: ListingCounts
    listings: tuple[Listing, ...]
    accounts: tuple[UnknownAccount, ...]
    unknown: bool
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDecision:
    """Is that listing its proposed item? The item is named, so that nothing else is decided on."""

    sku_id: int
    item_id: int
    is_it: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingLink:
    """Link a listing to the item that a person typed or scanned."""

    sku_id: int
    typed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SureLinks:
    """Confirm all that is sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One listing after a person's word."""

    sku_id: int
    listing: str
    item_id: int
    item: str
    state: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedMany:
    """How many listings were linked, and how many items made for it; ``left`` nobody knows even now."""

    linked: int
    made: int
    left: int
    trace_id: str


class ShowListings:
    """What is proposed, found anew each time: a card of this night is there in the morning."""

    def __call__(self, tx: TenantTx, query: ListingsQuery) -> ListingBoard:
        listings.propose_links(tx)
        counts = listings.count_listings(tx)
        count = pages(counts.unlinked if query.unknown else counts.proposed, PAGE)
        page = min(max(query.page, 0), count - 1)
        state = UNKNOWN if query.unknown else PROPOSED
        return ListingBoard(
            counts=counts,
            listings=tuple(listings.list_listings(tx, state, PAGE, page * PAGE)),
            accounts=tuple(listings.list_unknown_accounts(tx)),
            unknown=query.unknown,
            page=page,
            pages=count,
        )


class ShowListing:
    """One listing, to be linked by hand."""

    def __call__(self, tx: TenantTx, query: ListingQuery) -> Listing:
        """Raises NotFound."""
        return _found(tx, query.sku_id)


@dataclass(frozen=True, slots=True)
class DecideLink:
    """Confirm a link, or refuse it; a confirmed one that is refused is unlinked."""

    clock: Clock

    def __call__(self, tx: TenantTx, order: LinkDecision) -> Decided:
        """Raises NotFound; Conflict where something else is proposed by now, or it is decided otherwise."""
        listing = _found(tx, order.sku_id)
        state = CONFIRMED if order.is_it else REFUSED
        if listing.item_id != order.item_id:
            raise Conflict("Для этой карточки теперь предложен другой товар. Посмотрите ещё раз: /items")
        if listing.state == state:
            return _decided(tx, listing, listing.item_id, listing.item_article, state)
        if not order.is_it:
            listings.take_barcodes(tx, listing.sku_id)
        listings.decide(tx, [(listing.sku_id, order.item_id)], state, self.clock.now())
        return _noted(tx, listing, order.item_id, listing.item_article, state)


@dataclass(frozen=True, slots=True)
class LinkListing:
    """Link a listing to an item by hand."""

    clock: Clock

    def __call__(self, tx: TenantTx, order: ListingLink) -> Decided:
        """Raises NotFound; Unclear where the item is; Conflict where it is linked already."""
        listing = _found(tx, order.sku_id)
        if listing.state == CONFIRMED:
            raise Conflict(f"{name_of(listing)} — уже {listing.item_article}. Сначала отвяжите: /items")
        card = resolve_item(tx, order.typed)
        listings.decide(tx, [(listing.sku_id, card.id)], CONFIRMED, self.clock.now())
        return _noted(tx, listing, card.id, card.article, CONFIRMED)


@dataclass(frozen=True, slots=True)
class ConfirmSure:
    """Every proposal of which nothing speaks against."""

    clock: Clock

    def __call__(self, tx: TenantTx, _order: SureLinks) -> DecidedMany:
        listings.propose_links(tx)
        done = listings.confirm_sure(tx, self.clock.now())
        if done:
            append_audit(tx, "items.linked", "", after={"count": done})
        return decided_many(tx, linked=done)


def name_of(listing: Listing) -> str:
    """A listing as people know it: its marketplace, article and size."""
    place = {"OZON": "Ozon"}.get(listing.marketplace, listing.marketplace)
    size = f" {listing.size}" if listing.size not in NO_SIZE else ""
    return f"{place} {listing.article or listing.external_id}{size}"


def _found(tx: TenantTx, sku_id: int) -> Listing:
    listing = listings.lock_listing(tx, sku_id)
    if listing is None:
        raise NotFound("Такой карточки нет. Посмотрите ещё раз: /items")
    return listing


def _noted(tx: TenantTx, listing: Listing, item_id: int, item: str, state: str) -> Decided:
    action = "item.linked" if state == CONFIRMED else "item.unlinked"
    append_audit(tx, action, name_of(listing), after={"item": item, "item_id": item_id})
    return _decided(tx, listing, item_id, item, state)


def _decided(tx: TenantTx, listing: Listing, item_id: int, item: str, state: str) -> Decided:
    return Decided(
        sku_id=listing.sku_id,
        listing=name_of(listing),
        item_id=item_id,
        item=item,
        state=state,
        trace_id=tx.trace_id,
    )


def decided_many(tx: TenantTx, *, linked: int, made: int = 0) -> DecidedMany:
    """What was done, and what is left."""
    left = listings.count_listings(tx).unlinked
    return DecidedMany(linked=linked, made=made, left=left, trace_id=tx.trace_id)
