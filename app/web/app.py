"""The application behind the port, and the process that serves it. Issue by issue routes join here."""

import asyncio
import errno
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web

from app.core.clock import Clock
from app.core.config import Settings
from app.core.errors import BadInput
from app.core.pulse import beating, on_duty
from app.db.history import revisions
from app.db.session import Database
from app.web.routes import health, metrics

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
    app = web.Application()
    health.add_to(app, deps.db, head=revisions()[-1])
    metrics.add_to(app, deps.db, deps.clock, deps.settings.day_timezone, deps.metrics_folder)
    return app


async def serve(deps: WebDeps, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT; requests in hand are answered.

    Raises:
        BadInput: nobody can listen there.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    runner = web.AppRunner(build_app(deps), access_log=None, shutdown_timeout=10)
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
