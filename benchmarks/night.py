"""What a night costs and where its time goes: one large cabinet of a marketplace, and many ordinary ones.

The marketplace is the sandbox, a process of its own, over real HTTP with limits out of the way. Time is
taken at the product's own seams: each source is wrapped on its way out of the gateway, each call is told
by the gateway's metrics, deriving begins when the last cabinet is closed. What is left is the database's:
replies kept, facts merged.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.metrics import Unmeasured
from app.house import House, open_house
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit
from app.repositories.accounts import StoredAccount
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.world import World
from app.services.ingestion.gateway import Gateway
from app.services.tenancy.connect import StoreAccount
from app.services.tenancy.token_check import MarketplaceTokenChecker
from benchmarks.harness import quiet, title

SERVE = "--serve"
TELL_EVERY = 20
"""Sellers whose nights are over."""
DAYS = 90
"""Of a seller's history, unless told otherwise: what a first night asks for."""

NAMES = {"wb": "Wildberries", "ozon": "Ozon"}
SECRETS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "wb": lambda state: state["wb_token"],
    # Both keys: its nights have advertising too.
    "ozon": lambda state: " ".join(
        state[part]
        for part in ("ozon_client_id", "ozon_api_key", "ozon_ads_client_id", "ozon_ads_client_secret")
    ),
}
"""What a seller pastes into /connect, from what the sandbox says of itself."""


@dataclass(slots=True)
class Spent:
    """Seconds of one night of one seller, by what they went for."""

    total: float = 0.0
    wire: float = 0.0
    asking: float = 0.0
    parsing: float = 0.0
    deriving: float = 0.0
    closed_at: float = 0.0
    calls: int = 0

    @property
    def writing(self) -> float:
        return self.total - self.wire - self.asking - self.parsing - self.deriving


class Meters(threading.local):
    """Whose night this thread is at."""

    spent: Spent | None = None


@dataclass(frozen=True, slots=True)
class Counted(Unmeasured):
    """The seam that counts calls: their seconds on the wire."""

    meters: Meters = field(default_factory=Meters)

    def marketplace_called(self, marketplace: str, method: str, status: int, seconds: float) -> None:  # noqa: ARG002 - a port
        if self.meters.spent is not None:
            self.meters.spent.wire += seconds
            self.meters.spent.calls += 1


@dataclass(frozen=True, slots=True)
class Measured:
    """A source whose asking and reading are timed."""

    source: Source
    spent: Spent

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def replaces(self) -> bool:
        return self.source.replaces

    @property
    def brings(self) -> frozenset[Kind]:
        return self.source.brings

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return self.source.units(d_from, d_to)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        pages = iter(self.source.fetch(unit, cursor))
        while True:
            started, on_wire = time.perf_counter(), self.spent.wire
            page = next(pages, None)
            self.spent.asking += time.perf_counter() - started - (self.spent.wire - on_wire)
            if page is None:
                return
            yield page

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        started = time.perf_counter()
        rows = self.source.normalise(unit, pages)
        self.spent.parsing += time.perf_counter() - started
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredGateway(Gateway):
    """The product's gateway; what comes out of it is timed."""

    meters: Meters

    @contextmanager
    def sources(self, account: StoredAccount) -> Iterator[list[Source]]:
        spent = self.meters.spent
        with Gateway.sources(self, account) as sources:
            yield sources if spent is None else [Measured(source, spent) for source in sources]
        if spent is not None:
            spent.closed_at = time.perf_counter()


def main(
    sellers: int = 1, skus: int = 300, hands: int = 1, marketplace: str = "wb", days: int = DAYS
) -> None:
    """Print the first night and an identical second one of so many sellers of so many SKUs each.

    A seller of the sandbox has about half of its SKUs at either marketplace, and ``days`` of history.
    """
    quiet()
    with (
        tempfile.TemporaryDirectory(prefix="ambar-bench-") as folder,
        mall(sellers, skus, marketplace, days) as told,
    ):
        settings = Settings(
            _env_file=None,
            wb_api_url=told["address"] + "/wb/{host}",
            ozon_api_url=told["address"] + "/ozon",
            ozon_performance_api_url=told["address"] + "/performance",
            api_pace=NO_LIMITS,
            http_timeout_seconds=600.0,
            db_pool_size=max(10, hands * 2),
            master_key_file=Path(folder) / "master.key",
        )
        clock = FixedClock(datetime.fromisoformat(told["now"]))
        with open_house(settings, data=Path(folder), clock=clock, embedded=True) as plain:
            house, meters = measured(plain)
            everybody = [settle(house, marketplace, secret) for secret in told["secrets"]]
            name = NAMES[marketplace]
            title(f"A night of {name}: {sellers:,} × {skus:,} SKUs, {days} days, {hands} hands")
            first = nights(house, meters, everybody, "first", hands)
            second = nights(house, meters, everybody, "second", hands)
    if second.written:
        raise AssertionError(f"an identical night wrote {second.written} rows")
    report("first night", first, sellers)
    report("identical second night", second, sellers)


@dataclass(frozen=True, slots=True)
class Nights:
    """All sellers' nights together. ``seconds`` by the clock on the wall, ``spent`` summed over hands."""

    seconds: float
    spent: tuple[Spent, ...]
    rows: int
    written: int


def nights(house: House, meters: Meters, everybody: Sequence[int], trace: str, hands: int) -> Nights:
    """One night of each, ``hands`` at once."""

    def one(tenant_id: int) -> tuple[Spent, int, int]:
        meters.spent = spent = Spent()
        started = time.perf_counter()
        done = house.night.run(tenant_id, house.night.yesterday(), trace, lambda *_: None)
        ended = time.perf_counter()
        meters.spent = None
        if done.errors or done.wait_until:
            raise AssertionError(f"the night did not finish: {done.errors or done.wait_until}")
        spent.total, spent.deriving = ended - started, ended - spent.closed_at
        return spent, sum(each.rows for each in done.sources.values()), done.written

    started = time.perf_counter()
    told: list[tuple[Spent, int, int]] = []
    with ThreadPoolExecutor(hands) as pool:
        for each in pool.map(one, everybody):
            told.append(each)
            if len(told) % TELL_EVERY == 0:
                print(
                    f"  {trace}: {len(told)} of {len(everybody)} in {time.perf_counter() - started:.0f} s",
                    flush=True,
                )
    seconds = time.perf_counter() - started
    if not all(spent.calls and spent.closed_at for spent, _, _ in told):
        raise AssertionError("a seam heard nothing: its time would be counted as another's")
    spent, rows, written = zip(*told, strict=True)
    return Nights(seconds, spent, sum(rows), sum(written))


def report(name: str, told: Nights, sellers: int) -> None:
    whole = sum(spent.total for spent in told.spent)
    shares = {
        "waiting (HTTP)": sum(spent.wire for spent in told.spent),
        "asking": sum(spent.asking for spent in told.spent),
        "parsing": sum(spent.parsing for spent in told.spent),
        "writing": sum(spent.writing for spent in told.spent),
        "deriving": sum(spent.deriving for spent in told.spent),
    }
    calls = sum(spent.calls for spent in told.spent)
    print(
        f"{name}: {told.seconds:.1f} s, {told.seconds / sellers:.2f} s a seller; {calls:,} calls, "
        f"{told.rows:,} rows told, {told.written:,} written"
    )
    print("  " + ", ".join(f"{what} {100 * took / whole:.0f} %" for what, took in shares.items()), flush=True)


def measured(house: House) -> tuple[House, Meters]:
    """The same house with its seams timed."""
    meters = Meters()
    gateway = MeasuredGateway(
        db=house.db,
        settings=house.settings,
        vault=house.vault,
        clock=house.clock,
        metrics=Counted(meters=meters),
        meters=meters,
    )
    return replace(house, gateway=gateway, night=replace(house.night, gateway=gateway)), meters


def settle(house: House, marketplace: str, secret: str) -> int:
    """An organisation with one cabinet, as /connect makes it."""
    check = MarketplaceTokenChecker(db=house.db, settings=house.settings, clock=house.clock)
    checked = check(marketplace.upper(), secret)
    with house.db.platform() as tx:
        tenant_id = int(tx.run("INSERT INTO tenant (name) VALUES ('Замер') RETURNING id").scalar_one())
    with house.db.tenant(tenant_id) as tx:
        StoreAccount(vault=house.vault)(tx, checked)
    return tenant_id


@contextmanager
def mall(sellers: int, skus: int, marketplace: str, days: int) -> Iterator[dict[str, Any]]:
    """A sandbox of so many sellers in a process of its own: its address, its day, a secret of each."""
    told = [str(each) for each in (sellers, skus, marketplace, days)]
    command = [sys.executable, "-m", "benchmarks.night", SERVE, *told]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if child.stdin is None or child.stdout is None:
            raise AssertionError("no pipes to the sandbox")
        yield json.loads(child.stdout.readline())
    finally:
        child.communicate()  # closing its input ends it


def serve(sellers: int, skus: int, marketplace: str, days: int) -> None:
    """The child: tell where it is, serve until the parent goes."""
    import httpx

    worlds = [World(seed=seed, skus=skus, days=days) for seed in range(1, sellers + 1)]
    with SandboxServer(worlds[0], neighbours=worlds[1:], pace=NO_LIMITS) as server:
        states = [
            httpx.get(f"{server.base_url}/sandbox/state", params={"seller": world.sid}).json()
            for world in worlds
        ]
        told = {
            "address": server.base_url,
            "now": states[0]["now"],
            "secrets": [SECRETS[marketplace](state) for state in states],
        }
        print(json.dumps(told), flush=True)
        sys.stdin.read()


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sellers", type=int, default=1, help="cabinets, each of an organisation of its own")
    parser.add_argument("--skus", type=int, default=300, help="SKUs of each")
    parser.add_argument("--marketplace", choices=sorted(NAMES), default="wb")
    parser.add_argument("--hands", type=int, default=1, help="nights at once")
    parser.add_argument("--days", type=int, default=DAYS, help="of history")
    return parser.parse_args()


if __name__ == "__main__":
    if SERVE in sys.argv:
        serve(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        order = asked()
        main(order.sellers, order.skus, order.hands, order.marketplace, order.days)
