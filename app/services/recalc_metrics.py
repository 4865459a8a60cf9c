"""Recompute metrics_daily and advice_supply from the facts, in bulk, writing only what differs.

Facts of a chunk of SKUs are read by COPY into columns (kopecks), the domain's columnar formulas
make the rows, the merge kernel stores them. A day whose finance rows are complete is settled: its
money comes from settlement_line; any other day is preliminary and takes the sales feed's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl
import structlog

from app.db.copying import copy_frame, create_stage_like
from app.db.merge import MergeCount, Scope, merge
from app.db.partitions import ensure_months
from app.db.session import TenantTx
from app.domain.supply.policy import Policy
from app.repositories import metrics_input
from app.repositories.targets import ADVICE_SUPPLY, METRICS_DAILY
from app.services.analytics.advice_rows import advice_rows
from app.services.analytics.metric_rows import metric_rows

log = structlog.get_logger(__name__)

CHUNK_SKU_DAYS = 150_000
"""SKU-days computed at once: some tens of megabytes of columns, however long the period."""

DEFAULT_POLICY = Policy()

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculated:
    """What a recalculation did: SKUs with a row on each day, and the rows by their fate."""

    sku_count: dict[date, int]
    count: MergeCount


def recalc_metrics_for_date(tx: TenantTx, d: date, trace_id: str = "manual") -> int:
    """Recompute one day of the tenant; how many SKUs have a row on it."""
    return recalc_metrics(tx, d, d, trace_id=trace_id).sku_count.get(d, 0)


def recalc_metrics(
    tx: TenantTx,
    d_from: date,
    d_to: date,
    *,
    trace_id: str,
    policy: Policy = DEFAULT_POLICY,
    sku_ids: list[int] | None = None,
    progress: Progress | None = None,
) -> Recalculated:
    """Recompute the days ``d_from..d_to``, of all SKUs or of those given."""
    ensure_months(tx, d_from, d_to)
    total, per_day = MergeCount(), pl.DataFrame(schema={"d": pl.Date, "skus": pl.UInt32})
    chunks = list(_chunks(tx, sku_ids, (d_to - d_from).days + 1))
    for done, (account_id, chunk) in enumerate(chunks, start=1):
        facts = metrics_input.read(tx, account_id, chunk, d_from, d_to)
        rows = metric_rows(facts, d_from, d_to, policy)
        create_stage_like(tx, "stage_metrics", "metrics_daily", METRICS_DAILY.columns)
        copy_frame(tx, "stage_metrics", rows.select(METRICS_DAILY.columns))
        listed = ", ".join(str(sku_id) for sku_id in chunk)
        scope = Scope(
            account_id=account_id,
            d_from=d_from,
            d_to=d_to,
            replaces=True,
            where=f"t.sku_id IN ({listed})",
        )
        total += merge(tx, METRICS_DAILY, "stage_metrics", scope, trace_id)
        per_day = pl.concat([per_day, rows.group_by("d").agg(skus=pl.col("sku_id").n_unique())])
        if progress:
            progress("Пересчёт", done, len(chunks))
    counts = per_day.group_by("d").agg(pl.col("skus").sum()).sort("d")
    sku_count = dict(counts.iter_rows())
    for d, skus in sku_count.items():
        log.info("metrics_recalc_completed", date=str(d), sku_count=skus, tenant_id=tx.tenant_id)
    return Recalculated(sku_count=sku_count, count=total)


def generate_supply_advice(tx: TenantTx, d: date, policy: Policy, *, trace_id: str = "manual") -> int:
    """Advice for every SKU with stock or sales, as of the end of day ``d``; how many rows it has."""
    ensure_months(tx, d, d)
    total = 0
    for account_id, chunk in _chunks(tx, None, 28):
        facts = metrics_input.read_advice(tx, account_id, chunk, d, policy)
        rows = advice_rows(facts, d, policy)
        create_stage_like(tx, "stage_advice", "advice_supply", ADVICE_SUPPLY.columns)
        copy_frame(tx, "stage_advice", rows.select(ADVICE_SUPPLY.columns))
        listed = ", ".join(str(sku_id) for sku_id in chunk)
        scope = Scope(account_id=account_id, d_from=d, d_to=d, replaces=True, where=f"t.sku_id IN ({listed})")
        merge(tx, ADVICE_SUPPLY, "stage_advice", scope, trace_id)
        total += rows.height
    return total


def _chunks(tx: TenantTx, sku_ids: list[int] | None, days: int) -> Iterator[tuple[int, list[int]]]:
    """(account, SKUs) in chunks that fit in memory."""
    size = max(100, CHUNK_SKU_DAYS // (days + metrics_input.LONGEST_WINDOW))
    for account_id, skus in metrics_input.skus_by_account(tx, sku_ids).items():
        for start in range(0, len(skus), size):
            yield account_id, skus[start : start + size]
