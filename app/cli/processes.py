"""``ambar run | bot | worker | scheduler | relay | web``: the processes of a real installation.

``run`` looks after the others on one machine; for systemd or several machines each runs apart, as
many as wanted of each but for the bot, of which Telegram allows one.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from app.cli.keys import tell_new_key
from app.cli.life import Stop, hold_lifeline, settings_faults
from app.cli.supervisor import PATIENCE, Supervisor
from app.core import logging
from app.core.clock import SystemClock
from app.core.config import Settings, get_settings
from app.core.errors import BadInput
from app.core.exposition import metered
from app.core.notify import Notifier
from app.core.paths import data_dir, metrics_dir
from app.core.pulse import Heart, on_duty
from app.db.install import check_day_timezone
from app.house import Door, House, open_door, open_house
from app.queue.measured import measured
from app.queue.worker import Worker
from app.scheduler.clock import SchedulerClock, schedule_of
from app.scheduler.jobs import on_fire
from app.scheduler.leader import TERM, Leadership
from app.services.tenancy.registration import has_admin, new_admin_code
from app.services.tenancy.token_check import MarketplaceTokenChecker
from app.services.work import handlers

if TYPE_CHECKING:
    from app.bot.app import BotDeps

WORKER_PATIENCE = 1800.0
"""Seconds a hand may be busy with one unit before it is taken for hung."""

log = structlog.get_logger(__name__)

WithRelay = Annotated[bool, typer.Option("--relay/--no-relay", help="Отправлять ли и исходящие сообщения.")]
WithScheduler = Annotated[bool, typer.Option("--scheduler/--no-scheduler", help="Вести ли и расписание.")]
Lease = Annotated[
    int, typer.Option(min=3, max=600, help="Сколько секунд молчит ведущий, пока его не сменит другой.")
]


def register(cli: typer.Typer) -> None:
    for command in (run, bot, worker, scheduler, relay, web):
        cli.command(command.__name__)(command)


def run() -> None:
    """Запустить Амбар по-настоящему: бот, ночной сбор и расписание под присмотром."""
    with settings_faults():
        settings = _begin()
        _token(settings)
        with open_house(settings, on_new_key=tell_new_key) as house:
            _greet(house)
            house.db.close()  # the children have pools of their own
            names = ["bot", "worker"] + (["web"] if settings.web_port else [])
            commands = {name: [sys.executable, "-m", "app", name] for name in names}
            sys.exit(Supervisor(commands, notifier=Notifier.of(os.environ)).run())


def bot(relay: WithRelay = True) -> None:
    """Только бот (обычно его запускает run)."""
    from app.bot.serve import run_polling  # aiogram takes seconds to import: only here

    with _chat("bot") as (deps, token):
        asyncio.run(run_polling(deps, token, with_relay=relay))


def relay() -> None:
    """Только отправка исходящих сообщений в Telegram."""
    from app.bot.serve import run_relay

    with _chat("relay") as (deps, token):
        asyncio.run(run_relay(deps, token))


def worker(scheduler: WithScheduler = True) -> None:
    """Только исполнитель работ и расписание (обычно их запускает run)."""
    with _house("worker") as (house, stop):
        hands = Worker(
            house.db,
            measured(handlers(house.night, house.teller, house.queue), house.metrics),
            SystemClock(),
            threads=house.settings.worker_threads,
            lease=timedelta(seconds=house.settings.job_lease_seconds),
            tenant_max=house.settings.tenant_jobs_max,
            wakeups=house.queue.wakeups,
            on_failed=house.teller.job_failed,
            on_done=house.teller.job_done,
        )
        clock = _scheduler_clock(house, house.settings) if scheduler else None
        hearts = [Heart(name="worker", silent_for=hands.silent_for, patience=WORKER_PATIENCE)]
        hands.start()
        if clock is not None:
            clock.start()
            hearts.append(_heart_of(clock))
        with on_duty("Делаю работы", hearts):
            log.info("worker_started", scheduler=scheduler)
            stop.wait()
        hands.stop()
        if clock is not None:
            clock.stop()
        finished = hands.join(PATIENCE - 3)
        log.info("worker_stopped", finished=finished)


def scheduler(lease: Lease = int(TERM.total_seconds())) -> None:
    """Только расписание. Можно запустить на нескольких машинах: сработает одно."""
    stop = Stop()
    stop.listen()
    with settings_faults():
        settings = _begin()
        with (
            metered(metrics_dir(data_dir(settings.ambar_data)), "scheduler"),
            open_door(settings) as door,
        ):
            check_day_timezone(door.urls.app, settings)
            _schedule(_scheduler_clock(door, settings, timedelta(seconds=lease)), stop)


def web() -> None:
    """Только страницы /healthz, /readyz и /metrics (обычно их запускает run)."""
    from app.web.app import WebDeps, serve

    with settings_faults():
        settings = _begin()
        if not settings.web_port:
            raise BadInput("WEB_PORT=0: слушать нечего. Задайте порт, например WEB_PORT=8000.")
        with open_door(settings) as door:
            deps = WebDeps(
                db=door.db, settings=settings, clock=SystemClock(), metrics_folder=metrics_dir(door.data)
            )
            asyncio.run(serve(deps, settings.web_host, settings.web_port))


@contextmanager
def _house(kind: str) -> Iterator[tuple[House, Stop]]:
    """A process that works in threads: its house, and what tells it to stop."""
    stop = Stop()
    stop.listen()
    with settings_faults():
        settings = _begin()
        with (
            metered(metrics_dir(data_dir(settings.ambar_data)), kind) as metrics,
            open_house(settings, metrics=metrics) as house,
        ):
            yield house, stop


@contextmanager
def _chat(kind: str) -> Iterator[tuple["BotDeps", str]]:
    """A process that talks to Telegram: what it needs, and the token. Its loop minds the signals."""
    from app.bot.app import BotDeps

    with settings_faults():
        settings = _begin()
        token = _token(settings)
        with (
            metered(metrics_dir(data_dir(settings.ambar_data)), kind) as metrics,
            open_house(settings, metrics=metrics) as house,
        ):
            deps = BotDeps(
                db=house.db,
                settings=settings,
                clock=house.clock,
                vault=house.vault,
                checker=MarketplaceTokenChecker(db=house.db, settings=settings, clock=house.clock),
                queue=house.queue,
                metrics=metrics,
                reports=house.reports,
            )
            yield deps, token


def _begin() -> Settings:
    """What every process does first."""
    hold_lifeline()
    settings = get_settings()
    logging.configure(settings.log_level)
    return settings


def _scheduler_clock(house: House | Door, settings: Settings, term: timedelta = TERM) -> SchedulerClock:
    clock = SystemClock()
    return SchedulerClock(
        house.db,
        clock,
        schedule_of(settings),
        on_fire(house.queue, settings),
        Leadership(db=house.db, clock=clock, term=term),
    )


def _schedule(clock: SchedulerClock, stop: Stop) -> None:
    clock.start()
    with on_duty("Веду расписание", [_heart_of(clock)]):
        log.info("scheduler_started")
        stop.wait()
    clock.stop()
    log.info("scheduler_stopped")


def _heart_of(clock: SchedulerClock) -> Heart:
    return Heart(name="scheduler", silent_for=clock.silent_for, patience=clock.patience)


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
