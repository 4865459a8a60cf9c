"""``ambar run | bot | worker``: the processes of a real installation, and who looks after them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from types import FrameType

import structlog
import typer

from app.cli.keys import tell_new_key
from app.core import logging
from app.core.clock import SystemClock
from app.core.config import Settings, get_settings
from app.core.errors import BadInput
from app.house import House, open_house
from app.queue.worker import Worker
from app.scheduler.clock import SchedulerClock, schedule_of
from app.scheduler.jobs import on_fire
from app.services.tenancy.registration import has_admin, new_admin_code
from app.services.tenancy.token_check import MarketplaceTokenChecker
from app.services.work import handlers

log = structlog.get_logger(__name__)

CHILDREN = ("bot", "worker")
PATIENCE = 28.0
"""Seconds children get to finish; systemd's TimeoutStopSec is longer."""


def register(cli: typer.Typer) -> None:
    for command in (run, bot, worker):
        cli.command(command.__name__)(command)


def run() -> None:
    """Запустить Амбар по-настоящему: бот, ночной сбор и расписание под присмотром."""
    settings = get_settings()
    _token(settings)
    logging.configure(settings.log_level)
    with open_house(settings, on_new_key=tell_new_key) as house:
        _greet(house)
        sys.exit(Supervisor().run())


def bot() -> None:
    """Только бот (обычно его запускает run)."""
    from app.bot.app import BotDeps, run_polling  # aiogram takes seconds to import: only here

    settings = get_settings()
    token = _token(settings)
    logging.configure(settings.log_level)
    with open_house(settings) as house:
        deps = BotDeps(
            db=house.db,
            settings=settings,
            clock=house.clock,
            vault=house.vault,
            checker=MarketplaceTokenChecker(db=house.db, settings=settings, clock=house.clock),
            queue=house.queue,
        )
        asyncio.run(run_polling(deps, token))


def worker() -> None:
    """Только исполнитель работ и расписание (обычно их запускает run)."""
    settings = get_settings()
    logging.configure(settings.log_level)
    # A plain list, not an Event: a handler that sets one may run inside its own wait().
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopping.append(number))
    with open_house(settings) as house:
        clock = SchedulerClock(house.db, SystemClock(), schedule_of(settings), on_fire(house.queue, settings))
        hands = Worker(house.db, handlers(house.night, house.teller), SystemClock())
        hands.start()
        clock.start()
        log.info("worker_started")
        while not stopping:
            time.sleep(0.2)
        hands.stop()
        clock.stop()
        hands.join(PATIENCE - 3)
        log.info("worker_stopped")


class Supervisor:
    """Keeps the children alive: one that dies comes back after a pause that grows; SIGTERM ends all."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, list[float]] = {name: [] for name in CHILDREN}
        self._stopping = False

    def run(self) -> int:
        """Until told to stop; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        restart_at = dict.fromkeys(CHILDREN, 0.0)
        while not self._stopping:
            for name in CHILDREN:
                child = self._children.get(name)
                if child is not None and child.poll() is not None:
                    restart_at[name] = time.monotonic() + self._pause(name, child.returncode)
                    del self._children[name]
                if name not in self._children and time.monotonic() >= restart_at[name]:
                    self._children[name] = self._spawn(name)
            time.sleep(0.2)
        return self._end()

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        log.info("child_started", child=name)
        return subprocess.Popen([sys.executable, "-m", "app", name], start_new_session=True, env=os.environ)

    def _pause(self, name: str, code: int) -> float:
        """Seconds before the next try: 1, 2, 4 … 60 for deaths within ten minutes."""
        now = time.monotonic()
        self._deaths[name] = [at for at in self._deaths[name] if now - at < 600] + [now]
        pause = min(60.0, 2.0 ** (len(self._deaths[name]) - 1))
        log.warning("child_died", child=name, code=code, pause=pause)
        return pause

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end(self) -> int:
        for child in self._children.values():
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for name, child in self._children.items():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("child_killed", child=name)
                child.kill()
                child.wait()
        return 0


def _token(settings: Settings) -> str:
    if settings.telegram_token is None:
        raise BadInput(
            "Не задан TELEGRAM_TOKEN: получите токен у @BotFather и впишите его в файл .env "
            "(образец — .env.example). Посмотреть без Telegram: ./ambar demo"
        )
    return settings.telegram_token.get_secret_value()


def _greet(house: House) -> None:
    """What an operator must know at the first start."""
    with house.db.platform() as tx:
        if not has_admin(tx):
            code = new_admin_code(tx, SystemClock().now())
            typer.echo(f"Администратора ещё нет. Напишите боту: /start {code}  (код одноразовый, на сутки)")
