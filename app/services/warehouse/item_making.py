"""New items: of the cards that nobody knows, or as a person tells them."""

from dataclasses import dataclass

from app.core.clock import Clock
from app.core.errors import BadInput
from app.db.session import TenantTx
from app.repositories import items, listings
from app.repositories.audit import append_audit
from app.repositories.items import NewItem
from app.repositories.listings import CONFIRMED, UnknownCard
from app.services.warehouse.listings import NO_SIZE, DecidedMany, decided_many


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsToItems:
    """Make items of a cabinet's listings that nobody knows."""

    account_id: int


@dataclass(frozen=True, slots=True)
class MakeItemsOfCards:
    """An item for each listing of a cabinet that is none of the items there are."""

    clock: Clock

    def __call__(self, tx: TenantTx, order: CardsToItems) -> DecidedMany:
        """Two listings of one article, one card listed twice, are one item; sizes are items of their own."""
        listings.propose_links(tx)
        cards = listings.list_unknown_cards(tx, order.account_id)
        articles = {card.sku_id: article_of(card) for card in cards}
        taken = items.find_items_named(tx, sorted(set(articles.values())))
        for card in cards:
            if articles[card.sku_id] in taken:  # the listing was said to be something else
                articles[card.sku_id] = f"{articles[card.sku_id]}-{card.external_id}"
        made = items.make_items(tx, [_new_item(articles[card.sku_id], card) for card in cards])
        links = [
            (card.sku_id, made[articles[card.sku_id].lower()])
            for card in cards
            if articles[card.sku_id].lower() in made
        ]
        if links:
            listings.decide(tx, links, CONFIRMED, self.clock.now(), found_by="card")
            append_audit(tx, "items.made", "", after={"count": len(made), "listings": len(links)})
        return decided_many(tx, linked=len(links), made=len(made))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItemOrder:
    """An item that is sold nowhere yet, or that has no card: as a person told it."""

    article: str
    name: str = ""
    barcodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMade:
    """The item as it is now; ``barcodes`` were given to it, ``taken`` are another item's."""

    item_id: int
    article: str
    is_new: bool
    barcodes: tuple[str, ...]
    taken: tuple[str, ...]
    trace_id: str


class MakeItem:
    """An item by hand; to one that is there already the barcodes are added."""

    def __call__(self, tx: TenantTx, order: NewItemOrder) -> ItemMade:
        """Raises BadInput where it is there already, and no barcode is new."""
        known = items.find_items_named(tx, [order.article, *order.barcodes])
        made = items.make_items(
            tx, [NewItem(article=order.article, name=order.name, barcodes=order.barcodes)]
        )
        item_id = made.get(order.article.lower()) or known[order.article]
        taken = tuple(code for code in order.barcodes if known.get(code, item_id) != item_id)
        given = tuple(code for code in order.barcodes if code not in known)
        if not made and not given:
            raise BadInput(f"Товар {order.article} уже есть. Посмотреть: /find {order.article}")
        if not made:
            items.give_barcodes(tx, [(item_id, code) for code in given])
        append_audit(tx, "item.made" if made else "item.barcode", order.article, after={"barcodes": [*given]})
        return ItemMade(
            item_id=item_id,
            article=order.article,
            is_new=bool(made),
            barcodes=given,
            taken=taken,
            trace_id=tx.trace_id,
        )


def article_of(card: UnknownCard) -> str:
    """What an item made of a card is called: a size of several is part of the name."""
    article = card.article or str(card.external_id)
    return f"{article}-{card.size}" if card.sisters > 1 and card.size not in NO_SIZE else article


def _new_item(article: str, card: UnknownCard) -> NewItem:
    told = {"brand": card.brand, "category": card.category, "size": card.size}
    return NewItem(
        article=article,
        name=card.title,
        barcodes=tuple(code for code in card.barcodes if code),
        attributes={name: value for name, value in told.items() if value not in NO_SIZE},
    )
