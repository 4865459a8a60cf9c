"""An identical second night against the first: nothing may change, and it must cost a quarter of it.

The marketplace is the sandbox, a process of its own, over real HTTP with limits out of the way. Its
time (request to the last byte of the reply) is reported apart: what is compared is ours, database,
parsing and computing.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import structlog
from sqlalchemy import event, text

from app.cli.demo import PACE, _enter_costs, _sandbox, _settle
from app.core.clock import FixedClock
from app.core.config import Settings
from app.house import House, open_house
from app.services.night import NightReport
from benchmarks.harness import arguments, row, title

LIMIT = 0.25
"""Of the first night's time, database and parsing, that an identical second one may take."""

WATCHED = ("sale_event", "daily_sales", "daily_stock", "settlement_line", "metrics_daily", "advice_supply")


@dataclass(slots=True)
class Meter:
    """What a night took: seconds in all and of them on the wire; statements sent to the database."""

    seconds: float = 0.0
    wire: float = 0.0
    calls: int = 0
    statements: int = 0
    started: float = field(default_factory=time.perf_counter)

    @property
    def ours(self) -> float:
        return self.seconds - self.wire

    def listen(self, _logger: object, _method: str, told: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """A structlog processor: the transport tells of each call in the log."""
        if told.get("event") == "marketplace_called":
            self.wire += told["seconds"]
            self.calls += 1
        raise structlog.DropEvent

    def count(self, *_: object) -> None:
        self.statements += 1


def main(skus: int = 1_000) -> None:
    """Print both nights of a sandbox of ``skus`` SKUs with 90 days behind it."""
    with (
        tempfile.TemporaryDirectory(prefix="ambar-bench-") as folder,
        _sandbox(Path(folder), skus) as address,
    ):
        state = httpx.get(f"{address}/sandbox/state").raise_for_status().json()
        settings = Settings(
            _env_file=None,
            wb_api_url=address + "/wb/{host}",
            ozon_api_url=f"{address}/ozon",
            ozon_performance_api_url=f"{address}/performance",
            api_pace=float(PACE),
            master_key_file=Path(folder) / "master.key",
        )
        clock = FixedClock(datetime.fromisoformat(state["now"]))
        with open_house(settings, data=Path(folder), clock=clock, embedded=True) as house:
            title(f"The same night twice: sandbox of {skus:,} SKUs, 90 days")
            with metered(house):
                tenant_id = _settle(house, state)
            with metered(house) as first:
                done = night(house, tenant_id, "first")
            _enter_costs(house, tenant_id, address, done)
            before = fingerprint(house, tenant_id)
            with metered(house) as second:
                again = night(house, tenant_id, "second")
            with metered(house) as whole:
                night(house, tenant_id, "whole", days=90)
            told = sum(each.rows for each in done.sources.values())
            if again.written or fingerprint(house, tenant_id) != before:
                raise AssertionError(f"an identical night wrote {again.written} rows")
    if not (first.calls and second.calls and whole.calls):
        raise AssertionError("no call was heard: HTTP time would be counted as ours")
    report("first night", first, f"{told:,} rows told")
    report("identical second night", second, "0 rows changed in facts and derived tables")
    report("the same 90 days asked again", whole)
    share = second.ours / first.ours
    row(
        "second to first, ours", f"{share:.3f}", note=f"limit {LIMIT}: {'met' if share < LIMIT else 'MISSED'}"
    )
    row("90 days again to first, ours", f"{whole.ours / first.ours:.3f}")


def report(name: str, night: Meter, note: str = "") -> None:
    figures = f"ours {night.ours:.2f} s, HTTP {night.wire:.2f} s ({night.calls} calls)"
    print(f"{name:<32} {figures}, {night.statements:,} statements  {note}".rstrip(), flush=True)


def night(house: House, tenant_id: int, trace_id: str, days: int | None = None) -> NightReport:
    done = house.night.run(tenant_id, house.night.yesterday(), trace_id, lambda *_: None, days=days)
    if done.errors:
        raise AssertionError(f"the night failed: {done.errors}")
    return done


@contextmanager
def metered(house: House) -> Iterator[Meter]:
    """Measure what happens inside."""
    meter = Meter()
    # Every level, whatever another benchmark of this process has set: calls are told as information.
    structlog.configure(
        processors=[meter.listen],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        cache_logger_on_first_use=False,
    )
    event.listen(house.db.engine, "before_cursor_execute", meter.count)
    meter.started = time.perf_counter()
    yield meter
    meter.seconds = time.perf_counter() - meter.started
    event.remove(house.db.engine, "before_cursor_execute", meter.count)


def fingerprint(house: House, tenant_id: int) -> dict[str, str]:
    """Of each table the number of rows and which transactions wrote them: any rewrite shows."""
    seen = {}
    with house.db.tenant(tenant_id) as tx:
        for table in WATCHED:
            sums = (
                f"count(*), sum(hashtextextended(xmin::text || ctid::text || tableoid::text, 0)) FROM {table}"
            )
            seen[table] = str(tx.session.execute(text(f"SELECT {sums}")).one())
    return seen


if __name__ == "__main__":
    main(arguments(1_000, "SKUs", 1).size)
