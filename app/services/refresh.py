"""Bring the derived tables up to the facts: what is new, what is stale, nothing else."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from app.db.merge import MergeCount
from app.db.session import Database, TenantTx
from app.domain.finance.sharing import NOBODY
from app.domain.supply.policy import Policy
from app.repositories.freshness import last_day
from app.services.recalc_metrics import generate_supply_advice, recalc_metrics
from app.services.shared_costs import share_costs

RECALC_DAYS = 35
"""A new day recomputes this many: late returns and corrections usually come within it."""

_DAY = timedelta(days=1)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """Days recomputed with their SKUs, the rows by their fate, rows of advice."""

    sku_count: dict[date, int]
    count: MergeCount
    advice_rows: int

    @property
    def written(self) -> int:
        return self.count.written


def refresh_derived(
    db: Database, tenant_id: int, d: date, *, policy: Policy, trace_id: str, progress: Progress
) -> Refreshed:
    """Recompute after a collection whose last day is ``d``; one transaction.

    A day ``d`` without metrics is new: 35 days of every SKU. Stale SKUs (a fact or a cost changed)
    are recomputed from their earliest stale day on, however old; costs of the whole cabinet are divided
    before, which may make some stale. Nothing new and nothing stale:
    nothing is read.
    """
    with db.tenant(tenant_id, statement_timeout_ms=0) as tx:
        is_new = not _has_metrics(tx, d)
        latest = max(d, last_day(tx, "metrics_daily") or d)
        shared = share_costs(tx, latest, trace_id=trace_id)
        stale = _take_stale(tx)
        count, sku_count = shared, dict[date, int]()
        window = d - timedelta(days=RECALC_DAYS - 1)
        if is_new:
            done = recalc_metrics(tx, window, d, trace_id=trace_id, policy=policy, progress=progress)
            count, sku_count = count + done.count, done.sku_count
        # Velocities reach on, up to the last day computed: an old day may be collected anew.
        left = ((date.min, window - _DAY), (d + _DAY, latest)) if is_new else ((date.min, latest),)
        for (d_from, skus), (first, last) in product(stale.items(), left):
            if max(d_from, first) <= last:
                done = recalc_metrics(
                    tx,
                    max(d_from, first),
                    last,
                    trace_id=trace_id,
                    policy=policy,
                    sku_ids=skus,
                    progress=progress,
                )
                count += done.count
        advised = {d, latest} if is_new or stale else set[date]()
        advice = sum(generate_supply_advice(tx, day, policy, trace_id=trace_id) for day in sorted(advised))
    return Refreshed(sku_count=sku_count, count=count, advice_rows=advice)


def _take_stale(tx: TenantTx) -> dict[date, list[int]]:
    """Stale SKUs by the first day of the month they are stale from: few, large recalculations."""
    stale: dict[date, list[int]] = defaultdict(list)
    rows = tx.run("DELETE FROM recalc_pending WHERE tenant_id = :tenant_id RETURNING sku_id, d_from")
    for row in rows:
        if row.sku_id != NOBODY:  # its days have just been divided
            stale[row.d_from.replace(day=1)].append(row.sku_id)
    return dict(stale)


def _has_metrics(tx: TenantTx, d: date) -> bool:
    found = tx.run("SELECT EXISTS (SELECT FROM metrics_daily WHERE tenant_id = :tenant_id AND d = :d)", d=d)
    return bool(found.scalar_one())
