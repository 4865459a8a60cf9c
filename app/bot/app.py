"""The composition of the chat: one dispatcher for Telegram and for the terminal, nothing at import."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.fsm.storage.memory import SimpleEventIsolation
from anyio import CapacityLimiter
from rich.console import Console

from app.bot.background import Running
from app.bot.cases import build_cases
from app.bot.counting import Counted
from app.bot.desk import Office
from app.bot.errors import on_error
from app.bot.fsm import PgStorage
from app.bot.limiter import OutgoingLimiter
from app.bot.middlewares import Answered, Permitted, Seated, Traced
from app.bot.render import Renderer
from app.bot.routers import all_routers
from app.bot.terminal import Terminal
from app.core.clock import Clock
from app.core.config import Settings
from app.core.crypto import Vault
from app.core.metrics import UNMEASURED, Metrics
from app.db.session import Database
from app.queue.postgres import PostgresQueue
from app.services.ingestion.gateway import Gateway
from app.services.report_cache import ReportCache
from app.services.tenancy.connect import TokenChecker
from app.services.tenancy.people import mark_blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class BotDeps:
    """What the chat needs from the process it lives in."""

    db: Database
    settings: Settings
    clock: Clock
    vault: Vault
    checker: TokenChecker
    queue: PostgresQueue
    metrics: Metrics = UNMEASURED
    reports: ReportCache | None = None


def build_dispatcher(deps: BotDeps) -> Dispatcher:
    """Routers, middlewares, storage. ``dispatcher["office"]`` is what the handlers share."""
    threads = CapacityLimiter(deps.db.pool_size)
    office = Office(
        db=deps.db,
        threads=threads,
        cases=build_cases(deps.settings, deps.clock, deps.vault, deps.queue, deps.reports),
        check_token=deps.checker,
        gateway=Gateway(
            db=deps.db, settings=deps.settings, vault=deps.vault, clock=deps.clock, metrics=deps.metrics
        ),
        renderer=Renderer(ZoneInfo(deps.settings.app_timezone)),
        clock=deps.clock,
        day_timezone=deps.settings.day_timezone,
        registration_open=deps.settings.registration == "open",
        running=Running(),
    )
    # aiogram would put its FSM before our middlewares; ours go first, so that a failure of the
    # storage already has a trace id
    dispatcher = Dispatcher(
        storage=PgStorage(deps.db, threads),
        events_isolation=SimpleEventIsolation(),
        disable_fsm=True,
        office=office,
    )
    for outer in (Traced(deps.metrics), Seated(), dispatcher.fsm):
        dispatcher.update.outer_middleware(outer)
    dispatcher.message.middleware(Permitted())
    dispatcher.callback_query.middleware(Permitted())
    dispatcher.callback_query.middleware(Answered())
    dispatcher.errors.register(on_error)
    dispatcher.include_routers(*all_routers())
    return dispatcher


def build_bot(
    token: str,
    *,
    office: Office,
    api_base: str,
    proxy: str | None = None,
    metrics: Metrics = UNMEASURED,
) -> Bot:
    """A bot whose every call goes through the one limiter."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(api_base), proxy=proxy)

    async def on_blocked(telegram_id: int) -> None:
        await office.platform(mark_blocked, telegram_id, office.clock.now())

    session.middleware(OutgoingLimiter(on_blocked))
    session.middleware(Counted(metrics))
    return Bot(token, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))


def open_terminal(deps: BotDeps, telegram_id: int, name: str, console: Console | None = None) -> Terminal:
    """A chat in the terminal as the person ``telegram_id``, who must be known (people.enrol)."""
    dispatcher = build_dispatcher(deps)
    office: Office = dispatcher["office"]
    return Terminal(
        dispatcher=dispatcher,
        running=office.running,
        telegram_id=telegram_id,
        name=name,
        console=console or Console(),
    )
