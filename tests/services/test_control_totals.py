"""Report headers against our rows on a sandbox's night: to the kopeck, and what does not add up is seen.
The same night's advertising is its books, once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.bot.views.control import account_lines, control_line
from app.db.session import TenantTx
from app.domain.finance.settlement import PnlLine
from app.sandbox.server import SandboxServer
from app.sandbox.wb.lumps import ADS
from app.sandbox.wb.promotion import ACCOUNT, BALANCE, Promotion
from app.services.analytics.money import MoneyQuery, ShowMoney
from app.services.analytics.pnl import PnlQuery, ShowPnl, pnl
from app.services.analytics.reports import Control, MoneyReport, PnlReport
from app.services.analytics.status import ShowStatus, StatusQuery
from tests.support.shop import CORE, DAY, Shop, sandbox

DAYS = 14


@pytest.fixture(scope="module")
def only() -> frozenset[str]:
    return CORE | {"wb.reports", "wb.balance", "wb.ads", "wb.ad_money"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=20, days=DAYS) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def first_night(shop: Shop) -> None:
    assert shop.night(days=DAYS).errors == {}


@contextmanager
def undone(shop: Shop) -> Iterator[TenantTx]:
    """What is changed here is seen by whoever asks in this transaction, and never happened afterwards."""
    with shop.db.tenant(shop.tenant_id) as tx:
        yield tx
        tx.session.rollback()


def reading(shop: Shop, tx: TenantTx | None) -> AbstractContextManager[TenantTx]:
    return shop.db.tenant(shop.tenant_id) if tx is None else nullcontext(tx)


def asked(shop: Shop, days: int, tx: TenantTx | None = None) -> PnlReport:
    with reading(shop, tx) as tx:
        return ShowPnl(shop.house.clock, shop.house.settings)(tx, PnlQuery(days=days))


def control(shop: Shop, days: int = DAYS, tx: TenantTx | None = None) -> Control:
    found = asked(shop, days, tx).control
    assert found is not None
    return found


def status_lines(shop: Shop, tx: TenantTx | None = None) -> list[str]:
    with reading(shop, tx) as tx:
        report = ShowStatus(shop.house.clock, shop.house.settings)(tx, StatusQuery())
    lines = account_lines(report.control, shop.accounts["WB"])
    return ["".join(str(piece) for piece in line) for line in lines]


def money(shop: Shop, tx: TenantTx | None = None) -> MoneyReport:
    with reading(shop, tx) as tx:
        return ShowMoney(shop.house.clock, shop.house.settings)(tx, MoneyQuery())


def marketing_of_the_books(shop: Shop) -> dict[date, int]:
    """Kopecks a day: what was taken from the balance and the account, and of a document's deduction what
    was taken before the first day that is told."""
    world, promotion, spent = shop.world, Promotion(shop.world), Counter[date]()
    told = Counter[int]()
    for t in range(world.first_t, world.now_t):
        for charge in promotion.charges(t):
            if charge.paid_from in (BALANCE, ACCOUNT):
                spent[world.day(t)] += charge.amount
            if charge.paid_from == BALANCE:
                told[charge.due] += charge.amount
    for t in range(world.first_t, world.now_t):
        lumps = [lump.amount for lump in world.wb.ledger.sundries(t) if lump.kind == ADS]
        if lumps:
            spent[world.day(t)] += sum(lumps) - told[t]
    return {d: amount for d, amount in spent.items() if amount}


def our_marketing(shop: Shop) -> dict[date, int]:
    found = {}
    days = (shop.d - DAY * n for n in range(DAYS))
    ozon = {
        row.d: row.amount
        for row in shop.rows(
            "SELECT s.d, sum(s.amount) AS amount FROM settlement_line s JOIN marketplace_account a"
            " ON a.id = s.account_id WHERE s.tenant_id = :tenant_id AND a.marketplace = 'OZON'"
            " AND s.line = 'ads' GROUP BY s.d"
        )
    }
    for d in days:
        with shop.db.tenant(shop.tenant_id) as tx:
            (totals,) = pnl(tx, d, d).totals
        amount = dict(totals.lines).get(PnlLine.ADS, Decimal(0)) - ozon.get(d, Decimal(0))
        if amount:
            found[d] = int(-amount * 100)
    return found


def test_marketing_of_every_day_is_what_the_sandbox_spent(shop: Shop) -> None:
    expected = marketing_of_the_books(shop)
    assert len(expected) == DAYS
    assert our_marketing(shop) == expected
    shared = shop.rows(
        "SELECT sku_id = 0 AS nobodys, sum(amount) AS amount FROM shared_cost_daily"
        " WHERE tenant_id = :tenant_id AND kind = 'ads_spent' GROUP BY 1"
    )
    by = {row.nobodys: row.amount for row in shared}
    assert by[False] < by[True] < 0, "most of it is some card's; a day without statistics is nobody's"


def test_every_closed_report_adds_up_to_the_kopeck(shop: Shop) -> None:
    found = control(shop)
    assert {(each.d_from.weekday(), each.d_to - each.d_from) for each in found.checks} == {
        (0, timedelta(days=6))
    }
    assert len(found.checks) >= 2
    assert all(each.is_equal and each.reading == (-1, 1, 0) for each in found.checks)
    said = control_line(found)
    assert said is not None
    assert said.startswith("Сверено с отчётами WB до копейки")
    assert f"{len(found.checks)} из {len(found.checks)} до копейки" in status_lines(shop)[0]


def test_a_period_whose_report_is_not_out_is_not_checked(shop: Shop) -> None:
    open_days = shop.d.weekday() + 1 if shop.d.weekday() < 6 else 0
    if not open_days:
        pytest.skip("в этом мире вчера — воскресенье: открытой недели нет")
    assert control_line(control(shop, open_days)) == "Не сверено: отчёт WB за эти дни ещё не пришёл."


def test_payouts_are_the_headers_and_the_balance_is_the_open_week(shop: Shop) -> None:
    report = money(shop)
    checks = control(shop).checks
    assert {(each.report, each.amount) for each in report.payouts} >= {
        (str(each.report_id), each.payout) for each in checks
    }
    assert all(each.check is not None and each.check.is_equal for each in report.payouts)
    (balance,) = report.balances
    monday = shop.world.today - DAY * shop.world.today.weekday()
    paid = shop.value(
        "SELECT coalesce(sum(amount), 0) FROM settlement_line s WHERE tenant_id = :tenant_id"
        " AND account_id = :account AND d >= :monday",
        account=shop.accounts["WB"],
        monday=monday,
    )
    assert (balance.d, balance.current) == (shop.d, paid)


def test_a_kopeck_that_went_astray_is_seen(shop: Shop) -> None:
    week = control(shop).checks[-1]
    with undone(shop) as tx:
        tx.run(
            "UPDATE settlement_line SET amount = amount + 12.30 WHERE (report_id, row_id,"
            " part) = (SELECT report_id, row_id, part FROM settlement_line WHERE tenant_id = :tenant_id"
            " AND report_id = :report AND part = 'delivery' ORDER BY row_id LIMIT 1)",
            report=week.report_id,
        )
        said, lines, told = control_line(control(shop, tx=tx)), status_lines(shop, tx), money(shop, tx)
    assert said == f"Расхождение −12,30\xa0₽ с отчётом WB №{week.report_id}, подробнее: /status"
    assert any("строк отчёта не хватает или они лишние" in line for line in lines)
    residuals = {each.check.residual for each in told.payouts if each.check}
    assert residuals == {Decimal(0), Decimal("-12.30")}
    assert all(each.is_equal for each in control(shop).checks)


def test_returns_of_the_other_sign_flag_the_cabinet(shop: Shop) -> None:
    """As if this cabinet's returns came negative already: taking them off has added them."""
    (report, pieces) = shop.rows(
        "SELECT report_id, count(*) FROM settlement_line WHERE tenant_id = :tenant_id AND part = 'return'"
        " AND period = 'weekly' GROUP BY report_id ORDER BY 2 DESC LIMIT 1"
    )[0]
    assert pieces
    with undone(shop) as tx:
        tx.run(
            "UPDATE settlement_line l SET amount = -amount WHERE report_id = :report AND part IN ('return',"
            " 'commission') AND EXISTS (SELECT FROM settlement_line r WHERE r.tenant_id = :tenant_id"
            " AND r.report_id = l.report_id AND r.row_id = l.row_id AND r.part = 'return')",
            report=report,
        )
        checks, said = control(shop, tx=tx).checks, status_lines(shop, tx)
    assert {each.report_id for each in checks if each.returns_turned} == {report}
    assert any("возвраты приходят с обратным знаком" in line for line in said)


def test_a_base_token_says_so_and_is_no_error(shop: Shop) -> None:
    with undone(shop) as tx:
        tx.run("DELETE FROM finance_report WHERE tenant_id = :tenant_id")
        tx.run(
            "UPDATE marketplace_account SET token_kind = 'базовый: малые лимиты'"
            " WHERE tenant_id = :tenant_id AND marketplace = 'WB'"
        )
        said, lines, told = control_line(control(shop, tx=tx)), status_lines(shop, tx), money(shop, tx)
    assert said == "Не сверено: токен WB базовый, ему отчёты не показывают."
    assert lines == ["   не сверено: токен WB базовый, ему отчёты не показывают"]
    assert told.base_tokens == 1
