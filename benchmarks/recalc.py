"""Bulk recalculation of metrics_daily against a loop over the scalar formulas and against plain SQL.

All three run as the application's role behind forced row-level security and write the same
partitioned table. The loop is timed on a sample and told per SKU-day.
"""

from datetime import date, timedelta

from app.domain.supply.policy import Policy
from app.services.recalc_metrics import recalc_metrics
from benchmarks.harness import (
    Bench,
    Contender,
    Taken,
    arguments,
    open_bench,
    rate,
    row,
    take_turns,
    timed,
    title,
)
from benchmarks.rivals.recalc_loop import recalc_row_by_row
from benchmarks.rivals.recalc_sql import recalc_in_sql
from benchmarks.worlds import World, make_world

GOAL = 100_000
"""SKU-days a second, the first time."""


def main(skus: int = 5_000, repetitions: int = 3) -> None:
    """Print the comparison for ``skus`` SKUs over 90 days."""
    with open_bench() as bench:
        world = make_world(bench, skus)
        title(f"Recalculation: {skus:,} SKUs × {world.days} days = {world.sku_days:,} SKU-days")
        first = take_turns(
            {
                "bulk": Contender(lambda: bulk(bench, world), lambda: clear(bench)),
                "sql": Contender(lambda: in_sql(bench, world, repeated=False), lambda: clear(bench)),
            },
            repetitions,
        )
        check_same(bench, world)
        clear(bench)
        bulk(bench, world)
        bench.execute("VACUUM ANALYZE metrics_daily")
        again = take_turns(
            {
                "bulk": Contender(lambda: bulk(bench, world, changes=False)),
                "sql": Contender(lambda: in_sql(bench, world, repeated=True)),
            },
            repetitions,
        )
        clear(bench)
        sample = loop_sample(world)
        loop = timed(lambda: by_rows(bench, world, *sample)) / (len(sample[0]) * len(sample[1]))
        n = world.sku_days
        row("bulk, first time", rate(n, first["bulk"].median), note=verdict(n, first["bulk"]))
        row(
            "  against SQL window functions",
            rate(n, first["sql"].median),
            first["sql"].median / first["bulk"].median,
        )
        row("  against a row-by-row loop (sample)", rate(1, loop), loop * n / first["bulk"].median)
        row(
            "bulk, repeated, nothing changed",
            rate(n, again["bulk"].median),
            note=f"best {rate(n, again['bulk'].best)}",
        )
        row(
            "  against SQL, ON CONFLICT … WHERE differs",
            rate(n, again["sql"].median),
            again["sql"].median / again["bulk"].median,
        )


def verdict(sku_days: int, taken: Taken) -> str:
    """The median decides; the best turn is told beside it."""
    goal = "met" if sku_days / taken.median >= GOAL else "MISSED"
    return f"goal {GOAL:,}/s: {goal}; best turn {rate(sku_days, taken.best)}"


def bulk(bench: Bench, world: World, *, changes: bool = True) -> None:
    with bench.db.tenant(world.tenant_id) as tx:
        done = recalc_metrics(tx, world.d_from, world.d_to, trace_id="bench", policy=Policy())
    if bool(done.count.written) != changes:
        raise AssertionError(f"expected changes: {changes}, got {done.count}")


def in_sql(bench: Bench, world: World, *, repeated: bool) -> None:
    with bench.db.tenant(world.tenant_id) as tx:
        recalc_in_sql(tx, world.account_id, world.d_from, world.d_to, repeated=repeated)


def loop_sample(world: World) -> tuple[list[int], list[date]]:
    """SKUs and days spread over the world."""
    skus = list(range(1, world.skus + 1, max(1, world.skus // 10)))[:10]
    return skus, [world.d_to - timedelta(days=3 * back) for back in range(30)]


def by_rows(bench: Bench, world: World, skus: list[int], days: list[date]) -> None:
    with bench.db.tenant(world.tenant_id) as tx:
        recalc_row_by_row(tx, world.account_id, skus, days)


def clear(bench: Bench) -> None:
    """An empty target, and no checkpoint left over from whoever ran before."""
    bench.execute("TRUNCATE metrics_daily, figure_change")
    bench.execute("CHECKPOINT")


def check_same(bench: Bench, world: World) -> None:
    """All three must say the same, or their speed compares nothing."""
    skus, days = loop_sample(world)
    listed = ", ".join(f"'{day}'" for day in days)
    sample = f"WHERE sku_id IN ({', '.join(map(str, skus))}) AND d IN ({listed})"
    clear(bench)
    by_rows(bench, world, skus, days)
    by_loop = summary(bench, sample)
    clear(bench)
    in_sql(bench, world, repeated=False)
    by_sql = summary(bench)
    clear(bench)
    bulk(bench, world)
    if (summary(bench), summary(bench, sample)) != (by_sql, by_loop):
        raise AssertionError(f"the results differ: {summary(bench)}, {by_sql}; {by_loop}")


def summary(bench: Bench, where: str = "") -> str:
    """What metrics_daily says in all. SQL rounds halves up, not to even: hence three digits of ratios."""
    return str(
        bench.scalar(
            "SELECT (count(*), sum(units), sum(revenue_net), sum(marketing), sum(cogs), sum(profit),"
            " count(margin), round(avg(margin), 3), round(avg(sv7), 3), round(avg(sv28), 3),"
            f" round(avg(stock_cover_days), 3))::text FROM metrics_daily {where}"
        )
    )


if __name__ == "__main__":
    asked = arguments(5_000, "SKUs")
    main(asked.size, asked.repeat)
