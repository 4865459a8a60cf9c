"""What has outlived its use, deleted in batches: no statement here holds many rows for long."""

from collections.abc import Mapping
from datetime import date, datetime

from app.db.session import PlatformTx, TenantTx

BATCH = 5_000
"""Rows a transaction: about a tenth of a second, so whoever waits for one of them does not notice."""

_OUTLIVED: Mapping[str, tuple[str, str]] = {
    # Work that was done; its result has been read or never will be.
    "job": ("id", "state = 'done' AND finished_at < :month"),
    # Work that was given up, once somebody has said what becomes of it.
    "failed_job": (
        "id",
        "state = 'failed' AND finished_at < :season AND NOT EXISTS "
        "(SELECT FROM dead_letter l WHERE l.job_id = job.id AND l.resolution IS NULL)",
    ),
    "dead_letter": ("id", "resolved_at < :season"),
    "outbox_event": ("id", "published_at < :month OR given_up_at < :season"),
    # A conversation that its person has left.
    "fsm_entry": ("key", "at < :month"),
    "invite": ("id", "coalesce(used_at, revoked_at, expires_at) < :season"),
    "admin_code": ("code_hash", "created_at < :season"),
    # The newest firing of each job stays, however old: it is what says that nothing is owed.
    "firing": (
        "(job, fire_time)",
        "fire_time < :season AND EXISTS "
        "(SELECT FROM firing n WHERE n.job = firing.job AND n.fire_time > firing.fire_time)",
    ),
}
_TABLES = {"failed_job": "job"}

OUTLIVED = tuple(_OUTLIVED)

_TENANTS_OUTLIVED: Mapping[str, tuple[str, str]] = {
    # The job that they were the progress of is gone.
    "chunk": (
        "(job_id, n)",
        "NOT EXISTS (SELECT FROM job j WHERE j.tenant_id = :tenant_id AND j.id = chunk.job_id)"
        " AND coalesce(done_at, :month) <= :month",
    ),
    "job_checkpoint": (
        "(job_id, name)",
        "NOT EXISTS (SELECT FROM job j WHERE j.tenant_id = :tenant_id AND j.id = job_checkpoint.job_id)"
        " AND at < :month",
    ),
    "report": ("id", "expires_at < :now"),
}

TENANTS_OUTLIVED = tuple(_TENANTS_OUTLIVED)


def delete_outlived(tx: PlatformTx, what: str, *, month: datetime, season: datetime) -> int:
    """A batch of one of ``OUTLIVED``; how many rows went. ``month`` and ``season`` are how old is old."""
    key, condition = _OUTLIVED[what]
    table = _TABLES.get(what, what)
    gone = tx.run(
        f"DELETE FROM {table} WHERE {key} IN (SELECT {key.strip('()')} FROM {table} WHERE {condition} "
        f"LIMIT {BATCH} FOR UPDATE SKIP LOCKED)",
        month=month,
        season=season,
    )
    return int(gone.rowcount)


def delete_tenants_outlived(tx: TenantTx, what: str, *, month: datetime, now: datetime) -> int:
    """A batch of one of ``TENANTS_OUTLIVED``; how many rows went."""
    key, condition = _TENANTS_OUTLIVED[what]
    gone = tx.run(
        f"DELETE FROM {what} WHERE tenant_id = :tenant_id AND {key} IN (SELECT {key.strip('()')} FROM {what} "
        f"WHERE tenant_id = :tenant_id AND {condition} LIMIT {BATCH} FOR UPDATE SKIP LOCKED)",
        month=month,
        now=now,
    )
    return int(gone.rowcount)


def drop_raw_months(tx: PlatformTx, before: date) -> int:
    """Let the months of raw replies go that ended before ``before``; how many."""
    return int(tx.run("SELECT ambar_drop_raw_months(:before)", before=before).scalar_one())
