"""Peak memory of Python for a very large cabinet: recalculation of 90 days, then advice.

The work runs in a process of its own, so that the figure is its alone; making the data is the
database's work and is not counted.
"""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from app.db.session import Database
from app.domain.supply.policy import Policy
from app.services.recalc_metrics import generate_supply_advice, recalc_metrics
from benchmarks.harness import arguments, open_bench, quiet, rate, row, timed, title
from benchmarks.worlds import World, make_world

LIMIT_MB = 2048
CHILD = "--child"


def main(skus: int = 100_000) -> None:
    """Print the peak for ``skus`` SKUs × 90 days."""
    with open_bench() as bench:
        world = make_world(bench, skus)
        title(f"Memory: {skus:,} SKUs × {world.days} days = {world.sku_days:,} SKU-days")
        order = json.dumps({"url": bench.urls.app, "world": asdict(world)})
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory", CHILD],
            input=order,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(done.stderr)
        told = json.loads(done.stdout)
        peak = told["peak_mb"]
        row("peak RSS of Python", f"{peak:,.0f} MB", note=verdict(peak))
        row("  of it after the imports, before the work", f"{told['start_mb']:,.0f} MB")
        row("recalculation, first time", rate(world.sku_days, told["recalc"]), note=f"{told['recalc']:.0f} s")
        row("advice", rate(told["advice_rows"], told["advice"]), note=f"{told['advice_rows']:,} rows")


def verdict(peak: float) -> str:
    return f"limit {LIMIT_MB:,} MB: {'met' if peak < LIMIT_MB else 'MISSED'}"


def child() -> None:
    """Do the work for the world told on stdin; tell what it took."""
    quiet()
    order = json.loads(sys.stdin.read())
    world = World(**order["world"])
    db = Database(order["url"], statement_timeout_ms=0)
    told: dict[str, float] = {"start_mb": peak_mb()}

    def recalc() -> None:
        with db.tenant(world.tenant_id) as tx:
            recalc_metrics(tx, world.d_from, world.d_to, trace_id="bench")

    def advise() -> None:
        with db.tenant(world.tenant_id) as tx:
            told["advice_rows"] = generate_supply_advice(tx, world.d_to, Policy())

    told["recalc"], told["advice"] = timed(recalc), timed(advise)
    told["peak_mb"] = peak_mb()
    print(json.dumps(told))
    db.close()


def peak_mb() -> float:
    """The high-water mark of this program. ``ru_maxrss`` survives exec and would tell the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    if CHILD in sys.argv:
        child()
    else:
        main(arguments(100_000, "SKUs").size)
