"""Answers already given, by operation and key: what makes a repeated request harmless."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.document import Document, to_json
from app.db.session import TenantTx

# One statement, so that nobody comes between looking and taking: a key in use by another transaction is
# waited for, a key whose time is over is taken anew, a living one is left as it is, and locked.
_TAKE = """
INSERT INTO idempotency_key AS k (tenant_id, operation, key, request_hash, trace_id, created_at, expires_at)
VALUES (:tenant_id, :operation, :key, :request_hash, :trace_id, :now, :expires_at)
ON CONFLICT (tenant_id, operation, key) DO UPDATE
   SET request_hash = excluded.request_hash, response = '{}', trace_id = excluded.trace_id,
       created_at = excluded.created_at, expires_at = excluded.expires_at
 WHERE k.expires_at <= excluded.created_at
RETURNING 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """What a request was answered with, and in which transaction."""

    request_hash: bytes
    response: dict[str, Any]
    trace_id: str
    expires_at: datetime


def take_key(
    tx: TenantTx, operation: str, key: str, request_hash: bytes, now: datetime, expires_at: datetime
) -> bool:
    """True: the key is this transaction's, and the deed is to be done. False: it was done already.

    Waits for a transaction that holds the key; one that is rolled back leaves it free.
    """
    taken = tx.run(
        _TAKE,
        operation=operation,
        key=key,
        request_hash=request_hash,
        trace_id=tx.trace_id,
        now=now,
        expires_at=expires_at,
    )
    return taken.scalar() is not None


def keep_response(tx: TenantTx, operation: str, key: str, response: Document) -> None:
    """The answer, for whoever asks again."""
    tx.run(
        "UPDATE idempotency_key SET response = CAST(:response AS jsonb)"
        " WHERE tenant_id = :tenant_id AND operation = :operation AND key = :key",
        operation=operation,
        key=key,
        response=to_json(response),
    )


def find_answer(tx: TenantTx, operation: str, key: str, now: datetime) -> GivenAnswer | None:
    """The answer under this key; None where none was given or its time is over."""
    row = tx.run(
        "SELECT request_hash, response, trace_id, expires_at FROM idempotency_key"
        " WHERE tenant_id = :tenant_id AND operation = :operation AND key = :key AND expires_at > :now",
        operation=operation,
        key=key,
        now=now,
    ).one_or_none()
    if row is None:
        return None
    return GivenAnswer(
        request_hash=bytes(row.request_hash),
        response=row.response,
        trace_id=row.trace_id,
        expires_at=row.expires_at,
    )


def forget_expired(tx: TenantTx, now: datetime) -> int:
    """Drop the answers whose time is over; how many there were."""
    gone = tx.run("DELETE FROM idempotency_key WHERE tenant_id = :tenant_id AND expires_at <= :now", now=now)
    return int(gone.rowcount)
