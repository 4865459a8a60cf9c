"""The merge kernel on daily_sales against ORM inserts and against COPY + INSERT … SELECT that compares
nothing.

Each figure is the whole way from rows in Python's columns to a committed table: staging, hashing,
recalc_pending and figure_change included. ORM inserts are timed on a sample and told per row.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import polars as pl

from app.db.copying import copy_frame, create_stage_like
from app.db.merge import MergeCount, Scope, merge
from app.db.models import DailySales
from app.db.session import TenantTx
from app.repositories.targets import DAILY_SALES, MONEY
from benchmarks.harness import Bench, Contender, arguments, open_bench, rate, row, take_turns, timed, title
from benchmarks.worlds import World, make_world

DAYS = 90
ORM_SAMPLE = 20_000


def main(rows: int = 1_000_000, repetitions: int = 3) -> None:
    """Print the comparison for ``rows`` rows over 90 days."""
    with open_bench() as bench:
        world = make_world(bench, max(1, rows // DAYS), DAYS, facts=False)
        first = sales_rows(world)
        changed = first.with_columns(qty=pl.col("qty") + (pl.int_range(pl.len()) % 100 == 0).cast(pl.Int64))
        hundredth = changed.filter(pl.int_range(pl.len()) % 100 == 0).height
        title(f"Merging {first.height:,} rows of daily_sales")

        def load(frame: pl.DataFrame, expected: MergeCount) -> None:
            with bench.db.tenant(world.tenant_id) as tx:
                done = kernel(tx, world, frame)
            if done != expected:
                raise AssertionError(f"expected {expected}, got {done}")

        def blind() -> None:
            with bench.db.tenant(world.tenant_id) as tx:
                copy_and_insert(tx, first)

        new, same = MergeCount(inserted=first.height), MergeCount(unchanged=first.height)
        some = MergeCount(changed=hundredth, unchanged=first.height - hundredth)
        empty, back = (lambda: clear(bench)), (lambda: load(first, some))
        loads = take_turns(
            {
                "blind": Contender(blind, empty),
                "new": Contender(lambda: load(first, new), empty),
                "same": Contender(lambda: load(first, same)),
                "some": Contender(lambda: load(changed, some)),
                "back": Contender(back),
            },
            repetitions,
        )
        clear(bench)
        sample = first.head(ORM_SAMPLE)
        orm = timed(lambda: by_orm(bench, world, sample)) / sample.height * first.height
        n = first.height
        row("first load", rate(n, loads["new"].median))
        row("  against ORM inserts (a sample, per row)", rate(n, orm), orm / loads["new"].median)
        row(
            "  against COPY + INSERT without comparison",
            rate(n, loads["blind"].median),
            loads["blind"].median / loads["new"].median,
        )
        row("identical second load", rate(n, loads["same"].median))
        row("  against COPY + INSERT into an empty table", "", loads["blind"].median / loads["same"].median)
        row("1 % changed, old values journalled", rate(n, loads["some"].median))
        row("  against COPY + INSERT into an empty table", "", loads["blind"].median / loads["some"].median)


def sales_rows(world: World) -> pl.DataFrame:
    """A row for each SKU-day in the table's columns and types."""
    days = pl.DataFrame({"d": [world.d_from + timedelta(days=i) for i in range(world.days)]})
    skus = pl.DataFrame({"sku_id": pl.int_range(1, world.skus + 1, eager=True)})
    kopeck, seed = pl.lit(Decimal("0.01")), pl.col("sku_id") * 31 + pl.col("d").dt.ordinal_day()
    money = {
        name: ((seed * (7 + i)) % 1_000_000).cast(pl.Decimal(14, 0)) * kopeck for i, name in enumerate(MONEY)
    }
    return days.join(skus, how="cross").select(
        pl.lit(world.account_id).alias("account_id"),
        "d",
        "sku_id",
        (1 + pl.col("sku_id") % 2).alias("warehouse_id"),
        pl.lit("FBO").alias("channel"),
        pl.lit("RUB").alias("currency"),
        (seed % 9).alias("qty"),
        (seed % 2).alias("refunds_qty"),
        **money,
    )


def kernel(tx: TenantTx, world: World, frame: pl.DataFrame) -> MergeCount:
    _stage(tx, frame)
    scope = Scope(account_id=world.account_id, d_from=world.d_from, d_to=world.d_to, replaces=True)
    return merge(tx, DAILY_SALES, "stage", scope, "bench")


def copy_and_insert(tx: TenantTx, frame: pl.DataFrame) -> None:
    """What any load must do at least: no comparison, no hash, nobody told of what moved."""
    _stage(tx, frame)
    columns = ", ".join(DAILY_SALES.columns)
    tx.run(
        f"INSERT INTO daily_sales (tenant_id, src_hash, {columns}) "
        f"SELECT :tenant_id, '', {columns} FROM stage"
    )


def by_orm(bench: Bench, world: World, sample: pl.DataFrame) -> None:
    """``session.add_all`` in batches of a thousand."""
    rows: Sequence[dict[str, object]] = sample.to_dicts()
    with bench.db.tenant(world.tenant_id) as tx:
        for start in range(0, len(rows), 1000):
            batch = rows[start : start + 1000]
            tx.session.add_all(DailySales(tenant_id=world.tenant_id, src_hash=b"", **each) for each in batch)
            tx.session.flush()
            tx.session.expunge_all()


def clear(bench: Bench) -> None:
    bench.execute("TRUNCATE daily_sales, figure_change, recalc_pending")
    bench.execute("CHECKPOINT")


def _stage(tx: TenantTx, frame: pl.DataFrame) -> None:
    create_stage_like(tx, "stage", "daily_sales", DAILY_SALES.columns)
    copy_frame(tx, "stage", frame)


if __name__ == "__main__":
    asked = arguments(1_000_000, "rows")
    main(asked.size, asked.repeat)
