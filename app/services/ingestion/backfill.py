"""A backfill by hand: its name, under which it goes on after any interruption."""

from datetime import date, datetime, timedelta

from app.db.session import Database
from app.repositories import workload

GOES_ON_WITHIN = timedelta(days=7)
"""A stopped backfill older than this is begun anew: its window has moved on."""


def backfill_name(db: Database, tenant_id: int, days: int, d: date, now: datetime) -> tuple[str, date]:
    """The trace of a backfill and the day it ends with.

    One that was stopped, or waits for a marketplace, goes on under its own: it asks only for what it
    lacks, also on another day. Otherwise a new one, which has one name all day.
    """
    prefix = f"backfill:{days}:"
    with db.tenant(tenant_id) as tx:
        found = workload.unfinished(tx, prefix, now - GOES_ON_WITHIN)
    if found is not None:
        return found, date.fromisoformat(found.removeprefix(prefix))
    return f"{prefix}{d}", d
