"""Puts the sandbox behind a port: in a thread for tests, or as a process of its own."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from app.sandbox.control import Control
from app.sandbox.faults import Faults
from app.sandbox.http import Handler
from app.sandbox.limits import Limits
from app.sandbox.mall import make_mall
from app.sandbox.ozon.accruals import PAGE as ACCRUALS_PAGE
from app.sandbox.ozon.accruals import Accruals
from app.sandbox.ozon.ads.door import AdsDoor
from app.sandbox.ozon.ads.methods import Performance
from app.sandbox.ozon.areas import ozon_areas
from app.sandbox.ozon.areas.reports import Reports as OzonReports
from app.sandbox.ozon.door import Door as OzonDoor
from app.sandbox.ozon.products import Products
from app.sandbox.ozon.routes import OzonMethods
from app.sandbox.ozon.stocks import Stocks
from app.sandbox.state import StateFile
from app.sandbox.task_desk import TaskDesk
from app.sandbox.wb.areas import wb_areas
from app.sandbox.wb.areas.tasks import TaskReport
from app.sandbox.wb.content import Content
from app.sandbox.wb.door import Door
from app.sandbox.wb.finance import FinanceRows
from app.sandbox.wb.remains import Remains
from app.sandbox.wb.reports import Reports
from app.sandbox.wb.routes import WbMethods
from app.sandbox.wb.statistics import PAGE as STATISTICS_PAGE
from app.sandbox.wb.statistics import Statistics
from app.sandbox.wb.tokens import Tokens
from app.sandbox.world import World

NO_LIMITS = 1_000_000.0
LARGEST_BODY = 16 * 1024 * 1024


def make_app(
    world: World,
    *,
    pace: float = NO_LIMITS,
    state: StateFile | None = None,
    clock: Callable[[], float] = time.monotonic,
    statistics_page: int = STATISTICS_PAGE,
    accruals_page: int = ACCRUALS_PAGE,
) -> web.Application:
    """The sandbox as an aiohttp application. Page sizes may be made small for tests of paging."""
    limits, faults, tokens = Limits(clock, pace), Faults(), Tokens(world)
    remains = Remains(world, TaskDesk(f"remains-{world.sid}", clock, pace))
    accruals = Accruals(world, clock, pace, accruals_page)
    ozon_door = OzonDoor(world, limits)
    ozon = OzonMethods(
        world=world,
        door=ozon_door,
        products=Products(world),
        accruals=accruals,
        stocks=Stocks(world),
        areas=ozon_areas(world, clock, pace),
    )
    ads = Performance(world, AdsDoor(world, limits, clock, pace), clock, pace)
    areas = wb_areas(world, clock, pace)
    wb = WbMethods(
        world=world,
        door=Door(world, tokens, limits),
        content=Content(world),
        statistics=Statistics(world, statistics_page),
        remains=remains,
        finance=FinanceRows(world),
        reports=Reports(world),
        areas=areas,
    )
    control = Control(
        world=world,
        state=state or StateFile(None),
        tokens=tokens,
        limits=limits,
        faults=faults,
        perishable=(
            *(accruals, remains.tasks, ads),
            *(area.tasks for area in areas if isinstance(area, TaskReport)),
            *(area for area in ozon.areas if isinstance(area, OzonReports)),
        ),
        ozon=ozon_door,
        pace=pace,
    )

    @web.middleware
    async def eventful(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/sandbox/"):
            return await handler(request)
        kind = faults.due(request.path)
        answer = await (faults.strike(kind, request, handler) if kind else handler(request))
        control.heard.append({"method": request.method, "path": request.path, "status": answer.status})
        return answer

    app = web.Application(middlewares=[eventful], client_max_size=LARGEST_BODY)
    control.add_to(app.router)
    wb.add_to(app.router)
    ozon.add_to(app.router)
    ads.add_to(app.router)
    return app


async def listen(app: web.Application, port: int = 0) -> tuple[web.AppRunner, str]:
    """Listen on loopback; returns the runner to clean up and the base URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, chosen = runner.addresses[0][:2]
    return runner, f"http://{host}:{chosen}"


class SandboxServer:
    """``with SandboxServer(world) as s: s.base_url`` – served from a thread of its own.

    ``neighbours`` are other sellers at the same address (see ``mall``). Keyword arguments are those
    of ``make_app``. ``async with`` works alike.
    """

    def __init__(
        self, world: World, *, neighbours: Sequence[World] = (), port: int = 0, **options: object
    ) -> None:
        self.world = world
        self.base_url = ""
        self._port = port
        stalls = [(each, make_app(each, **options)) for each in (world, *neighbours)]  # type: ignore[arg-type]
        self._app = make_mall(stalls, LARGEST_BODY) if neighbours else stalls[0][1]
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)

    @property
    def wb_api_url(self) -> str:
        """For the product's setting of that name."""
        return f"{self.base_url}/wb/{{host}}"

    @property
    def ozon_api_url(self) -> str:
        """For the product's setting of that name."""
        return f"{self.base_url}/ozon"

    @property
    def ozon_performance_api_url(self) -> str:
        """For the product's setting of that name."""
        return f"{self.base_url}/performance"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._runner, self.base_url = self._loop.run_until_complete(listen(self._app, self._port))
        except BaseException as failed:
            self._failed = failed
            self._ready.set()
            self._loop.close()
            return
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
