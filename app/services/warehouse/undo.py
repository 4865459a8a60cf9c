"""Taking a document back: by another document, which says the opposite. Nothing is ever erased.

A reservation is given up, every other movement of goods is reversed; the reference ``undo:<document>`` makes
a second tap the same deed. It never expires, but it may have become impossible, and then it says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.errors import Conflict, NotFound
from app.db.session import TenantTx
from app.domain.warehouse.movements import REVERSIBLE, Line, Posted, Reason, Status, StockDocument
from app.repositories import holds, stock_documents
from app.repositories.stock_documents import BalanceAfter, StoredDocument
from app.services.ledger.posting import PostStock
from app.services.warehouse.drafts import AFTER_SHOWN

NO_SUCH = "Документа №{} нет. Последние документы: /undo"
OFFERED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoOrder:
    """The document to take back."""

    document_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """``document_id`` was taken back by ``undone_by``; ``after``: the balances it touched, as they are now.

    ``is_repeat``: it had been before, by this same deed.
    """

    document_id: int
    reason: str
    undone_by: int
    after: tuple[BalanceAfter, ...]
    is_repeat: bool
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """A document that may perhaps be taken back; ``first`` is what it did first, of ``entries``."""

    id: int
    reason: str
    at: datetime
    actor: str
    note: str
    first: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoQuery:
    """What one may take back: of one's own, or of anybody's."""

    mine: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoList:
    """The newest documents that nobody has taken back; ``mine``: only the asker's."""

    documents: tuple[Undoable, ...]
    mine: bool


def undo_ref(document_id: int) -> str:
    """The one reference that a document's undoing has, whoever asks for it."""
    return f"undo:{document_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDocument:
    """Take a document back."""

    post: PostStock

    def __call__(self, tx: TenantTx, order: UndoOrder) -> Undone:
        """Raises NotFound; Conflict with what stands against it."""
        found = stock_documents.find_document(tx, order.document_id)
        if found is None:
            raise NotFound(NO_SUCH.format(order.document_id))
        is_promise, ref = found.reason == Reason.RESERVE, undo_ref(found.id)
        known = stock_documents.find_document_named(
            tx, Reason.RELEASE if is_promise else Reason.REVERSAL, ref
        )
        if known is not None:
            return _told(tx, found, known, is_repeat=True)
        document = _release(tx, found, ref) if is_promise else _reversal(found, ref)
        posted = self.post(tx, document)
        if posted.status is Status.INSUFFICIENT_STOCK:
            raise Conflict(_gone(tx, found, posted))
        if posted.status is Status.CONFLICT:
            raise Conflict(f"Документ №{found.id} изменился. Откройте его снова: /history")
        undone_by = stock_documents.find_document_named(tx, document.reason, ref)
        assert undone_by is not None, "it was posted just now"
        return _told(tx, found, undone_by, is_repeat=posted.status is Status.IDEMPOTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUndoable:
    """What may be taken back, the newest first."""

    def __call__(self, tx: TenantTx, query: UndoQuery) -> UndoList:
        actor = tx.actor.user_id if query.mine else None
        found = stock_documents.list_documents(tx, OFFERED, actor_id=actor, undoable=True)
        return UndoList(documents=tuple(describe(tx, found)), mine=query.mine)


def describe(tx: TenantTx, found: Sequence[StoredDocument]) -> list[Undoable]:
    """Documents with the first of what each did."""
    numbers = [each.id for each in found]
    done, sizes = stock_documents.list_done(tx, numbers, 1), stock_documents.count_done(tx, numbers)
    return [
        Undoable(
            id=each.id,
            reason=each.reason,
            at=each.posted_at,
            actor=each.actor,
            note=each.note,
            first=done[each.id][0].article if done[each.id] else "",
            entries=sizes.get(each.id, 0),
        )
        for each in found
    ]


def _reversal(found: StoredDocument, ref: str) -> StockDocument:
    """Raises Conflict where it cannot be reversed whatever lies on the shelf."""
    if found.reason == Reason.RELEASE:
        raise Conflict("Снятый резерв не возвращают: зарезервируйте товар снова — /reserve")
    if found.reason == Reason.REVERSAL:
        raise Conflict(f"Документ №{found.id} сам отмена. Проведите движение заново.")
    assert Reason(found.reason) in REVERSIBLE, found.reason
    if found.undone_by is not None:
        raise Conflict(
            f"Документ №{found.id} уже отменён: {found.undone_actor or 'неизвестно кем'}, "
            f"документ №{found.undone_by}."
        )
    return StockDocument(reason=Reason.REVERSAL, ref=ref, reverses=found.id, note=f"Отмена №{found.id}")


def _release(tx: TenantTx, found: StoredDocument, ref: str) -> StockDocument:
    """A reservation's promises are given up, as far as they are open."""
    made = holds.find_holds(tx, holds.holds_made_by(tx, found.ref))
    lines = [Line(qty=each.left_qty, hold_id=each.id) for each in made.values() if each.left_qty]
    if not lines:
        shipped = sum(each.shipped_qty for each in made.values())
        why = f"по нему отгружено {shipped} шт." if shipped else "его уже сняли."
        raise Conflict(f"Отменить резерв №{', №'.join(map(str, made))} нельзя: {why}")
    return StockDocument(reason=Reason.RELEASE, ref=ref, lines=lines, atomic=True, note=f"Отмена №{found.id}")


def _told(tx: TenantTx, found: StoredDocument, undone_by: int, *, is_repeat: bool) -> Undone:
    did = stock_documents.list_done(tx, [undone_by], AFTER_SHOWN)[undone_by]
    last = {each.stock_id: (each.after_qty, each.after_reserved) for each in did}
    return Undone(
        document_id=found.id,
        reason=found.reason,
        undone_by=undone_by,
        after=tuple(stock_documents.name_balances(tx, last)),
        is_repeat=is_repeat,
        trace_id=tx.trace_id,
    )


def _gone(tx: TenantTx, found: StoredDocument, posted: Posted) -> str:
    """What stands in the way: goods that have gone on, or are promised."""
    short = sum(line.missing for line in posted.lines)
    touched = stock_documents.list_done(tx, [found.id], 100)[found.id]
    now = stock_documents.balances_now(tx, [each.stock_id for each in touched])
    lacking = [
        f"на {there.code} свободно {there.on_hand - there.reserved} шт., а вернуть нужно {each.delta}"
        for each in touched
        if (there := now.get(each.stock_id)) and there.on_hand - there.reserved < each.delta
    ]
    told = "; ".join(lacking[:3]) or f"не хватает {short} шт."
    return f"Отменить документ №{found.id} нельзя, товар уже ушёл дальше: {told.removesuffix('.')}."
