"""An old ledger's entries, and the items, places and lots that they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.db.session import TenantTx
from app.repositories.ledger import SQL


@dataclass(frozen=True, slots=True, kw_only=True)
class OldEntry:
    """A row of the old ledger. ``lot`` '' is no lot; ``reason`` is one of ours."""

    reason: str
    ref: str
    ref_line: int
    article: str
    place: str
    lot: str
    expires_on: date | None
    delta: int
    occurred_at: datetime


def take_over(tx: TenantTx, file_hash: bytes, warehouse: str, entries: Sequence[OldEntry]) -> int:
    """Post all of them; how many, 0 where this file was taken over before.

    Raises DBAPIError of SQLSTATE AM003: a balance would go below nothing; its detail is the entry's number.
    """
    places = _places(tx, warehouse, entries)
    items = _items(tx, entries)
    lots = _lots(tx, items, entries)
    done = tx.run(
        SQL["take_over"],
        hash=file_hash,
        reasons=[each.reason for each in entries],
        refs=[each.ref for each in entries],
        ref_lines=[each.ref_line for each in entries],
        items=[items[each.article.lower()] for each in entries],
        locations=[places[each.place] for each in entries],
        lots=[lots.get((items[each.article.lower()], each.lot), 0) for each in entries],
        deltas=[each.delta for each in entries],
        occurred=[each.occurred_at for each in entries],
        actor_id=tx.actor.user_id or 0,
        actor=tx.actor.name,
        trace_id=tx.trace_id,
    )
    return int(done.scalar_one())


def _places(tx: TenantTx, warehouse: str, entries: Sequence[OldEntry]) -> dict[str, int]:
    tx.run(SQL["ensure_warehouse"], code=warehouse)
    number = tx.run(SQL["warehouse"], code=warehouse).scalar_one()
    tx.run(SQL["ensure_locations"], warehouse=number, codes=sorted({each.place for each in entries}))
    return {row.code: row.id for row in tx.run(SQL["locations"], warehouse=number)}


def _items(tx: TenantTx, entries: Sequence[OldEntry]) -> dict[str, int]:
    articles = sorted({each.article for each in entries})
    tx.run(SQL["ensure_items"], articles=articles)
    lowered = sorted({each.lower() for each in articles})
    return {row.article: row.id for row in tx.run(SQL["items"], articles=lowered)}


def _lots(tx: TenantTx, items: dict[str, int], entries: Sequence[OldEntry]) -> dict[tuple[int, str], int]:
    named = [each for each in entries if each.lot]
    if not named:
        return {}
    numbers = [items[each.article.lower()] for each in named]
    tx.run(
        SQL["ensure_lots"],
        items=numbers,
        codes=[each.lot for each in named],
        expires=[each.expires_on for each in named],
    )
    return {(row.item_id, row.code): row.id for row in tx.run(SQL["lots"], items=sorted(set(numbers)))}
