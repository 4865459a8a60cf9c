"""A full night of a house that is given recognisable secrets and every occasion to spill them."""

import asyncio
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import structlog
from aiogram.client.default import DefaultBotProperties
from prometheus_client import generate_latest
from sqlalchemy import make_url

from app.bot.app import BotDeps, build_dispatcher
from app.bot.delivery import TelegramDelivery
from app.core import logging as our_logging
from app.core.clock import SystemClock
from app.core.config import Settings
from app.core.exposition import Meters
from app.db.install import Urls
from app.house import House, open_house
from app.queue.port import ClaimedJob, Event, NewJob, Report
from app.queue.relay import Relay
from app.queue.worker import Worker
from app.sandbox.faults import BUYER
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.services.tell import TELEGRAM
from app.services.tenancy.connect import CheckedToken
from app.services.tenancy.people import enrol
from app.services.tenancy.token_check import MarketplaceTokenChecker
from app.services.work import handlers
from tests.botapi import BotApi, Person
from tests.support.shop import DAY, WorldClock, sandbox
from tests.support.worlds import make_tenant

REDIS_WORD = "canary-redis-4471"
PROXY_WORD = "canary-proxy-7718"
CLUMSY, TALKER = "clumsy", "talker"


@dataclass(slots=True)
class Scene:
    """What was given, and everything that was said by the end."""

    secrets: dict[str, list[str]] = field(default_factory=dict)
    log: str = ""
    said: str = ""
    metrics: str = ""
    dumps: str = ""
    collected: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


def play(urls: Urls, folder: Path) -> Scene:
    """Connect two cabinets in the chat, have two nights and every mishap, and write down what was said."""
    scene, out = Scene(), io.StringIO()
    with sandbox(skus=20, days=5) as server, listening(out):
        settings = _settings(urls, folder, server)
        meters = Meters()
        with open_house(settings, data=folder, clock=WorldClock(server.world), metrics=meters) as house:
            scene.secrets = _secrets(urls, server, folder)
            asyncio.run(_live(house, server, scene))
            scene.dumps = _dumps(house, settings)
        scene.metrics = generate_latest(meters.registry).decode()
    scene.log = out.getvalue()
    return scene


def _settings(urls: Urls, folder: Path, server: SandboxServer) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=urls.app,
        admin_database_url=urls.admin,
        ambar_data=folder,
        wb_api_url=server.wb_api_url,
        ozon_api_url=server.ozon_api_url,
        ozon_performance_api_url=server.ozon_performance_api_url,
        api_pace=NO_LIMITS,
        http_timeout_seconds=20.0,
        redis_dsn=f"redis://ambar:{REDIS_WORD}@127.0.0.1:9/0",  # nobody is there
        queue_backend="redis",
        log_level="DEBUG",
    )


def _secrets(urls: Urls, server: SandboxServer, folder: Path) -> dict[str, list[str]]:
    """By name, each in the parts by which it would be known."""
    with httpx.Client(base_url=server.base_url, verify=False) as control:
        papers = control.get("/sandbox/state").json()
    token = str(papers["wb_token"])
    buyer: dict[str, Any] = BUYER["customer"]
    return {
        "WB token": [token, *(part[:60] for part in token.split(".")[1:])],  # a part is too much too
        "Ozon key": [str(papers["ozon_api_key"])],
        "Ozon's key of advertising": [str(papers["ozon_ads_client_secret"])],
        "Telegram token": [BOT_TOKEN, BOT_TOKEN.partition(":")[2]],
        "application's password": [str(make_url(urls.app).password)],
        "administrator's password": [str(make_url(urls.admin).password)],
        "Redis password": [REDIS_WORD],
        "proxy password": [PROXY_WORD],
        "master key": [(folder / "master.key").read_text().strip()],
        "buyer": [buyer["name"], buyer["phone"], buyer["address"]["city"], str(BUYER["b2bCustomerTin"])],
    }


BOT_TOKEN = "712345678:AAF-canary-of-the-bot_0123456789abcdef"


@contextmanager
def listening(out: io.StringIO) -> Iterator[None]:
    """All that is logged at DEBUG, by us and by every library, in the product's own form."""
    before, root = structlog.get_config(), logging.getLogger()
    level, handlers_before = root.level, list(root.handlers)
    root.handlers.clear()  # or the product's own handler would not be put there
    our_logging.configure("DEBUG", file=out)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.handlers[:] = handlers_before
        root.setLevel(level)
        structlog.configure(**before)


# ---- what happens


class Clumsy:
    """The real checker, but for the first of each marketplace: there it breaks, token in hand."""

    def __init__(self, real: MarketplaceTokenChecker) -> None:
        self._real, self._broke = real, set[str]()

    def __call__(self, marketplace: str, pasted: str) -> CheckedToken:
        if marketplace not in self._broke:
            self._broke.add(marketplace)
            raise RuntimeError(f"no idea what to do with {pasted}")
        return self._real(marketplace, pasted)


async def _live(house: House, server: SandboxServer, scene: Scene) -> None:
    checker = MarketplaceTokenChecker(db=house.db, settings=house.settings, clock=house.clock)
    deps = BotDeps(
        db=house.db,
        settings=house.settings,
        clock=house.clock,
        vault=house.vault,
        checker=Clumsy(checker),
        queue=house.queue,
        metrics=house.metrics,
        reports=house.reports,
    )
    dispatcher = build_dispatcher(deps)
    office = dispatcher["office"]
    async with BotApi(token=BOT_TOKEN, busy=lambda: False) as api:
        api.forgive("429|retry_after")  # nobody here waits for the chat's own pace
        async with api.bot(default=DefaultBotProperties(parse_mode="HTML")) as bot:
            olga = api.person("Ольга", feed=lambda raw: dispatcher.feed_raw_update(bot, raw))
            tenant_id = await asyncio.to_thread(_enrolled, house, olga.id)
            async with httpx.AsyncClient(base_url=server.base_url, verify=False) as control:
                await _connects(olga, scene, control)
            await office.running.stop(1)  # nobody watches the first collection
            await asyncio.to_thread(_works, house, server, scene, tenant_id)
            await _looks_around(olga)
            delivery = TelegramDelivery(bot=bot, office=office, loop=asyncio.get_running_loop())
            await asyncio.to_thread(_tells, house, delivery, api, scene)
            await office.running.stop(1)
        scene.said = str(api.calls)


def _enrolled(house: House, telegram_id: int) -> int:
    tenant_id = make_tenant(house.db, "Канарейка")
    with house.db.platform() as tx:
        enrol(tx, telegram_id, "Ольга", tenant_id, "owner", is_admin=True)
    return tenant_id


async def _connects(olga: Person, scene: Scene, control: httpx.AsyncClient) -> None:
    """Both cabinets through the chat: broken at first, refused, then taken; and a token out of the blue."""
    token, key = scene.secrets["WB token"][0], scene.secrets["Ozon key"][0]
    papers = (await control.get("/sandbox/state")).json()
    ads = f"{papers['ozon_ads_client_id']} {papers['ozon_ads_client_secret']}"
    pair = f"{papers['ozon_client_id']} {key} {ads}"
    await olga.says(token)
    for choice, secret, path in (("Wildberries", token, "ping"), ("Ozon", pair, "roles")):
        await olga.says("/connect")
        await olga.taps(choice)
        await olga.says(secret)
        olga.sees("сломалось")
        for fault in ("echo_401", "echo_400"):
            await control.post("/sandbox/fault", json={"path": path, "kind": fault, "times": 1})
            await olga.says(secret)
            olga.does_not_see("подключён", secret)
        await olga.says(secret)
        olga.sees("подключён")


async def _looks_around(olga: Person) -> None:
    """What the chat shows of jobs, people, cabinets and history."""
    for command in ("/status", "/connect", "/jobs", "/audit", "/people", "/today"):
        await olga.says(command)


def _works(house: House, server: SandboxServer, scene: Scene, tenant_id: int) -> None:
    """Two nights: one with careless replies, buyers in them, and faults of our own; one that brings all."""
    secrets = scene.secrets
    told = f"{secrets['WB token'][0]} and {secrets['Ozon key'][0]} and bot {BOT_TOKEN} at {house.urls.app}"

    def clumsy(job: ClaimedJob, report: Report, /) -> None:
        raise RuntimeError(f"cannot go on with {told}")

    with httpx.Client(base_url=server.base_url, verify=False) as control:
        for path, kind, times in (
            ("cards/list", "buyers", 50),
            ("supplier/sales", "buyers", 50),
            ("accrual/by-day", "buyers", 50),
            ("sales-reports", "echo_403", 1),
            ("warehouse_remains", "echo_500", 3),
            ("analytics/stocks", "echo_400", 1),
        ):
            control.post("/sandbox/fault", json={"path": path, "kind": kind, "times": times})
        work = handlers(house.night, house.teller)
        hands = Worker(
            house.db,
            {**work, CLUMSY: clumsy},
            SystemClock(),
            on_failed=house.teller.job_failed,
            on_done=house.teller.job_done,
        )
        _ask(house, CLUMSY, tenant_id)
        with house.db.platform() as tx:  # a short night is as talkative as a long one
            tx.run("""UPDATE job SET payload = payload || '{"days": 2}' WHERE job_type = 'collect'""")
        hands.run_until_idle()
        control.delete("/sandbox/fault")
        for path in ("cards/list", "supplier/sales", "accrual/by-day", "sales-reports"):
            control.post("/sandbox/fault", json={"path": path, "kind": "buyers", "times": 50})
    report = house.night.run(tenant_id, server.world.today - DAY, "canary-night", lambda *_: None, days=4)
    scene.collected = sorted(name for name, done in report.sources.items() if not done.error)


def _ask(house: House, job_type: str, tenant_id: int) -> None:
    job = NewJob(job_type=job_type, payload={}, tenant_id=tenant_id, trace_id="canary", max_attempt=1)
    with house.db.tenant(tenant_id) as tx:
        house.queue.enqueue(tx, job)


def _tells(house: House, delivery: TelegramDelivery, api: BotApi, scene: Scene) -> None:
    """The digests and alerts, over a Telegram that fails, and a consumer that quotes its address."""

    def talker(event: Event, /) -> None:
        raise OSError(f"POST {api.url}/bot{BOT_TOKEN}/sendMessage: 502; proxy socks5://u:{PROXY_WORD}@p:1")

    with house.db.platform() as tx:
        tx.run("INSERT INTO outbox_event (topic, trace_id) VALUES ('talker', 'canary')")
    api.fail("sendMessage", 500, f"Internal error at /bot{BOT_TOKEN}/sendMessage")
    consumers: dict[str, Callable[[Event], None]] = {TELEGRAM: delivery, TALKER: talker}
    Relay(house.db, consumers, SystemClock()).run_until_idle()
    with house.db.platform() as tx:
        scene.events = list(tx.run("SELECT coalesce(error, '') FROM outbox_event").scalars())


def _dumps(house: House, settings: Settings) -> str:
    """Everything that somebody may print while looking for a fault."""
    proxied = settings.model_copy(
        update={"telegram_proxy": f"socks5://u:{PROXY_WORD}@p:1", "postgres_dsn": house.urls.app}
    )
    things = (settings, proxied, house, house.urls, house.vault, house.gateway, house.db, house.queue)
    dumped = [repr(thing) + str(thing) for thing in things]
    for each in (settings, proxied):
        dumped += [each.model_dump_json(), str(each.model_dump())]
    return "\n".join(dumped)
