"""A shop on the sandbox: its marketplaces behind a port, our house over a real database, and the books.

The business's clock follows the sandbox's day and ticks, so that what came first is known to be first.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from app.core.config import Settings
from app.core.crypto import open_vault
from app.core.trace import new_trace
from app.db.install import Urls
from app.db.session import Database
from app.house import House
from app.marketplaces.source import Source
from app.queue.outbox import PostgresOutbox
from app.queue.postgres import PostgresQueue
from app.repositories.accounts import StoredAccount
from app.sandbox.ozon.books import ozon_page
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.wb.books import wb_page
from app.sandbox.world import Scheme, World
from app.services.ingestion.gateway import Gateway
from app.services.night import Night, NightReport
from app.services.tell import Teller
from app.services.tenancy.connect import CheckedToken, StoreAccount
from tests.support.worlds import make_tenant

DAY = timedelta(days=1)

SOURCES = frozenset(
    {
        *("wb_cards", "wb_sales", "wb_stock", "wb_own_stock", "wb_stock_history"),
        *("wb_orders", "wb_order_feed", "wb_finance", "wb_balance", "wb_reports", "wb_ad_money", "wb_ads"),
        *("wb_storage", "wb_acceptance", "wb_deductions", "wb_measurements", "wb_self_buyouts"),
        *("wb_prices", "wb_supplies", "wb_reviews", "wb_commission", "wb_tariffs"),
        *("ozon_access", "ozon_prices", "ozon_own_stock"),
        *("ozon_ads", "ozon_ad_money"),
        *("ozon_balance", "ozon_cashflows", "ozon_placement", "ozon_compensations"),
        *("ozon_fbo", "ozon_fbs", "ozon_returns", "ozon_rfbs_returns"),
        *("ozon_supplies", "ozon_reviews", "ozon_clusters"),
        *("wb_item_returns", "ozon_catalogue", "ozon_accruals", "ozon_accrual_types", "ozon_stock"),
        *("ozon_realization", "ozon_realization_postings"),
    }
)
"""What a night brings with a personal token of Wildberries and both keys of Ozon."""

CORE = frozenset(
    {
        *("wb.cards", "wb.sales", "wb.stock", "wb.finance"),
        *("ozon.catalogue", "ozon.accruals", "ozon.stock"),
    }
)
"""What the P&L and the advice live by: enough where a night is not what the test is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortGateway(Gateway):
    """Opens cabinets of which it is asked for some sources only; None = all."""

    only: frozenset[str] | None = None

    @contextmanager
    def sources(self, account: StoredAccount) -> Iterator[list[Source]]:
        with Gateway.sources(self, account) as sources:
            yield [each for each in sources if self.only is None or each.name in self.only]


@dataclass(slots=True)
class WorldClock:
    """The sandbox's instant, and as many seconds more as have passed since; ``skip`` moves it on.

    The house has two: the business's, and the one that budgets, breakers and the queue run on.
    """

    world: World
    skipped: timedelta = timedelta()
    _started: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.world.now + self.skipped + timedelta(seconds=time.monotonic() - self._started)

    def skip(self, step: timedelta) -> None:
        self.skipped += step


@dataclass(slots=True)
class Shop:
    """One tenant with both marketplaces, its sandbox and its house."""

    house: House
    server: SandboxServer
    tenant_id: int
    wall: WorldClock
    control: httpx.Client
    accounts: dict[str, int] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def db(self) -> Database:
        return self.house.db

    @property
    def d(self) -> date:
        """The last full day."""
        return self.world.today - DAY

    def night(self, *, trace: str | None = None, days: int | None = None, **options: Any) -> NightReport:
        """The real night of yesterday."""
        run = self.house.night.run
        return run(self.tenant_id, self.d, trace or new_trace(), quiet, days=days, **options)

    def advance(self, days: int = 1) -> None:
        self.world.advance(days)

    def fault(self, path: str, kind: str, times: int = 1) -> None:
        asked = {"path": path, "kind": kind, "times": times}
        self.control.post("/sandbox/fault", json=asked).raise_for_status()

    def heal(self) -> None:
        """No faults; budgets, buckets and breakers as new."""
        self.control.delete("/sandbox/fault").raise_for_status()
        self.control.post("/sandbox/refill").raise_for_status()
        with self.db.platform() as tx:
            tx.run("DELETE FROM rate_budget")
        self.wall.skip(timedelta(minutes=2))

    def heard(self, part: str = "") -> list[str]:
        """Paths asked of the marketplaces since the last time, oldest first."""
        told = self.control.get("/sandbox/requests", params={"clear": "1"}).json()
        return [each["path"] for each in told if part in each["path"]]

    def rows(self, sql: str, **params: Any) -> list[Any]:
        """What a query of this tenant finds."""
        with self.db.tenant(self.tenant_id) as tx:
            return list(tx.run(sql, **params))

    def value(self, sql: str, **params: Any) -> Any:
        """The one figure that a query of this tenant finds."""
        with self.db.tenant(self.tenant_id) as tx:
            return tx.run(sql, **params).scalar_one()


@contextmanager
def sandbox(
    skus: int = 60,
    days: int = 14,
    seed: int = 3,
    schemes: tuple[Scheme, ...] = ("FBO", "FBS"),
    **options: Any,
) -> Iterator[SandboxServer]:
    """A small world behind a port, in no hurry to refuse."""
    options.setdefault("pace", NO_LIMITS)
    with SandboxServer(World(seed=seed, skus=skus, days=days, schemes=schemes), **options) as server:
        yield server


@contextmanager
def open_shop(
    db: Database,
    urls: Urls,
    folder: Path,
    server: SandboxServer,
    *,
    tenant_id: int | None = None,
    marketplaces: tuple[str, ...] = ("WB", "OZON"),
    wb_token: str | None = None,
    only: frozenset[str] | None = None,
    **changes: Any,
) -> Iterator[Shop]:
    """A new tenant that has connected its cabinets. ``only``: the sources of its nights, all unless told;
    ``changes`` are of the settings."""
    wall = WorldClock(server.world)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        wb_api_url=server.wb_api_url,
        ozon_api_url=server.ozon_api_url,
        ozon_performance_api_url=server.ozon_performance_api_url,
        **{"api_pace": NO_LIMITS, "http_timeout_seconds": 20.0, **changes},
    )
    house = make_house(db, urls, folder, settings, WorldClock(server.world), wall, only)
    named = {"seller": server.world.sid}  # among neighbours
    with httpx.Client(base_url=server.base_url, params=named, verify=False) as control:
        papers = control.get("/sandbox/state").json()
        shop = Shop(house, server, tenant_id or make_tenant(db), wall, control)
        keys = {
            "WB": (papers["wb_sid"], wb_token or papers["wb_token"]),
            "OZON": (papers["ozon_client_id"], ozon_secret(papers)),
        }
        for marketplace in marketplaces:
            seller, secret = keys[marketplace]
            shop.accounts[marketplace] = connect(house, shop.tenant_id, marketplace, seller, secret)
        yield shop


def ozon_secret(papers: dict[str, Any]) -> str:
    """Both keys of an Ozon cabinet, advertising's too."""
    parts = ("ozon_client_id", "ozon_api_key", "ozon_ads_client_id", "ozon_ads_client_secret")
    return " ".join(papers[part] for part in parts)


def make_house(
    db: Database,
    urls: Urls,
    folder: Path,
    settings: Settings,
    clock: Any,
    wall: WorldClock,
    only: frozenset[str] | None = None,
) -> House:
    """The composition root over the test's database."""
    vault, _ = open_vault(folder / "master.key")
    gateway = ShortGateway(db=db, settings=settings, vault=vault, clock=clock, wall_clock=wall, only=only)
    outbox = PostgresOutbox(clock=wall)
    return House(
        settings=settings,
        clock=clock,
        urls=urls,
        data=folder,
        db=db,
        vault=vault,
        queue=PostgresQueue(clock=wall),
        outbox=outbox,
        gateway=gateway,
        night=Night(db=db, settings=settings, clock=clock, gateway=gateway),
        teller=Teller(db=db, outbox=outbox),
    )


def connect(house: House, tenant_id: int, marketplace: str, seller: str, secret: str) -> int:
    """A cabinet stored as /connect stores it, without asking the marketplace about the token."""
    checked = CheckedToken(
        marketplace=marketplace,
        seller_key=seller,
        name=f"Кабинет {marketplace}",
        kind="",
        scopes=(),
        missing_scopes=(),
        expires_at=None,
        notes=(),
        secret=secret,
    )
    with house.db.tenant(tenant_id) as tx:
        return StoreAccount(vault=house.vault)(tx, checked).account_id


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Book:
    """What the sandbox's own books say of one marketplace's day."""

    payout: Decimal
    sold: int
    returned: int


def books(world: World, marketplace: str, d: date) -> Book:
    """From the sandbox's event log, not from any reply."""
    page: dict[str, Any] = wb_page(world, world.t(d)) if marketplace == "WB" else ozon_page(world, world.t(d))
    total = page["payout"] if marketplace == "WB" else page["total"]
    return Book(Decimal(total), int(page["units_sold"]), int(page["units_returned"]))


def all_books(world: World, first: date, last: date) -> dict[tuple[str, date], Book]:
    """Of every day on which anything happened."""
    days = [first + DAY * n for n in range((last - first).days + 1)]
    found = {(m, d): books(world, m, d) for d in days if world.shown(world.t(d)) for m in ("WB", "OZON")}
    return {key: book for key, book in found.items() if book != Book(Decimal(0), 0, 0)}


def our_books(shop: Shop) -> dict[tuple[str, date], Book]:
    """The same from our settlement lines."""
    rows = shop.rows(
        "SELECT a.marketplace, s.d, sum(s.amount) AS payout, sum(greatest(s.units, 0)) AS sold,"
        " sum(greatest(-s.units, 0)) AS returned FROM settlement_line s JOIN marketplace_account a"
        " ON a.tenant_id = s.tenant_id AND a.id = s.account_id WHERE s.tenant_id = :tenant_id"
        " GROUP BY a.marketplace, s.d"
    )
    return {(row.marketplace, row.d): Book(row.payout, row.sold, row.returned) for row in rows}


FACTS = ("sale_event", "daily_sales", "daily_stock", "settlement_line")
DERIVED = ("metrics_daily", "advice_supply")

_NAMED = "k.marketplace, coalesce(k.nm_id, k.ozon_id) AS item, k.chrt_id"
_ADVICE = "window_days, recommended_qty, velocity, demand_std, safety, on_hand, in_transit"
_METRICS = (
    "currency, units, revenue_gross, revenue_net, marketing, other_net, cogs, profit, margin, sv7, sv14,"
    " sv28, stock_cover_days, is_preliminary"
)
_LINE = "operation, line, units, amount, currency, ref"
_SKU = "LEFT JOIN sku k ON k.tenant_id = t.tenant_id AND k.id = t.sku_id"
_PLACE = "JOIN warehouse w ON w.tenant_id = t.tenant_id AND w.id = t.warehouse_id"
_MONEY = "revenue_gross, refunds_amount, promo_cost, delivery_cost, commission_amount"

_CONTENT = {
    "sale_event": f"SELECT t.d, event_id, {_NAMED}, w.code, channel, currency, qty, refunds_qty, {_MONEY}"
    f" FROM sale_event t {_SKU} {_PLACE}",
    "daily_sales": f"SELECT t.d, {_NAMED}, w.code, channel, currency, qty, refunds_qty, {_MONEY}"
    f" FROM daily_sales t {_SKU} {_PLACE}",
    "daily_stock": f"SELECT t.d, {_NAMED}, w.code, on_hand, in_transit FROM daily_stock t {_SKU} {_PLACE}",
    "settlement_line": f"SELECT t.d, period, report_id, row_id, part, {_NAMED}, {_LINE}"
    f" FROM settlement_line t {_SKU}",
    "metrics_daily": f"SELECT t.d, {_NAMED}, {_METRICS} FROM metrics_daily t {_SKU}",
    "advice_supply": f"SELECT t.d, {_NAMED}, w.code, {_ADVICE} FROM advice_supply t {_SKU} {_PLACE}",
}


def content(
    shop: Shop, tables: tuple[str, ...] = (*FACTS, *DERIVED), tenant_id: int | None = None
) -> dict[str, set[Any]]:
    """Every row by its natural keys: two databases, two tenants or two nights can be compared."""
    with shop.db.tenant(tenant_id or shop.tenant_id) as tx:
        return {
            name: {tuple(row) for row in tx.run(f"{_CONTENT[name]} WHERE t.tenant_id = :tenant_id")}
            for name in tables
        }


def versions(shop: Shop) -> dict[str, set[Any]]:
    """Where every row lies and which transaction wrote it: any rewriting shows, even of equal values."""
    told = (*FACTS, *DERIVED, "figure_change", "cost_price_history", "sku", "card", "sku_barcode")
    return {
        name: {
            tuple(row)
            for row in shop.rows(
                f"SELECT tableoid::regclass::text, ctid::text, xmin::text FROM {name}"
                " WHERE tenant_id = :tenant_id"
            )
        }
        for name in told
    }


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
