"""Recompute metrics_daily and advice_supply from the facts, in bulk, writing only what differs.

Facts of a chunk of SKUs are read by COPY into columns (kopecks), the domain's columnar formulas
make the rows, the merge kernel stores them. A day whose finance rows are complete is settled: its
money comes from settlement_line; any other day is preliminary and takes the sales feed's.
"""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import polars as pl
import structlog

from app.db.copying import Csv, as_csv, copy_csv, create_stage_like
from app.db.merge import MergeCount, Scope, Target, merge
from app.db.partitions import ensure_months
from app.db.session import TenantTx
from app.domain.supply.policy import Policy
from app.repositories import metrics_input
from app.repositories.metrics_input import ChunkFacts, SkuChunk
from app.repositories.targets import ADVICE_SUPPLY, METRICS_DAILY
from app.services.analytics.advice_rows import advice_rows
from app.services.analytics.metric_rows import metric_rows

log = structlog.get_logger(__name__)

CHUNK_SKU_DAYS = 200_000
"""SKU-days computed at once; two chunks are in memory, a few hundred megabytes however many SKUs there
are. Smaller ones cost in merges, larger ones leave nothing to compute beside them (benchmarks/recalc.py)."""

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
    total, per_day = MergeCount(), pl.DataFrame(schema={"d": pl.Date, "skus": pl.UInt32})
    chunks = metrics_input.chunks(tx, sku_ids, _skus_at_once((d_to - d_from).days + 1))
    months = set[date]()
    # Closed here whatever happens: left to the collector, it may be closed by the thread it waits for.
    with closing(_computed_ahead(tx, chunks, d_from, d_to, policy)) as ahead:
        for done, (chunk, rows) in enumerate(ahead, start=1):
            # Only months that have rows: a cost "since 2015" must not make the years before the first sale.
            for month in sorted({d.replace(day=1) for d in rows.per_day["d"]} - months):
                ensure_months(tx, month, month)
                months.add(month)
            total += _store(tx, METRICS_DAILY, rows.csv, chunk, d_from, d_to, trace_id)
            per_day = pl.concat([per_day, rows.per_day])
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
    for chunk in metrics_input.chunks(tx, None, _skus_at_once(1)):
        rows = advice_rows(metrics_input.read_advice(tx, chunk, d, policy), d, policy)
        _store(tx, ADVICE_SUPPLY, as_csv(rows.select(ADVICE_SUPPLY.columns)), chunk, d, d, trace_id)
        total += rows.height
    return total


@dataclass(frozen=True, slots=True)
class _Rows:
    """A chunk's rows, ready to be copied. ``per_day``: d, skus."""

    csv: Csv
    per_day: pl.DataFrame


def _compute(facts: ChunkFacts, d_from: date, policy: Policy) -> _Rows:
    rows = metric_rows(facts, d_from, policy)
    return _Rows(
        csv=as_csv(rows.select(METRICS_DAILY.columns)),
        per_day=rows.group_by("d").agg(skus=pl.col("sku_id").n_unique()),
    )


def _computed_ahead(
    tx: TenantTx, chunks: Iterable[SkuChunk], d_from: date, d_to: date, policy: Policy
) -> Generator[tuple[SkuChunk, _Rows], None, None]:
    """The rows of each chunk; while the caller stores one, another core computes the next.

    Facts are read in the caller's own transaction: nobody else sees what it has just written.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="recalc") as beside:
        waiting: tuple[SkuChunk, Future[_Rows]] | None = None
        for chunk in chunks:
            facts = metrics_input.read(tx, chunk, d_from, d_to)
            following = (chunk, beside.submit(_compute, facts, d_from, policy))
            if waiting:
                yield waiting[0], waiting[1].result()
            waiting = following
        if waiting:
            yield waiting[0], waiting[1].result()


def _store(
    tx: TenantTx,
    target: Target,
    rows: Csv,
    chunk: SkuChunk,
    d_from: date,
    d_to: date,
    trace_id: str,
) -> MergeCount:
    """Make these the target's rows of the chunk's SKUs on these days."""
    stage = f"stage_{target.name}"
    create_stage_like(tx, stage, target.name, target.columns)
    copy_csv(tx, stage, rows)
    scope = Scope(
        account_id=chunk.account_id,
        d_from=d_from,
        d_to=d_to,
        replaces=True,
        where=chunk.has("t.sku_id"),
        skus=chunk.ends,
    )
    return merge(tx, target, stage, scope, trace_id)


def _skus_at_once(days: int) -> int:
    """How many SKUs fit in memory with their days and the run-up to the first."""
    return max(100, CHUNK_SKU_DAYS // (days + metrics_input.LONGEST_WINDOW))
