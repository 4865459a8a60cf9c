"""Which item is meant by what was typed or scanned."""

from collections.abc import Sequence

from app.db.session import TenantTx
from app.domain.warehouse.barcodes import has_right_check_digit, is_barcode, readings
from app.repositories import items, shelf
from app.repositories.items import ItemCard
from app.services.warehouse.unclear import Choice, Unclear

NEAREST = 5
SHOWN = 60
"""Characters of what was typed that a sentence repeats."""


def resolve_item(tx: TenantTx, typed: str) -> ItemCard:
    """The item of exactly this barcode or article. Raises Unclear, with the nearest ones to choose from."""
    card = exact_item(tx, typed)
    if card is not None:
        return card
    near = near_items(tx, typed)
    raise Unclear(not_found(typed, is_near=bool(near)), tuple(item_choice(card) for card in near))


def exact_item(tx: TenantTx, typed: str) -> ItemCard | None:
    """The item of exactly this barcode, in any of its spellings, or article in any case."""
    names = readings(typed)
    known = items.find_items_named(tx, names)
    found = next((known[name] for name in names if name in known), None)
    return None if found is None else items.item_cards(tx, [found])[0]


def near_items(tx: TenantTx, typed: str) -> list[ItemCard]:
    """What may have been meant: items of those words, or of a barcode with a slip in it."""
    names = readings(typed)
    if not names:
        return []
    code = names[-1]
    found = [] if is_barcode(code) else shelf.find_items(tx, " ".join(typed.split()), NEAREST)
    if not found and code.isascii() and code.isdigit():
        found = items.near_barcodes(tx, code, NEAREST)
    return items.item_cards(tx, found)


def not_found(typed: str, *, is_near: bool) -> str:
    """The sentence for a code or a name that no item has."""
    said = " ".join(typed.split())
    if not said:
        return "Какой товар? Назовите штрихкод или артикул."
    shown = said if len(said) <= SHOWN else said[: SHOWN - 1] + "…"
    if not is_barcode(said):
        return f"Товара «{shown}» нет." + (" Может быть, один из этих?" if is_near else " Поискать: /find")
    slip = "" if has_right_check_digit(said) else ": последняя цифра не сходится, похоже на опечатку"
    return f"Штрихкод {shown} не найден{slip}." + (" Похожие:" if is_near else " Поискать: /find")


def item_choice(card: ItemCard) -> Choice:
    """An item as a button; chosen, it is named by its article."""
    return Choice(label=item_label(card.article, card.name, card.spec), value=card.article)


def item_label(article: str, name: str, spec: str = "") -> str:
    """«KRS-42 · Кроссовки беговые, 46»; an article alone where there is no name."""
    words = ", ".join(part for part in (name, spec) if part)
    return f"{article} · {words}" if words and words != article else article


def cards_by_id(tx: TenantTx, ids: Sequence[int]) -> dict[int, ItemCard]:
    """Items by their numbers."""
    return {card.id: card for card in items.item_cards(tx, ids)}
