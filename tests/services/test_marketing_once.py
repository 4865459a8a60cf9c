"""Advertising stands once in the daily P&L: on the days it was spent where the promotion feed tells
them, by the finance report's deduction where it does not. Storage goes to the goods that lay there."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.domain.supply.policy import Policy
from app.marketplaces.rows import (
    AdChargeRow,
    AdStatRow,
    CatalogueRow,
    ChargeRow,
    SaleEventRow,
    SettlementRow,
    SkuRef,
    StorageRow,
)
from app.marketplaces.source import Kind, Normalised, Unit
from app.services.analytics.pnl import pnl
from app.services.analytics.reports import PnlTotals
from app.services.ingestion.facts import FactWriter
from app.services.refresh import Refreshed, refresh_derived
from tests.support.worlds import Cabinet, make_cabinet

D = date(2026, 11, 19)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
FIRST = D - timedelta(days=6)
BLUE, BLUE_L, RED = (SkuRef(nm_id=nm, chrt_id=chrt) for nm, chrt in ((11, 1), (11, 2), (12, 3)))
NOTE = "Удержание: Оказание услуг «WB Продвижение», документ №{}"
MONEY = Decimal


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    made = make_cabinet(db)
    goods = [
        CatalogueRow(ref.nm_id, ref.chrt_id, None, None, f"A{ref.chrt_id}", "", (), "", "", "")
        for ref in (BLUE, BLUE_L, RED)
    ]
    tell(db, made, frozenset({"catalogue"}), Normalised(catalogue=goods))
    with db.tenant(made.tenant_id) as tx:
        tx.run(
            "INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price)"
            " SELECT :tenant_id, id, '2026-01-01', 100 FROM sku WHERE tenant_id = :tenant_id"
        )
    return made


def tell(db: Database, cabinet: Cabinet, brings: frozenset[Kind], rows: Normalised) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        writer = FactWriter(tx=tx, account_id=cabinet.id, marketplace="WB", now=NOW, trace_id="t")
        writer.write(Unit("u", FIRST, D), rows, brings, replaces=True)


def settle(db: Database, cabinet: Cabinet, *lines: SettlementRow) -> None:
    """Finance rows, and a complete week."""
    tell(db, cabinet, frozenset({"settlement"}), Normalised(settlement=list(lines)))
    with db.tenant(cabinet.tenant_id) as tx:
        for n in range(7):
            tx.run(
                "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at)"
                " VALUES (:tenant_id, :account, 'wb.finance', :d, now())",
                account=cabinet.id,
                d=FIRST + timedelta(days=n),
            )


def charged(db: Database, cabinet: Cabinet, *charges: AdChargeRow) -> None:
    tell(db, cabinet, frozenset({"ad_charges"}), Normalised(ad_charges=list(charges)))


def refresh(db: Database, cabinet: Cabinet) -> Refreshed:
    return refresh_derived(db, cabinet.tenant_id, D, policy=Policy(), trace_id="t", progress=lambda *_: None)


def shown(db: Database, cabinet: Cabinet, d_from: date = FIRST, d_to: date = D) -> PnlTotals:
    refresh(db, cabinet)
    with db.tenant(cabinet.tenant_id) as tx:
        (totals,) = pnl(tx, d_from, d_to).totals
    return totals


def ads(totals: PnlTotals) -> Decimal:
    return dict(totals.lines).get(PnlLine.ADS, MONEY(0))


def line(
    row: str,
    d: date,
    kind: PnlLine,
    amount: str,
    *,
    sku: SkuRef | None = None,
    units: int = 0,
    note: str = "x",
    part: str = "",
) -> SettlementRow:
    return SettlementRow(
        d, "weekly", 1, row, part or str(kind), sku, note, kind, units, MONEY(amount), "RUB", ""
    )


def sale(row: str, sku: SkuRef, d: date = D) -> SettlementRow:
    return line(row, d, PnlLine.SALE, "1000.00", sku=sku, units=1)


def deducted(amount: str, number: str = "160", d: date = D) -> SettlementRow:
    return line(f"d{number}", d, PnlLine.ADS, f"-{amount}", note=NOTE.format(number), part="deduction")


def charge(key: str, ago: int, amount: str, document: str = "160", paid: str = "balance") -> AdChargeRow:
    return AdChargeRow(D - timedelta(days=ago), key, 7, MONEY(amount), "RUB", paid, document, None)


def stat(ago: int, card: int, spend: str) -> AdStatRow:
    return AdStatRow(D - timedelta(days=ago), 7, card, "RUB", 0, 0, 0, 0, 0, MONEY(spend), MONEY(0))


def adds_up(totals: PnlTotals) -> None:
    """Everything is in the profit, once: lines less the cost of one piece sold a sale."""
    assert totals.cogs is not None
    assert (
        totals.profit == sum(amount for _, amount in totals.lines) - totals.cogs - totals.profit_without_cost
    )


def test_without_the_promotion_feed_the_deduction_is_the_marketing(db: Database, cabinet: Cabinet) -> None:
    settle(db, cabinet, sale("1", BLUE), deducted("300.00"))
    totals = shown(db, cabinet)
    assert (ads(totals), totals.payout, totals.profit) == (MONEY("-300.00"), MONEY("700.00"), MONEY("600.00"))


def test_with_it_each_day_bears_what_it_spent_and_the_payout_what_was_deducted(
    db: Database, cabinet: Cabinet
) -> None:
    settle(db, cabinet, sale("1", BLUE), deducted("300.00"))
    charged(
        db,
        cabinet,
        charge("a", 3, "100.00"),
        charge("b", 2, "120.50"),
        charge("c", 1, "79.50"),
        charge("e", 0, "40.00", ""),
    )
    totals = shown(db, cabinet)
    assert ads(totals) == MONEY("-340.00")
    assert totals.payout == MONEY("700.00")
    adds_up(totals)
    assert totals.profit == MONEY("560.00")
    by_day = [ads(shown(db, cabinet, d, d)) for d in (D - timedelta(days=3), D - timedelta(days=2), D)]
    assert by_day == [MONEY("-100.00"), MONEY("-120.50"), MONEY("-40.00")]
    assert shown(db, cabinet, D, D).payout == MONEY("700.00")


def test_a_day_that_the_feed_does_not_cover_keeps_its_part_of_the_deduction(
    db: Database, cabinet: Cabinet
) -> None:
    """Of 300 only 100 + 79.50 were heard of: 120.50 are in the deduction alone, and stay on its day."""
    settle(db, cabinet, sale("1", BLUE), deducted("300.00"))
    charged(db, cabinet, charge("a", 3, "100.00"), charge("c", 1, "79.50"))
    totals = shown(db, cabinet)
    assert ads(totals) == MONEY("-300.00")
    assert ads(shown(db, cabinet, D, D)) == MONEY("-120.50")
    charged(db, cabinet, charge("a", 3, "100.00"), charge("b", 2, "120.50"), charge("c", 1, "79.50"))
    assert ads(shown(db, cabinet)) == MONEY("-300.00"), "heard of later: the day changes, the sum does not"
    assert ads(shown(db, cabinet, D - timedelta(days=2), D - timedelta(days=2))) == MONEY("-120.50")


def test_bonuses_are_nobodys_money_and_an_own_account_is_never_deducted(
    db: Database, cabinet: Cabinet
) -> None:
    settle(db, cabinet, sale("1", BLUE), deducted("100.00"))
    charged(
        db,
        cabinet,
        charge("a", 1, "100.00"),
        charge("b", 1, "55.00", paid="bonus"),
        charge("c", 1, "30.00", paid="account"),
    )
    totals = shown(db, cabinet)
    assert (ads(totals), totals.payout) == (MONEY("-130.00"), MONEY("900.00"))


def test_a_day_not_settled_yet_has_its_marketing_all_the_same(db: Database, cabinet: Cabinet) -> None:
    event = SaleEventRow("e", D, BLUE, "", "FBO", "RUB", 1, 0, MONEY(1000), *[MONEY(0)] * 4)
    tell(db, cabinet, frozenset({"sales"}), Normalised(sales=[event]))
    charged(db, cabinet, charge("a", 0, "40.00", ""))
    tell(db, cabinet, frozenset({"ad_stats"}), Normalised(ad_stats=[stat(0, 11, "39.90")]))
    totals = shown(db, cabinet)
    assert (ads(totals), totals.profit) == (MONEY("-40.00"), MONEY("860.00"))
    adds_up(totals)
    assert marketing(db, cabinet) == {1: MONEY("40.00")}
    settle(db, cabinet, sale("1", BLUE))
    assert shown(db, cabinet).profit == MONEY("860.00")


def marketing(db: Database, cabinet: Cabinet) -> dict[int, Decimal]:
    with db.tenant(cabinet.tenant_id) as tx:
        rows = tx.run(
            "SELECT k.chrt_id, sum(m.marketing) AS m FROM metrics_daily m JOIN sku k ON k.id = m.sku_id"
            " WHERE m.tenant_id = :tenant_id AND m.marketing <> 0 GROUP BY 1"
        )
        return {row.chrt_id: row.m for row in rows}


def test_statistics_say_whose_it_is_and_what_they_do_not_speak_of_is_nobodys(
    db: Database, cabinet: Cabinet
) -> None:
    """100 by 30 : 10 : 10 (a card that is gone); the blue card's 60 by the size that was sold."""
    event = SaleEventRow(
        "e", D - timedelta(days=1), BLUE_L, "", "FBO", "RUB", 2, 0, MONEY(2000), *[MONEY(0)] * 4
    )
    tell(db, cabinet, frozenset({"sales"}), Normalised(sales=[event]))
    settle(db, cabinet, sale("1", BLUE))
    charged(db, cabinet, charge("a", 1, "100.00"), charge("b", 2, "10.01"))
    weights = [stat(1, 11, "30.00"), stat(1, 12, "10.00"), stat(1, 99, "10.00")]
    tell(db, cabinet, frozenset({"ad_stats"}), Normalised(ad_stats=weights))
    totals = shown(db, cabinet)
    assert marketing(db, cabinet) == {2: MONEY("60.00"), 3: MONEY("20.00")}
    assert ads(totals) == MONEY("-110.01")
    adds_up(totals)


def test_whose_it_is_does_not_depend_on_who_was_heard_of_first(db: Database, cabinet: Cabinet) -> None:
    """A report that names a card and no size comes after the division, and one of a card that nobody
    lists: the former moves nothing, the latter brings the card's part to the only SKU it has."""
    settle(db, cabinet, sale("1", RED))
    charged(db, cabinet, charge("a", 1, "100.00"))
    weights = [stat(1, 11, "30.00"), stat(1, 99, "10.00")]
    tell(db, cabinet, frozenset({"ad_stats"}), Normalised(ad_stats=weights))
    totals = shown(db, cabinet)
    assert (ads(totals), marketing(db, cabinet)) == (MONEY("-100.00"), {1: MONEY("37.50"), 2: MONEY("37.50")})
    late = [
        ChargeRow(D, "acceptance", f"r{nm}", SkuRef(nm_id=nm), MONEY("-5.00"), "RUB", 1, "", "")
        for nm in (11, 99)
    ]
    tell(db, cabinet, frozenset({"acceptance"}), Normalised(acceptance=late))
    refresh(db, cabinet)
    assert marketing(db, cabinet) == {1: MONEY("37.50"), 2: MONEY("37.50"), 0: MONEY("25.00")}


def test_storage_goes_to_the_goods_that_lay_there(db: Database, cabinet: Cabinet) -> None:
    """10.00 by 2 : 1: 6.67 and 3.33; of a day without the storage report it stays the cabinet's."""
    yesterday = D - timedelta(days=1)
    lumps = [line("s1", D, PnlLine.STORAGE, "-10.00"), line("s2", yesterday, PnlLine.STORAGE, "-7.00")]
    settle(db, cabinet, sale("1", BLUE), sale("2", RED), *lumps)
    stored = [
        StorageRow(D, BLUE, "", "RUB", MONEY("2.02"), 1, MONEY(1)),
        StorageRow(D, RED, "", "RUB", MONEY("1.01"), 1, MONEY(1)),
    ]
    tell(db, cabinet, frozenset({"storage"}), Normalised(storage=stored))
    totals = shown(db, cabinet)
    assert dict(totals.lines)[PnlLine.STORAGE] == MONEY("-17.00"), "the lump of the report, once"
    with db.tenant(cabinet.tenant_id) as tx:
        rows = tx.run(
            "SELECT k.chrt_id, m.other_net FROM metrics_daily m JOIN sku k ON k.id = m.sku_id"
            " WHERE m.tenant_id = :tenant_id AND m.d = :d",
            d=D,
        )
        assert {row.chrt_id: row.other_net for row in rows} == {1: MONEY("-6.67"), 3: MONEY("-3.33")}
    adds_up(totals)
    assert totals.payout == MONEY("1983.00")


def test_nothing_new_divides_nothing_and_a_correction_moves_just_its_day(
    db: Database, cabinet: Cabinet
) -> None:
    settle(db, cabinet, sale("1", BLUE), deducted("300.00"))
    charged(db, cabinet, charge("a", 2, "200.00"), charge("b", 1, "100.00"))
    assert refresh(db, cabinet).written > 0
    before = written(db, cabinet)
    assert refresh(db, cabinet).written == 0
    charged(db, cabinet, charge("a", 2, "200.00"), charge("b", 1, "90.00"))
    refresh(db, cabinet)
    after = written(db, cabinet)
    assert {d for d, kind, amount, _ in after ^ before} == {D - timedelta(days=1), D}
    with db.tenant(cabinet.tenant_id) as tx:
        assert tx.run("SELECT count(*) FROM recalc_pending WHERE tenant_id = :tenant_id").scalar_one() == 0


def written(db: Database, cabinet: Cabinet) -> set[tuple[date, str, Decimal, str]]:
    with db.tenant(cabinet.tenant_id) as tx:
        rows = tx.run(
            "SELECT d, kind, amount, xmin::text FROM shared_cost_daily WHERE tenant_id = :tenant_id"
        )
        return {tuple(row) for row in rows}
