"""Sources that the marketplace does not offer to this seller now: the scheme is off, a subscription or a
role of the key is missing. Their runs end closed, with the sentence that says so."""

from datetime import datetime
from typing import NamedTuple

from app.db.figures import move_stamp
from app.db.session import TenantTx


def close_run(tx: TenantTx, run_id: int, sentence: str, now: datetime, trace_id: str) -> None:
    """The marketplace does not offer this to the seller now: the run is over, and no day became complete.

    ``/status`` tells the sentence: reports that stand on it move on.
    """
    move_stamp(tx)
    tx.run(
        "UPDATE ingest_run SET error = :error, finished_at = :now, state = 'closed', trace_id = :trace_id "
        "WHERE tenant_id = :tenant_id AND id = :run_id",
        error=sentence,
        now=now,
        trace_id=trace_id,
        run_id=run_id,
    )


def closed_in(tx: TenantTx, account_id: int, source: str, trace_id: str) -> str | None:
    """Why this very job found the source closed; None where it did not."""
    found: str | None = tx.run(
        "SELECT error FROM ingest_run WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND source = :source AND state = 'closed' AND trace_id = :trace_id ORDER BY id DESC LIMIT 1",
        account_id=account_id,
        source=source,
        trace_id=trace_id,
    ).scalar()
    return found


class ClosedSource(NamedTuple):
    """A source that the marketplace does not offer now: the sentence, and when it was found so."""

    source: str
    why: str
    since: datetime


def list_closed(tx: TenantTx, account_id: int) -> list[ClosedSource]:
    """Sources of a cabinet whose last finished run found them closed, by name."""
    rows = tx.run(
        "SELECT source, error, finished_at FROM (SELECT DISTINCT ON (source) source, error, finished_at,"
        " state FROM ingest_run WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND state IN ('complete', 'closed') ORDER BY source, id DESC) last WHERE state = 'closed'"
        " ORDER BY source",
        account_id=account_id,
    )
    return [ClosedSource(*row) for row in rows]
