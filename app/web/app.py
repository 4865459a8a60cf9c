"""The application behind the port, and the process that serves it. All routes join here."""

import asyncio
import errno
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from app.core.clock import Clock
from app.core.config import Settings
from app.core.errors import BadInput
from app.core.pulse import beating, on_duty
from app.db.history import revisions
from app.db.session import Database
from app.services.ledger.posting import PostStock, StockDesk
from app.services.warehouse.programs import ProgramDesk
from app.web.api import BODY_LIMIT, Api
from app.web.auth import ADMIN_HEADER
from app.web.endpoint import Endpoint
from app.web.openapi import build_openapi, with_admin
from app.web.protocol import Runner
from app.web.routes import about, admin, health, metrics, movements, shelf
from app.web.trace import traced

VERSION = "1"
"""Of the API: it changes when a program that worked would work no more."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDeps:
    """What the pages need from the process they live in."""

    db: Database
    settings: Settings
    clock: Clock
    metrics_folder: Path


def build_app(deps: WebDeps) -> web.Application:
    """All routes. Nothing is asked of the database until somebody asks us."""
    app = web.Application(middlewares=[traced], client_max_size=BODY_LIMIT)
    health.add_to(app, deps.db, head=revisions()[-1])
    metrics.add_to(app, deps.db, deps.clock, deps.settings.day_timezone, deps.metrics_folder)
    _add_api(app, deps)
    return app


def endpoints(deps: WebDeps) -> list[Endpoint]:
    """Every address that a token opens."""
    settings = deps.settings
    post = PostStock(clock=deps.clock, day_zone=ZoneInfo(settings.day_timezone))
    desk = ProgramDesk(
        db=deps.db,
        desk=StockDesk(db=deps.db, post=post),
        clock=deps.clock,
        day_timezone=settings.day_timezone,
        near_days=settings.near_expiry_days,
    )
    return [*movements.endpoints(desk, outbound_atomic=settings.outbound_atomic), *shelf.endpoints(desk)]


def _add_api(app: web.Application, deps: WebDeps) -> None:
    api, operator = Api(deps.db, deps.clock, parallel=deps.settings.api_parallel), deps.settings.admin_token
    offered = endpoints(deps)
    api.add_to(app, offered)
    if operator is not None:
        admin.add_to(app, api, deps.db, operator.get_secret_value())

    def document() -> dict[str, Any]:
        made = build_openapi(offered, version=VERSION)
        return made if operator is None else with_admin(made, admin.PATH, ADMIN_HEADER)

    about.add_to(app, document)


async def serve(deps: WebDeps, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT; requests in hand are answered.

    Raises:
        BadInput: nobody can listen there.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    runner = Runner(build_app(deps), access_log=None, shutdown_timeout=10)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        async with beating() as heart:
            with on_duty(f"Слушаю {host}:{port}", [heart]):
                log.info("web_started", host=host, port=port)
                await stopping.wait()
    finally:
        await runner.cleanup()
    log.info("web_stopped")


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except socket.gaierror:
        raise BadInput(f"WEB_HOST={host}: такого адреса у этой машины нет. Обычно нужен 127.0.0.1.") from None
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                why = f"порт {port} занят другой программой: задайте другой в WEB_PORT (0 — не слушать)"
            case errno.EACCES:
                why = f"порт {port} этому пользователю не разрешён: задайте в WEB_PORT другой, от 1024"
            case _:
                why = "такого адреса у этой машины нет: обычно в WEB_HOST нужен 127.0.0.1"
        raise BadInput(f"Не могу слушать {host}:{port}: {why}.") from None
