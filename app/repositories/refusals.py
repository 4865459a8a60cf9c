"""Answers that were not believed: which, and what stood there before them."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.db.session import TenantTx
from app.marketplaces.source import Unit
from app.repositories.runs import RunKey


def last_refused(
    tx: TenantTx, key: RunKey, unit: Unit, after: datetime, before: datetime
) -> Mapping[str, Any] | None:
    """What the last refused answer about these days said, where no better one has come since.

    ``after`` and ``before`` bound when it came. A snapshot has no days in common with yesterday's: any
    refused one of its source counts.
    """
    found: Mapping[str, Any] | None = tx.run(
        "SELECT r.counts -> 'refused' FROM ingest_run r WHERE r.tenant_id = :tenant_id"
        " AND r.account_id = :account_id AND r.source = :source AND r.state = 'failed'"
        " AND r.counts ? 'refused' AND r.finished_at BETWEEN :after AND :before"
        " AND (:is_snapshot OR CAST(r.counts -> 'refused' ->> 'd_from' AS date) <= :d_to"
        "  AND CAST(r.counts -> 'refused' ->> 'd_to' AS date) >= :d_from)"
        " AND NOT EXISTS (SELECT FROM coverage c WHERE c.tenant_id = :tenant_id"
        "  AND c.account_id = :account_id AND c.source = :source AND c.completed_at > r.finished_at"
        "  AND c.d BETWEEN CAST(r.counts -> 'refused' ->> 'd_from' AS date)"
        "  AND CAST(r.counts -> 'refused' ->> 'd_to' AS date)) ORDER BY r.id DESC LIMIT 1",
        after=after,
        before=before,
        is_snapshot=unit.name == "now",
        d_from=unit.d_from,
        d_to=unit.d_to,
        account_id=key.account_id,
        source=key.source,
    ).scalar()
    return found


def rows_seen_before(tx: TenantTx, key: RunKey, d: date) -> int:
    """Rows of the last snapshot before day ``d``; 0 where there was none."""
    found = tx.run(
        "SELECT rows FROM coverage WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND source = :source AND d < :d ORDER BY d DESC LIMIT 1",
        d=d,
        account_id=key.account_id,
        source=key.source,
    ).scalar()
    return int(found or 0)


def note_refused(tx: TenantTx, run_id: int, said: Mapping[str, object]) -> None:
    """Keep with the run that failed what the answer said."""
    tx.run(
        "UPDATE ingest_run SET counts = counts || CAST(:said AS jsonb)"
        " WHERE tenant_id = :tenant_id AND id = :run_id",
        said=json.dumps(said, ensure_ascii=False),
        run_id=run_id,
    )
