"""What a page of 50 items costs in a long ledger: stock as of an instant, by the books and by the facts, the
snapshot, a search; each through the service, its transaction and its walls included.

Entries lie over two years of months as their time came, so a balance's are spread over the whole table; one
in ten was told five days late. `--size` is entries; `--items`; `--pages` asked of each kind, each of other
items and another instant.
"""

import argparse
import random
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.core.clock import SystemClock
from app.services.ledger.snapshot import PAGE, query_inventory_snapshot, query_stock_as_of
from benchmarks.harness import Bench, open_bench, row, timed, title

GOAL_MS = 50
BALANCES = 2
"""An item's, on two places."""

DAYS = 720
LATE = 10
"""One fact in so many is told days after it happened."""

MONTHS = "SELECT ambar_make_partitions('stock_ledger', (now() - interval '{days} days')::date, now()::date)"

WORLD = """
INSERT INTO tenant (id, name) VALUES (1, 'bench');
INSERT INTO warehouse (tenant_id, id, marketplace, code, is_own) VALUES (1, 1, 'OWN', 'main', true);
INSERT INTO location (tenant_id, id, warehouse_id, code) VALUES (1, 1, 1, 'A'), (1, 2, 1, 'B');
INSERT INTO lot (tenant_id, id) VALUES (1, 0);
INSERT INTO item (tenant_id, id, article, name)
SELECT 1, g, 'A-' || lpad((g * 7919 % 1000003)::text, 7, '0'), 'Товар № ' || g
FROM generate_series(1, {items}) g;
INSERT INTO stock (tenant_id, id, item_id, location_id, on_hand, version)
SELECT 1, g, 1 + (g - 1) / {balances}, 1 + g % {balances}, {after}, v
FROM generate_series(1, {items} * {balances}) g CROSS JOIN (SELECT {each} AS v) q;
"""

AFTER = "(v / 2 + CASE v % 2 WHEN 1 THEN 3 ELSE 0 END)"
"""Of a balance that three pieces come to and two leave in turn."""

ENTRIES = """
INSERT INTO stock_ledger (tenant_id, stock_id, posted_at, version, item_id, delta, reserved_delta, after_qty,
    after_reserved, reason, ref, ref_line, occurred_at, trace_id)
SELECT 1, s, at, v, 1 + (s - 1) / {balances}, CASE v % 2 WHEN 1 THEN 3 ELSE -2 END, 0, {after}, 0,
    CASE v % 2 WHEN 1 THEN 'RECEIPT' ELSE 'OUTBOUND' END, 'b-' || v || '-' || s / 100, s % 100,
    at - CASE (s + v) % {late} WHEN 0 THEN interval '5 days' ELSE interval '0' END, 'bench'
FROM (
    SELECT s, v, now() - interval '{days} days' * (1 - (v - 1 + s / {stocks}.0) / {each}) AS at
    FROM generate_series({first}, {last}) v CROSS JOIN generate_series(1, {stocks}) s
) q
"""

TURN = 1_000_000


def main(entries: int = 10_000_000, items: int = 50_000, pages: int = 60) -> None:
    """Print the median and the 95th percentile of each kind of page."""
    with open_bench() as bench:
        make_world(bench, entries, items)
        size = bench.scalar("SELECT pg_database_size(current_database())") / 2**30
        title(f"Pages of {PAGE} items, {entries:,} entries, {items:,} items, {size:.1f} GiB")
        dice = random.Random(6)
        articles = sorted((f"A-{number * 7919 % 1000003:07}", number) for number in range(1, items + 1))

        def as_of(by: str) -> None:
            start = dice.randrange(items - PAGE + 1)
            at = datetime.now(UTC) - timedelta(days=dice.uniform(0, DAYS))
            with bench.db.tenant(1) as tx:
                found = query_stock_as_of(tx, [each for _, each in articles[start : start + PAGE]], at, by)  # type: ignore[arg-type]
            if len(found) > PAGE * BALANCES:
                raise AssertionError(len(found))

        def snapshot(offset: int) -> None:
            with bench.db.tenant(1) as tx:
                found = query_inventory_snapshot(tx, SystemClock().now().date(), offset=offset)
            if [each.article for each in found] != [name for name, _ in articles[offset : offset + PAGE]]:
                raise AssertionError(found)

        def search(words: str) -> None:
            with bench.db.tenant(1) as tx:
                if not query_inventory_snapshot(tx, SystemClock().now().date(), words=words):
                    raise AssertionError(words)

        _tell("as of an instant, by posted_at", lambda: as_of("posted"), pages)
        _tell("as of an instant, by occurred_at", lambda: as_of("occurred"), pages)
        _tell("the snapshot's first page", lambda: snapshot(0), pages)
        _tell("the snapshot's middle page", lambda: snapshot(items // 2), pages)
        _tell("a search by two words", lambda: search(f"Товары {dice.randrange(items)}"), pages)


def make_world(bench: Bench, entries: int, items: int) -> None:
    """Items, balances and their entries in the order of time; vacuumed as the server itself would."""
    stocks = items * BALANCES
    names = {
        "items": items,
        "balances": BALANCES,
        "stocks": stocks,
        "each": entries // stocks,
        "after": AFTER,
    }
    names |= {"days": DAYS, "late": LATE}
    bench.execute(MONTHS.format(**names))
    bench.execute(WORLD.format(**names))
    step = max(1, TURN // stocks)
    for first in range(1, names["each"] + 1, step):
        last = min(first + step - 1, names["each"])
        bench.execute(ENTRIES.format(**names, first=first, last=last))
    bench.execute("VACUUM ANALYZE")


def _tell(name: str, work: Callable[[], None], pages: int) -> None:
    work()  # the first of a connection makes its plans
    taken = [timed(work) * 1000 for _ in range(pages)]
    middle, slow = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    row(name, f"{middle:.1f} ms", GOAL_MS / middle, f"p95 {slow:.1f} ms; goal {GOAL_MS} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=10_000_000, help="entries")
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--pages", type=int, default=60, help="asked of each kind")
    asked = parser.parse_args()
    main(asked.size, asked.items, asked.pages)
