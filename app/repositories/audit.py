"""Who changed what: written in the transaction of the change itself, read by the owner in the chat."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.document import Document, to_json
from app.db.session import PlatformTx, TenantTx

_APPEND = """
INSERT INTO audit_entry (tenant_id, actor_id, actor, action, subject, before, after, trace_id)
VALUES (:tenant_id, :actor_id, :actor, :action, :subject, CAST(:before AS jsonb), CAST(:after AS jsonb),
        :trace_id)
"""

HOUSE_ID = 0
"""Stands for entries of no person: jobs, the operator's commands. People's ids begin at 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change. ``before`` None: there was nothing; ``after`` None: there is nothing any more."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorCount:
    """Somebody who changed something, under the name they had last; ``actor_id`` may be HOUSE_ID."""

    actor_id: int
    name: str
    entries: int


def append_audit(
    tx: TenantTx | PlatformTx,
    action: str,
    subject: str,
    *,
    before: Document | None = None,
    after: Document | None = None,
    tenant_id: int | None = None,
) -> None:
    """Note a change by the transaction's actor, under its trace.

    ``action`` is our word for it ("cost.set"), ``subject`` what a person would call the thing
    ("KRS-42"); ``before`` and ``after`` hold no secret. ``tenant_id`` is for platform transactions
    (None: about the house); a tenant's names its own.
    """
    tx.run(
        _APPEND,
        tenant_id=tx.tenant_id if isinstance(tx, TenantTx) else tenant_id,
        actor_id=tx.actor.user_id,
        actor=tx.actor.name,
        action=action,
        subject=subject,
        before=None if before is None else to_json(before),
        after=None if after is None else to_json(after),
        trace_id=tx.trace_id,
    )


def list_entries(
    tx: TenantTx, limit: int, offset: int = 0, *, actor_id: int | None = None, action: str | None = None
) -> list[Entry]:
    """Changes in the organisation, the newest first; of one person or of one kind."""
    rows = tx.run(
        "SELECT id, at, actor_id, actor, action, subject, before, after, trace_id FROM audit_entry"
        f" WHERE tenant_id = :tenant_id {_only(actor_id, action)}"
        " ORDER BY at DESC, id DESC LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
        **_named(actor_id, action),
    )
    return [Entry(**row._mapping) for row in rows]


def count_entries(tx: TenantTx, *, actor_id: int | None = None, action: str | None = None) -> int:
    """How many there are of these."""
    found = tx.run(
        f"SELECT count(*) FROM audit_entry WHERE tenant_id = :tenant_id {_only(actor_id, action)}",
        **_named(actor_id, action),
    )
    return int(found.scalar_one())


def list_actors(tx: TenantTx) -> list[ActorCount]:
    """Everybody who changed anything here, the busiest first."""
    rows = tx.run(
        "SELECT coalesce(actor_id, :house) AS actor_id, count(*) AS entries,"
        " (array_agg(actor ORDER BY id DESC))[1] AS name FROM audit_entry WHERE tenant_id = :tenant_id"
        " GROUP BY coalesce(actor_id, :house) ORDER BY count(*) DESC, 1",
        house=HOUSE_ID,
    )
    return [ActorCount(actor_id=row.actor_id, name=row.name, entries=row.entries) for row in rows]


def _only(actor_id: int | None, action: str | None) -> str:
    who = "" if actor_id is None else "AND coalesce(actor_id, 0) = :actor_id "
    return who + ("" if action is None else "AND action = :action")


def _named(actor_id: int | None, action: str | None) -> dict[str, object]:
    told = {"actor_id": actor_id, "action": action}
    return {name: value for name, value in told.items() if value is not None}
