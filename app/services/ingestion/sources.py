"""One source by hand: sales, stock or payouts of one cabinet, without a night around it.

Each function asks the marketplace for the days given (both included; stock is as of now and stands
under ``d_to``), merges what came and returns how many rows that was: 0 where the marketplace said
exactly what it said before. The errors of app.marketplaces.errors pass through; called again, an
interrupted collection goes on where it stopped.
"""

import secrets
from datetime import date

from app.core.clock import Clock, SystemClock
from app.db.session import Database
from app.marketplaces.ozon.accruals import OzonAccruals
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.money import OzonCashflows
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.stock import OzonStock
from app.marketplaces.source import Source
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import WbSales
from app.marketplaces.wb.stock import WbRemains
from app.services.ingestion.collect import Account, Collector

_CLOCK = SystemClock()


def collect_wb_sales(
    db: Database, account: Account, client: WbClient, d_from: date, d_to: date, clock: Clock = _CLOCK
) -> int:
    """Sales and returns that Wildberries changed since ``d_from``."""
    return _collect(db, account, WbSales(client, WbPolicy()), d_from, d_to, clock)


def collect_wb_stock(db: Database, account: Account, client: WbClient, d: date, clock: Clock = _CLOCK) -> int:
    """Stock at Wildberries now, as the stock of day ``d``."""
    return _collect(db, account, WbRemains(client, WbPolicy()), d, d, clock)


def collect_ozon_sales(
    db: Database, account: Account, client: OzonClient, d_from: date, d_to: date, clock: Clock = _CLOCK
) -> int:
    """Accruals of the days: at Ozon sales and their money come together."""
    return _collect(db, account, OzonAccruals(client), d_from, d_to, clock)


def collect_ozon_stock(
    db: Database,
    account: Account,
    client: OzonClient,
    d: date,
    clock: Clock = _CLOCK,
    skus: tuple[int, ...] = (),
) -> int:
    """Stock at Ozon now, as the stock of day ``d``; of ``skus``, or of the whole catalogue."""
    return _collect(db, account, OzonStock(client, OzonPolicy(stock_skus=skus)), d, d, clock)


def collect_ozon_cashflows(
    db: Database, account: Account, client: OzonClient, d_from: date, d_to: date, clock: Clock = _CLOCK
) -> int:
    """Payouts of the periods that ended on these days: Ozon tells them by the week or half a month."""
    return _collect(db, account, OzonCashflows(client), d_from, d_to, clock)


def _collect(db: Database, account: Account, source: Source, d_from: date, d_to: date, clock: Clock) -> int:
    collector = Collector(db=db, clock=clock, account=account, trace_id=secrets.token_hex(8))
    told = (collector.collect_unit(source, unit) for unit in source.units(d_from, d_to))
    return sum(written.rows for written in told if written is not None)
