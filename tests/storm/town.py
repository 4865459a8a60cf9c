"""A town of small sellers behind one sandbox, with a first night behind them, and its Telegram."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import make_url, text

from app.core.clock import FixedClock, SystemClock, business_day
from app.core.config import Settings
from app.db.install import Urls
from app.db.session import Database
from app.house import open_house
from app.queue.postgres import PostgresQueue
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.wb.tokens import Tokens
from app.sandbox.world import World
from app.services.jobs import collect_job
from app.services.tell import TELEGRAM
from app.services.tenancy.people import enrol
from tests.botapi import BotApi
from tests.botapi.chat import Chat
from tests.support.databases import superuser
from tests.support.shop import connect, quiet
from tests.support.worlds import make_tenant

MOSCOW = ZoneInfo("Europe/Moscow")
FIRST_DAYS = 3
ROLES = ("owner", "analyst", "storekeeper")
"""Of every organisation; the first two read digests."""

NEVER_GIVEN_UP = 10_000
"""Attempts of a storm's job: each kill costs the jobs in hand one, and here the machine is to blame."""

_MOMENT = re.compile(r"\d\d\.\d\d \d\d:\d\d")


def chat_of(tenant_id: int, role: str) -> int:
    return 1_000_000 * (1 + ROLES.index(role)) + tenant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What all processes of a night share. ``tenants`` have the same ids in every copy of the database."""

    server: SandboxServer
    tenants: tuple[int, ...]
    d: date
    folder: Path

    def environment(self, urls: Urls, telegram: str, token: str) -> dict[str, str]:
        """Settings of a process of this night."""
        return {
            "AMBAR_ENV_FILE": str(self.folder / "no.env"),
            "MASTER_KEY_FILE": str(self.folder / "master.key"),
            "DATABASE_URL": urls.app,
            "ADMIN_DATABASE_URL": urls.admin,
            "TELEGRAM_TOKEN": token,
            "TELEGRAM_API_BASE": telegram,
            "WB_API_URL": self.server.wb_api_url,
            "OZON_API_URL": self.server.ozon_api_url,
            "OZON_PERFORMANCE_API_URL": self.server.ozon_performance_api_url,
            "API_PACE": str(NO_LIMITS),
            "REGISTRATION": "closed",
        }

    def settle_at(self, api: BotApi) -> None:
        """Everybody has talked to the bot before."""
        for tenant_id in self.tenants:
            for role in ROLES:
                chat = chat_of(tenant_id, role)
                api.world.chats[chat] = Chat(chat, role, open=True)

    def ask_for_the_night(self, db: Database) -> None:
        queue = PostgresQueue(clock=SystemClock())
        with db.platform() as tx:
            for tenant_id in self.tenants:
                job = collect_job(tenant_id, self.d, f"night-{tenant_id}")
                queue.enqueue(tx, replace(job, max_attempt=NEVER_GIVEN_UP))


def business_today() -> date:
    return business_day(SystemClock().now(), "Europe/Moscow")


def is_safe(minutes: int) -> bool:
    """Will it be today for so long? The processes go by the machine's clock."""
    ends = datetime.combine(business_today() + timedelta(days=1), datetime.min.time(), MOSCOW)
    return ends - SystemClock().now() > timedelta(minutes=minutes)


@contextmanager
def found_town(urls: Urls, folder: Path, sellers: int, skus: int, seed: int) -> Iterator[Town]:
    """So many organisations in this database, whose night of the day before yesterday is done."""
    today = business_today()
    worlds = [
        World(seed=1 + (seed + number) % 9_000, skus=skus, days=FIRST_DAYS, today=today - timedelta(days=1))
        for number in range(sellers)
    ]
    with ExitStack() as stack:
        server = stack.enter_context(
            SandboxServer(worlds[0], neighbours=worlds[1:], pace=NO_LIMITS, accruals_page=8)
        )
        town = Town(server=server, tenants=(), d=today - timedelta(days=1), folder=folder)
        town = replace(town, tenants=_move_in(urls, town, worlds))
        for world in worlds:
            world.advance(1)
        yield town


def _move_in(urls: Urls, town: Town, worlds: list[World]) -> tuple[int, ...]:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=urls.app,
        admin_database_url=urls.admin,
        master_key_file=town.folder / "master.key",
        wb_api_url=town.server.wb_api_url,
        ozon_api_url=town.server.ozon_api_url,
        ozon_performance_api_url=town.server.ozon_performance_api_url,
        api_pace=NO_LIMITS,
    )
    tenants = []
    with open_house(settings, data=town.folder, clock=FixedClock(worlds[0].now)) as house:
        for number, world in enumerate(worlds):
            tenant_id = make_tenant(house.db, f"ИП №{number:03d}")
            connect(house, tenant_id, "WB", world.sid, Tokens(world).issue())
            key = f"{world.ozon_client_id} {world.ozon_api_key}"
            connect(house, tenant_id, "OZON", world.ozon_client_id, key)
            with house.db.platform() as tx:
                for role in ROLES:
                    enrol(tx, chat_of(tenant_id, role), role, tenant_id, role)
            night = house.night.run(tenant_id, house.night.yesterday(), "first", quiet, days=FIRST_DAYS)
            assert night.errors == {}
            tenants.append(tenant_id)
    return tuple(tenants)


@contextmanager
def copy_of(urls: Urls) -> Iterator[Urls]:
    """The database as it is now, under another name; nobody may be connected to it."""
    name = make_url(urls.admin).database
    twin = f"{name}_twin"
    with superuser(make_url(urls.admin).set(database="postgres")) as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        connection.execute(text(f"CREATE DATABASE {twin} TEMPLATE {name}"))
    try:
        yield Urls(app=_at(urls.app, twin), admin=_at(urls.admin, twin))
    finally:
        with superuser(make_url(urls.admin).set(database="postgres")) as connection:
            connection.execute(text(f"DROP DATABASE {twin} WITH (FORCE)"))


def _at(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def events_of(admin_url: str) -> Counter[str]:
    """What was to be told: kind, chat, organisation, day and words of each event."""
    with superuser(admin_url) as connection:
        rows = connection.execute(
            text("SELECT CAST(payload AS text) FROM outbox_event WHERE topic = :topic"), {"topic": TELEGRAM}
        )
        return Counter(rows.scalars())


def messages_of(api: BotApi) -> Counter[tuple[int, str]]:
    """Copies by chat and text; instants in a text are as good as any other."""
    return Counter(
        (chat.id, _MOMENT.sub("…", message.content.text))
        for chat in api.world.chats.values()
        for message in chat.messages
    )
