"""/history: who moved what and when, and what was left after it; of one item, or of the whole shelf."""

from dataclasses import dataclass

from app.core.errors import NotFound
from app.db.session import TenantTx
from app.repositories import items, stock_documents
from app.repositories.items import ItemCard
from app.repositories.stock_documents import Did, ItemEntry, StoredDocument
from app.services.warehouse.goods import cards_by_id, resolve_item
from app.services.warehouse.unclear import Unclear
from app.services.warehouse.undo import Undoable, describe

__all__ = ["Did", "DocumentQuery", "DocumentReport", "HistoryQuery", "HistoryReport", "ItemEntry",
           "ShowDocument", "ShowHistory", "StoredDocument", "Unsure"]  # fmt: skip

PAGE = 8
LINES_SHOWN = 15
FARTHEST_PAGE = 500
"""Looking for one balance's entry reads all that are newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """A page, from 0; of the item with this id, or of what was typed, or of everything."""

    page: int = 0
    item_id: int | None = None
    typed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """What was typed is no item: the sentence, and the nearest ones with their ids."""

    sentence: str
    near: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReport:
    """``documents`` of everything, or ``entries`` of ``item``; ``has_more`` after this page."""

    page: int
    has_more: bool
    documents: tuple[Undoable, ...] = ()
    item: ItemCard | None = None
    entries: tuple[ItemEntry, ...] = ()
    unsure: Unsure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentQuery:
    """One document by its number."""

    document_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """A document, the first ``lines`` of what it did, and how many there are of them."""

    document: StoredDocument
    lines: tuple[Did, ...]
    entries: int


class ShowHistory:
    """What happened, the newest first."""

    def __call__(self, tx: TenantTx, query: HistoryQuery) -> HistoryReport:
        page = min(max(query.page, 0), FARTHEST_PAGE)
        if query.item_id is not None:
            card = cards_by_id(tx, [query.item_id]).get(query.item_id)
            if card is None:
                raise NotFound("Такого товара нет. Поискать: /find")
            return _of_item(tx, card, page)
        if not query.typed:
            found = stock_documents.list_documents(tx, PAGE + 1, page * PAGE)
            return HistoryReport(
                page=page, has_more=len(found) > PAGE, documents=tuple(describe(tx, found[:PAGE]))
            )
        try:
            return _of_item(tx, resolve_item(tx, query.typed), page)
        except Unclear as unclear:
            return HistoryReport(page=0, has_more=False, unsure=_unsure(tx, unclear))


class ShowDocument:
    """One document."""

    def __call__(self, tx: TenantTx, query: DocumentQuery) -> DocumentReport:
        """Raises NotFound."""
        found = stock_documents.find_document(tx, query.document_id)
        if found is None:
            raise NotFound(f"Документа №{query.document_id} нет. Последние: /history")
        lines = stock_documents.list_done(tx, [found.id], LINES_SHOWN)[found.id]
        entries = stock_documents.count_done(tx, [found.id]).get(found.id, 0)
        return DocumentReport(document=found, lines=tuple(lines), entries=entries)


def _of_item(tx: TenantTx, card: ItemCard, page: int) -> HistoryReport:
    found = stock_documents.list_item_entries(tx, card.id, PAGE + 1, page * PAGE)
    return HistoryReport(page=page, has_more=len(found) > PAGE, item=card, entries=tuple(found[:PAGE]))


def _unsure(tx: TenantTx, unclear: Unclear) -> Unsure:
    ids = items.find_items_named(tx, [each.value for each in unclear.choices])
    near = [(ids[each.value], each.label) for each in unclear.choices if each.value in ids]
    return Unsure(sentence=str(unclear), near=tuple(near))
