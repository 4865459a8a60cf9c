"""A document that a person looks at before it is posted.

It gets its reference when it is drawn. So however often its button is tapped, it is posted once; and whoever
taps again is told what the first tap did, though goods have moved meanwhile.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from app.core.clock import Clock
from app.core.document import Document
from app.core.errors import NotAllowed, NotFound, NotNow
from app.db.session import TenantTx
from app.domain.warehouse.movements import Posted, Status, StockDocument
from app.repositories import drafts, stock_documents
from app.repositories.balances import list_balances
from app.repositories.drafts import DRAWN, DROPPED, POSTED, StoredDraft
from app.repositories.stock_documents import BalanceAfter
from app.services.ledger.posting import PostStock

__all__ = ["BalanceAfter", "Draft", "DraftPosted", "DraftRef", "DropDraft", "KeepDraft", "Kept", "NewDraft",
           "PostDraft", "ShowDraft", "forget_drafts", "keep_draft"]  # fmt: skip

NO_SUCH = "Такого документа здесь нет. Начните заново."
NOT_YOURS = "Этот документ составили не вы: провести его может только тот, кто его составил."
DROPPED_ALREADY = "Этот документ отменён, ничего не проведено. Начните заново."

AFTER_SHOWN = 20
"""Balances that an answer tells; a file may touch thousands."""

KEPT_FOR = timedelta(days=30)
"""Drafts that nobody posts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraft:
    """``kind`` is who draws it (a command's name), ``told`` what its screen needs to say again.

    The document's ``ref`` may be "": then it is made of the draft's id.
    """

    kind: str
    document: StockDocument
    told: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A draft that stands, and the reference under which it will be posted."""

    draft_id: int
    ref: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRef:
    """A draft by the number in its button. ``kind``: of another kind it is not there."""

    draft_id: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """``state``: drawn, posted or dropped."""

    id: int
    kind: str
    ref: str
    document: StockDocument
    told: dict[str, Any]
    state: str
    drawn_at: datetime
    posted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPosted:
    """What came of a draft. ``document_id`` None: no line of it could be posted, and it may be tried again.

    ``after``: balances that it touched, as it left them, AFTER_SHOWN at most; ``there``: where a line did not
    fit, what lies of its item now. ``is_repeat``: it had been posted before, and was answered so then.
    """

    draft: Draft
    posted: Posted
    document_id: int | None
    after: tuple[BalanceAfter, ...]
    there: tuple[BalanceAfter, ...]
    is_repeat: bool
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepDraft:
    """Put a document down as it is shown."""

    clock: Clock

    def __call__(self, tx: TenantTx, order: NewDraft) -> Kept:
        return keep_draft(tx, order, self.clock.now())


def keep_draft(tx: TenantTx, order: NewDraft, now: datetime) -> Kept:
    """``KeepDraft`` for whoever is in a deed already."""
    document = _documents().dump_python(order.document, mode="json")
    draft_id, ref = drafts.keep_draft(tx, order.kind, document, order.told, now, order.document.ref)
    return Kept(draft_id=draft_id, ref=ref, trace_id=tx.trace_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDraft:
    """Post a draft under its reference, once. Its own answer is the anchor: it needs no other."""

    post: PostStock
    clock: Clock

    def __call__(self, tx: TenantTx, order: DraftRef) -> DraftPosted:
        """Raises NotFound, NotAllowed (somebody else drew it), NotNow (dropped), and as ``PostStock``."""
        stored = _demand(tx, order, lock=True)
        if stored.state == DROPPED:
            raise NotNow(DROPPED_ALREADY)
        draft = _read(stored)
        if stored.answer is not None:
            return self._told(tx, draft, _answers().validate_python(stored.answer), is_repeat=True)
        posted = self.post(tx, draft.document)
        if posted.stands:
            answer = _answers().dump_python(posted, mode="json")
            drafts.close_draft(tx, draft.id, POSTED, answer, self.clock.now())
        return self._told(tx, draft, posted, is_repeat=False)

    def _told(self, tx: TenantTx, draft: Draft, posted: Posted, *, is_repeat: bool) -> DraftPosted:
        document_id = stock_documents.find_document_named(tx, draft.document.reason, draft.ref)
        return DraftPosted(
            draft=draft,
            posted=posted,
            document_id=document_id,
            after=balances_after(tx, posted),
            there=() if is_repeat else _there(tx, draft.document, posted),
            is_repeat=is_repeat,
            trace_id=tx.trace_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDraft:
    """Let go of a draft: it cannot be posted any more. One that was posted stays posted."""

    def __call__(self, tx: TenantTx, order: DraftRef) -> Draft:
        """Raises NotFound, NotAllowed."""
        stored = _demand(tx, order, lock=True)
        if stored.state == DRAWN:
            drafts.close_draft(tx, stored.id, DROPPED)
        return _read(_demand(tx, order))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDraft:
    """A draft as it stands, to show it again."""

    def __call__(self, tx: TenantTx, order: DraftRef) -> Draft:
        """Raises NotFound, NotAllowed."""
        return _read(_demand(tx, order))


def balances_after(tx: TenantTx, posted: Posted) -> tuple[BalanceAfter, ...]:
    """The balances that a posting touched, each as its last entry left it; AFTER_SHOWN at most."""
    last = {entry.stock_id: entry for line in posted.lines for entry in line.entries}
    shown = list(last.values())[:AFTER_SHOWN]
    return tuple(
        stock_documents.name_balances(
            tx, {entry.stock_id: (entry.after_qty, entry.after_reserved) for entry in shown}
        )
    )


def _there(tx: TenantTx, document: StockDocument, posted: Posted) -> tuple[BalanceAfter, ...]:
    """What lies of the goods that a line was short of."""
    short = {
        asked.item_id
        for asked, line in zip(document.lines, posted.lines, strict=True)
        if line.status in (Status.INSUFFICIENT_STOCK, Status.CONFLICT) and asked.item_id
    }
    rows = list_balances(tx, sorted(short)[:AFTER_SHOWN], limit=AFTER_SHOWN) if short else []
    return tuple(
        stock_documents.name_balances(tx, {row.stock_id: (row.on_hand, row.reserved) for row in rows})
    )


def forget_drafts(tx: TenantTx, now: datetime) -> int:
    """Those that nobody posted for a month."""
    return drafts.forget_drafts(tx, now - KEPT_FOR)


def _demand(tx: TenantTx, order: DraftRef, *, lock: bool = False) -> StoredDraft:
    stored = drafts.find_draft(tx, order.draft_id, lock=lock)
    if stored is None or stored.kind != order.kind:
        raise NotFound(NO_SUCH)
    if stored.drawn_by != tx.actor.user_id:
        raise NotAllowed(NOT_YOURS)
    return stored


def _read(stored: StoredDraft) -> Draft:
    document = _documents().validate_python({**stored.document, "ref": stored.ref})
    return Draft(
        id=stored.id,
        kind=stored.kind,
        ref=stored.ref,
        document=document,
        told=stored.told,
        state=stored.state,
        drawn_at=stored.drawn_at,
        posted_at=stored.posted_at,
    )


@lru_cache(maxsize=1)
def _documents() -> TypeAdapter[StockDocument]:
    return TypeAdapter(StockDocument)


@lru_cache(maxsize=1)
def _answers() -> TypeAdapter[Posted]:
    return TypeAdapter(Posted)
