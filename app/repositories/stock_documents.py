"""What was posted to the stock ledger, as people ask after it: documents, what each did, an item's past.

Reads only; what is written is written by ``ambar_ledger_post``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.db.named_sql import load_sql
from app.db.session import TenantTx
from app.domain.warehouse.movements import Reason

SQL = load_sql(Path(__file__).with_name("stock_documents.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A header; ``undone_by`` the document that reversed it, by ``undone_actor`` at ``undone_at``."""

    id: int
    reason: str
    ref: str
    note: str
    posted_at: datetime
    actor_id: int | None
    actor: str
    reverses: int | None
    undone_by: int | None
    undone_at: datetime | None
    undone_actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """What a document did to a balance, and how it left it. ``code`` is the place's."""

    document_id: int
    stock_id: int
    item_id: int
    article: str
    name: str
    code: str
    expires_on: date | None
    delta: int
    reserved_delta: int
    after_qty: int
    after_reserved: int
    hold_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """A movement of an item. ``document_id`` None: it came with an old ledger."""

    document_id: int | None
    stock_id: int
    reason: str
    ref: str
    posted_at: datetime
    actor: str | None
    note: str | None
    code: str
    expires_on: date | None
    delta: int
    reserved_delta: int
    after_qty: int
    after_reserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceAfter:
    """A balance by what people call it, with the figures that were asked about."""

    stock_id: int
    item_id: int
    article: str
    name: str
    code: str
    expires_on: date | None
    on_hand: int
    reserved: int


def find_document(tx: TenantTx, document_id: int) -> StoredDocument | None:
    row = tx.run(SQL["find"], id=document_id).one_or_none()
    return None if row is None else StoredDocument(**row._mapping)


def find_document_named(tx: TenantTx, reason: Reason, ref: str) -> int | None:
    """A document's id by what it was posted under."""
    found: int | None = tx.run(SQL["named"], reason=reason.value, ref=ref).scalar()
    return found


def list_documents(
    tx: TenantTx, limit: int, offset: int = 0, *, actor_id: int | None = None, undoable: bool = False
) -> list[StoredDocument]:
    """The newest first; of one person, or of everybody. ``undoable``: only what an undo may be asked of."""
    rows = tx.run(SQL["newest"], limit=limit, offset=offset, actor_id=actor_id, undoable=undoable)
    return [StoredDocument(**row._mapping) for row in rows]


def list_done(tx: TenantTx, documents: Sequence[int], limit: int) -> dict[int, list[Did]]:
    """What each of the documents did, its first ``limit`` rows."""
    found: dict[int, list[Did]] = {each: [] for each in documents}
    for row in tx.run(SQL["entries"], documents=[*documents], limit=limit):
        found[row.document_id].append(Did(**row._mapping))
    return found


def count_done(tx: TenantTx, documents: Sequence[int]) -> dict[int, int]:
    """How many rows each of the documents has."""
    return {row.id: row.entries for row in tx.run(SQL["sizes"], documents=[*documents])}


def list_item_entries(tx: TenantTx, item_id: int, limit: int, offset: int = 0) -> list[ItemEntry]:
    """A page of an item's movements, the newest first."""
    rows = tx.run(SQL["of_item"], item=item_id, limit=limit, offset=offset, reach=limit + offset)
    return [ItemEntry(**row._mapping) for row in rows]


def name_balances(tx: TenantTx, figures: Mapping[int, tuple[int, int]]) -> list[BalanceAfter]:
    """Balances by item, place and lot, with the given (on hand, reserved) of each."""
    return [_balance(row, *figures[row.id]) for row in tx.run(SQL["balances"], stocks=[*figures])]


def balances_now(tx: TenantTx, stocks: Sequence[int]) -> dict[int, BalanceAfter]:
    """Balances as they are."""
    rows = tx.run(SQL["balances"], stocks=[*stocks])
    return {row.id: _balance(row, row.on_hand, row.reserved) for row in rows}


def _balance(row: Any, on_hand: int, reserved: int) -> BalanceAfter:
    return BalanceAfter(
        stock_id=row.id,
        item_id=row.item_id,
        article=row.article,
        name=row.name,
        code=row.code,
        expires_on=row.expires_on,
        on_hand=on_hand,
        reserved=reserved,
    )
