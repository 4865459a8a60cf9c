"""Movements as they were shown for confirmation, and what came of them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.core.document import Document, to_json
from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("drafts.sql"))

DRAWN, POSTED, DROPPED = "drawn", "posted", "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDraft:
    """``document`` and ``answer`` as JSON; ``drawn_by`` None: by the house."""

    id: int
    kind: str
    ref: str
    document: dict[str, Any]
    told: dict[str, Any]
    state: str
    drawn_by: int | None
    drawn_at: datetime
    posted_at: datetime | None
    answer: dict[str, Any] | None


def keep_draft(
    tx: TenantTx, kind: str, document: Document, told: Document, now: datetime, ref: str = ""
) -> tuple[int, str]:
    """Its id and its reference, which is made of the id where none is given."""
    draft_id: int = tx.run(
        SQL["keep"],
        kind=kind,
        document=to_json(document),
        told=to_json(told),
        drawn_by=tx.actor.user_id,
        now=now,
    ).scalar_one()
    ref = ref or f"draft-{draft_id}"
    tx.run(SQL["name"], id=draft_id, ref=ref)
    return draft_id, ref


def find_draft(tx: TenantTx, draft_id: int, *, lock: bool = False) -> StoredDraft | None:
    """``lock``: nobody else posts or drops it until the transaction ends."""
    row = tx.run(SQL["lock" if lock else "find"], id=draft_id).one_or_none()
    return None if row is None else StoredDraft(**row._mapping)


def close_draft(
    tx: TenantTx, draft_id: int, state: str, answer: Document | None = None, posted_at: datetime | None = None
) -> None:
    """What came of it; one that is closed stays as it is."""
    told = None if answer is None else to_json(answer)
    tx.run(SQL["close"], id=draft_id, state=state, answer=told, posted_at=posted_at)


def forget_drafts(tx: TenantTx, before: datetime) -> int:
    """Those drawn before then that nobody posted; how many there were."""
    return int(tx.run(SQL["forget"], before=before).rowcount)
