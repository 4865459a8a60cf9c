"""How much a collection still has to ask for."""

from datetime import date, datetime
from typing import NamedTuple

from app.db.session import TenantTx


class Listed(NamedTuple):
    """What the number of calls grows with."""

    cards: int
    campaigns: int


def listed(tx: TenantTx, account_id: int) -> Listed:
    """Cards and campaigns of a cabinet, as far as we know them."""
    return Listed(
        *tx.run(
            "SELECT (SELECT count(*) FROM card WHERE tenant_id = :tenant_id AND account_id = :account_id),"
            " (SELECT count(*) FROM ad_campaign WHERE tenant_id = :tenant_id AND account_id = :account_id)",
            account_id=account_id,
        ).one()
    )


def done_units(tx: TenantTx, account_id: int, trace_id: str) -> set[tuple[str, str]]:
    """(source, unit) that this very job has brought already."""
    rows = tx.run(
        "SELECT DISTINCT source, unit FROM ingest_run WHERE tenant_id = :tenant_id"
        " AND account_id = :account_id AND trace_id = :trace_id AND state = 'complete'",
        account_id=account_id,
        trace_id=trace_id,
    )
    return {(row.source, row.unit) for row in rows}


def has_history(tx: TenantTx, account_id: int, before: date) -> bool:
    """Is any day before this one complete, of any source?"""
    found = tx.run(
        "SELECT EXISTS (SELECT FROM coverage WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND d < :before)",
        account_id=account_id,
        before=before,
    )
    return bool(found.scalar_one())


def unfinished(tx: TenantTx, prefix: str, since: datetime) -> str | None:
    """The last job whose trace begins so and that has a unit open: it waits for a marketplace, or was
    stopped. A snapshot is not waited for: of a day that is over nobody can say it any more."""
    found: str | None = tx.run(
        "SELECT r.trace_id FROM ingest_run r WHERE r.tenant_id = :tenant_id AND r.state = 'running'"
        " AND starts_with(r.trace_id, :prefix) AND r.started_at > :since AND NOT starts_with(r.unit, 'now')"
        " AND NOT EXISTS (SELECT FROM ingest_run d WHERE d.tenant_id = :tenant_id"
        "  AND d.account_id = r.account_id AND d.source = r.source AND d.unit = r.unit"
        "  AND d.state = 'complete' AND d.trace_id = r.trace_id) ORDER BY r.id DESC LIMIT 1",
        prefix=prefix,
        since=since,
    ).scalar()
    return found
