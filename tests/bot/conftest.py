"""The whole chat on the strict Bot API server and a real database, with a small shop behind it."""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from aiogram.client.default import DefaultBotProperties

from app.bot.app import BotDeps, build_dispatcher
from app.bot.routers import house
from app.core.crypto import Vault
from app.domain.finance.settlement import PnlLine
from app.marketplaces.rows import SaleEventRow, SettlementRow, SkuRef, StockRow
from app.marketplaces.source import Normalised, Unit
from app.queue.postgres import PostgresQueue
from app.services.ingestion.facts import FactWriter
from app.services.night import policy_of
from app.services.recalc_metrics import generate_supply_advice, recalc_metrics
from app.services.tenancy.people import enrol
from tests.bot.storeroom import Storeroom
from tests.botapi import BotApi
from tests.support.worlds import make_cabinet, make_tenant

YESTERDAY = date(2026, 11, 19)
SKU = SkuRef(ozon_id=501, article="KRS-42")
_EVENTS = itertools.count(1)


class Checker:
    """A marketplace's answer about a token, as the test dictates it."""

    def __init__(self):
        self.asked = []
        self.answer: Callable = lambda *_: None

    def __call__(self, marketplace, pasted):
        self.asked.append((marketplace, pasted))
        return self.answer(marketplace, pasted)


class Chat:
    """The bot as people meet it; ``person`` enrols somebody in an organisation."""

    def __init__(self, api, dispatcher, bot, deps, checker):
        self.api, self.dispatcher, self.bot = api, dispatcher, bot
        self.deps, self.checker = deps, checker
        self.db = deps.db

    async def feed(self, raw):
        return await self.dispatcher.feed_raw_update(self.bot, raw)

    def stranger(self, name="Незнакомка"):
        return self.api.person(name, feed=self.feed)

    def person(self, name="Ольга", role="owner", tenant_id=None, *, is_admin=False, is_demo=False):
        somebody = self.stranger(name)
        tenant_id = tenant_id or make_tenant(self.db, "Ромашка", is_demo=is_demo)
        with self.db.platform() as tx:
            enrol(tx, somebody.id, name, tenant_id, role, is_admin=is_admin)
        somebody.tenant_id = tenant_id
        return somebody


@pytest.fixture
def vault():
    return Vault(bytes(32))


@pytest.fixture
async def chat(db, clock, settings, vault, monkeypatch):
    monkeypatch.setattr(house, "LOOK_EVERY", 0.02)
    with db.platform() as tx:  # people of every test are counted from the same number
        tx.run("DELETE FROM fsm_entry")
        tx.run("DELETE FROM job")
        tx.run("DELETE FROM app_user")
    checker = Checker()
    deps = BotDeps(
        db=db, settings=settings, clock=clock, vault=vault, queue=PostgresQueue(clock=clock), checker=checker
    )
    dispatcher = build_dispatcher(deps)
    running = dispatcher["office"].running
    async with (
        BotApi(busy=lambda: running.is_busy) as api,
        api.bot(default=DefaultBotProperties(parse_mode="HTML")) as bot,
    ):
        yield Chat(api, dispatcher, bot, deps, checker)
        await running.stop(1)  # while the bot is open: a watcher's last redraw would open it anew


@pytest.fixture
def room(chat):
    return Storeroom(chat)


def stocked(chat, tenant_id, seller_key="seller-1"):
    """Yesterday of KRS-42: 2 sold for 2 000, commission −300, logistics −100; 3 left at one warehouse.

    Payout 1 600; with a cost of 350 a piece: COGS 700, profit 900.
    """
    cabinet = make_cabinet(chat.db, "OZON", tenant_id, seller_key)
    none = Decimal(0)

    def line(kind, amount, units=0):
        return SettlementRow(
            YESTERDAY, "accrual", 1, f"{kind}", kind, SKU, str(kind), kind, units, Decimal(amount), "RUB", ""
        )

    sale = SaleEventRow(
        "e1", YESTERDAY, SKU, "МСК", "FBO", "RUB", 2, 0, Decimal("2000"), none, none, none, Decimal("300")
    )
    rows = Normalised(
        settlement=[
            line(PnlLine.SALE, "2000.00", 2),
            line(PnlLine.COMMISSION, "-300.00"),
            line(PnlLine.LOGISTICS, "-100.00"),
        ],
        sales=[sale],
        stock=[StockRow(YESTERDAY, SKU, "МСК", "Москва", 3, 0)],
    )
    with chat.db.tenant(tenant_id) as tx:
        writer = FactWriter(
            tx=tx, account_id=cabinet.id, marketplace="OZON", now=chat.deps.clock.now(), trace_id="t"
        )
        writer.write(
            Unit("u", YESTERDAY, YESTERDAY), rows, frozenset({"sales", "stock", "settlement"}), replaces=True
        )
        tx.run(
            "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at) "
            "VALUES (:tenant_id, :account, 'ozon.accruals', :d, now())",
            account=cabinet.id,
            d=YESTERDAY,
        )
        recalc_metrics(tx, YESTERDAY - timedelta(days=34), YESTERDAY, trace_id="t")
        generate_supply_advice(tx, YESTERDAY, policy_of(chat.deps.settings))
    return cabinet


@pytest.fixture
def seller(chat):
    """An owner whose shop sold two armchairs yesterday."""
    olga = chat.person()
    olga.cabinet = stocked(chat, olga.tenant_id)
    return olga
