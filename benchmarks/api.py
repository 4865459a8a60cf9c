"""The JSON API under many programs at once, beside the ledger's own time: the same documents posted over HTTP
with a token, and by as many threads that call the service itself, taking turns in one run.

The server is one process with its pool, as ``./ambar web`` is; the clients are another process, and do not
share its interpreter. `--size` is requests a client. A document is one line of OUTBOUND: token looked up and
checked against the role, document posted, its number read back.
"""

import asyncio
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from app.core.clock import SystemClock
from app.core.config import Settings
from app.domain.warehouse.movements import Line, Reason, Status, StockDocument
from app.services.ledger.posting import PostStock, StockDesk
from app.services.tenancy.api_tokens import add_token
from app.web.app import WebDeps, build_app
from app.web.protocol import Runner
from benchmarks.harness import Bench, arguments, open_bench, row, title

ITEMS = 1_000
CLIENTS = (1, 50)
TENANT = 1

WORLD = f"""
INSERT INTO tenant (id, name) VALUES ({TENANT}, 'bench');
INSERT INTO warehouse (tenant_id, id, marketplace, code, is_own) VALUES (1, 1, 'OWN', 'main', true);
INSERT INTO location (tenant_id, id, warehouse_id, code) VALUES (1, 1, 1, 'A');
INSERT INTO item (tenant_id, id, article) SELECT 1, g, 'item-' || g FROM generate_series(1, {ITEMS}) g;
"""

Latencies = list[float]
Ask = tuple[str, str, bool]
"""Method, path, and whether a document goes with it."""

NUMBERS = count(1)


def main(requests: int = 40, repetitions: int = 3) -> None:
    """Print the middle and the 95th percentile of each, at 1 and 50 clients, and requests a second."""
    with open_bench() as bench, tempfile.TemporaryDirectory() as folder:
        bench.execute(WORLD)
        desk = StockDesk(db=bench.db, post=PostStock(clock=SystemClock(), day_zone=ZoneInfo("Europe/Moscow")))
        fill(desk)
        with bench.db.platform() as tx:
            secret = add_token(tx, TENANT, "bench", "storekeeper", SystemClock().now()).secret
        with served(bench, Path(folder)) as url:
            title(f"The JSON API, {requests} requests a client, a pool of {bench.db.pool_size}")
            for clients in CLIENTS:
                compare(desk, url, secret, clients, requests, repetitions)


def compare(desk: StockDesk, url: str, secret: str, clients: int, requests: int, repetitions: int) -> None:
    ways: dict[str, Callable[[], tuple[Latencies, float]]] = {
        "the ledger itself, by threads": lambda: by_threads(desk, clients, requests),
        "POST /outbound/commit": lambda: over_http(
            url, secret, clients, requests, ("POST", "/outbound/commit", True)
        ),
        "GET /snapshot/inventory": lambda: over_http(
            url, secret, clients, requests, ("GET", "/snapshot/inventory?limit=50", False)
        ),
        "GET /healthz, the server's floor": lambda: over_http(
            url, secret, clients, requests, ("GET", "/healthz", False)
        ),
    }
    taken: dict[str, tuple[Latencies, list[float]]] = {name: ([], []) for name in ways}
    for _ in range(repetitions):
        for name, way in ways.items():
            latencies, seconds = way()
            taken[name][0].extend(latencies)
            taken[name][1].append(clients * requests / seconds)
    floor = percentile(taken["the ledger itself, by threads"][0], 95)
    for name, (latencies, rates) in taken.items():
        middle, high = (percentile(latencies, each) * 1000 for each in (50, 95))
        is_ledger = name.startswith("the ledger")
        row(
            f"{name}, {clients} clients",
            f"{middle:.1f} / p95 {high:.1f} ms",
            None if is_ledger else high / 1000 / floor,
            f"{max(rates):,.0f}/s",
        )


def fill(desk: StockDesk) -> None:
    """More of every item than all runs take."""
    lines = [Line(item_id=each, qty=900_000, location_id=1) for each in range(1, ITEMS + 1)]
    if desk(TENANT, StockDocument(reason=Reason.RECEIPT, ref="fill", lines=lines)).status is not Status.OK:
        raise AssertionError("no goods to sell")


def by_threads(desk: StockDesk, clients: int, requests: int) -> tuple[Latencies, float]:
    """As many threads as clients; those that find no connection free wait, as requests do."""

    def client(_: int) -> Latencies:
        found = []
        for _ in range(requests):
            number = next(NUMBERS)
            document = StockDocument(
                reason=Reason.OUTBOUND,
                ref=f"t-{number}",
                lines=[Line(item_id=number * 7919 % ITEMS + 1, qty=1, location_id=1)],
            )
            started = time.perf_counter()
            if desk(TENANT, document).status is not Status.OK:
                raise AssertionError(document)
            found.append(time.perf_counter() - started)
        return found

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = [each for latencies in pool.map(client, range(clients)) for each in latencies]
    return found, time.perf_counter() - started


def over_http(url: str, secret: str, clients: int, requests: int, ask: Ask) -> tuple[Latencies, float]:
    """The clients, in a process of their own."""
    first = next(NUMBERS)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_clients, (url, secret, clients, requests, ask, first))


def _clients(
    url: str, secret: str, clients: int, requests: int, ask: Ask, run: int
) -> tuple[Latencies, float]:
    return asyncio.run(_all_of_them(url, secret, clients, requests, ask, run))


async def _all_of_them(
    url: str, secret: str, clients: int, requests: int, ask: Ask, run: int
) -> tuple[Latencies, float]:
    method, path, is_document = ask
    connector = aiohttp.TCPConnector(limit=clients)
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(url, connector=connector, headers=headers) as session:

        async def client(who: int) -> Latencies:
            found = []
            for each in range(requests):
                line = {"item_id": (who * requests + each) * 7919 % ITEMS + 1, "location_id": 1, "qty": 1}
                body = {"ref": f"h-{run}-{who}-{each}", "lines": [line]} if is_document else None
                started = time.perf_counter()
                async with session.request(method, path, json=body) as reply:
                    await reply.read()
                    if reply.status != 200:
                        raise AssertionError(await reply.text())
                found.append(time.perf_counter() - started)
            return found

        await client(clients)  # connections are open, plans are made
        started = time.perf_counter()
        taken = await asyncio.gather(*(client(who) for who in range(clients)))
        return [each for latencies in taken for each in latencies], time.perf_counter() - started


@contextmanager
def served(bench: Bench, folder: Path) -> Iterator[str]:
    """The application on a loop and a port of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    settings = Settings(_env_file=None, api_parallel=1000)  # type: ignore[call-arg]
    deps = WebDeps(db=bench.db, settings=settings, clock=SystemClock(), metrics_folder=folder)

    async def start() -> tuple[Runner, int]:
        runner = Runner(build_app(deps), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, int(runner.addresses[0][1])

    runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def percentile(found: Sequence[float], percent: int) -> float:
    return sorted(found)[min(len(found) - 1, len(found) * percent // 100)]


if __name__ == "__main__":
    asked = arguments(40, "requests a client")
    main(asked.size, asked.repeat)
