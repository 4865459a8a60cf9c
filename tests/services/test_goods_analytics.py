"""ABC, age, goods that lie and what goods are worth, over one small shop of figures worked out by hand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.core.config import Settings
from app.db.session import Database
from app.domain.supply.slow import Pace
from app.domain.warehouse.movements import Line, Reason
from app.domain.warehouse.valuation import Total
from app.services.analytics.abc import AbcQuery, AbcReport, ShowAbc
from app.services.analytics.ageing import AgeingQuery, AgeingReport, ShowAgeing, all_of
from app.services.analytics.slow import ShowSlow, SlowQuery, SlowReport
from app.services.analytics.valuation import ShowValuation, ValuationQuery, ValuationReport
from app.services.dw import refresh_dw
from tests.support.shelf import Shelf
from tests.support.worlds import make_cabinet

TODAY = date(2026, 11, 20)
YESTERDAY = date(2026, 11, 19)


@dataclass
class Shop:
    """A cabinet at each marketplace, and a shelf."""

    db: Database
    shelf: Shelf
    settings: Settings
    clock: FixedClock
    accounts: dict[str, int]

    def sku(self, article: str, marketplace: str = "WB", cost: str | None = None, **more: Any) -> int:
        identity = "nm_id" if marketplace == "WB" else "ozon_id"
        with self.db.tenant(self.shelf.tenant_id) as tx:
            number = tx.run("SELECT count(*) + 1 FROM sku WHERE tenant_id = :tenant_id").scalar_one()
            sku = int(
                tx.run(
                    f"INSERT INTO sku (tenant_id, account_id, marketplace, {identity}, article, first_sold)"
                    " VALUES (:tenant_id, :account, :marketplace, :number, :article, :first_sold)"
                    " RETURNING id",
                    account=self.accounts[marketplace], marketplace=marketplace, number=number,
                    article=article, first_sold=more.get("first_sold"),
                ).scalar_one()
            )  # fmt: skip
            if cost is not None:
                tx.run(
                    "INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price)"
                    " VALUES (:tenant_id, :sku, '2026-01-01', :cost)",
                    sku=sku,
                    cost=Decimal(cost),
                )
        return sku

    def link(self, sku: int, item: int) -> None:
        with self.db.tenant(self.shelf.tenant_id) as tx:
            tx.run(
                "INSERT INTO item_sku (tenant_id, sku_id, item_id, state, decided_at)"
                " VALUES (:tenant_id, :sku, :item, 'confirmed', now())",
                sku=sku,
                item=item,
            )

    def put(self, table: str, sku: int, marketplace: str = "WB", **values: Any) -> None:
        row = {"account_id": self.accounts[marketplace], "d": YESTERDAY, "sku_id": sku, **values}
        names = ", ".join(row)
        with self.db.tenant(self.shelf.tenant_id) as tx:
            tx.run(
                f"INSERT INTO {table} (tenant_id, {names}) VALUES (:tenant_id,"
                f" {', '.join(f':{name}' for name in row)})",
                **row,
            )

    def day(self, sku: int, revenue: str, profit: str | None, units: int = 1, **more: Any) -> None:
        """A day of a SKU's own P&L."""
        values: dict[str, Any] = {
            "currency": "RUB",
            "is_preliminary": False,
            "units": units,
            "revenue_gross": Decimal(revenue),
        }
        known = None if profit is None else Decimal(profit)
        self.put("metrics_daily", sku, **values, profit=known, cogs=None if profit is None else 1, **more)

    def stock(self, sku: int, on_hand: int, marketplace: str = "WB", **more: Any) -> None:
        values = {"warehouse_id": self.shelf.warehouse_id, "on_hand": on_hand, "src_hash": b""}
        self.put("daily_stock", sku, marketplace, **{**values, **more})

    def sold(self, sku: int, qty: int, marketplace: str = "WB", **more: Any) -> None:
        values = {"warehouse_id": self.shelf.warehouse_id, "channel": "FBO", "currency": "RUB", "qty": qty}
        self.put("daily_sales", sku, marketplace, **values, src_hash=b"", **more)

    def came(self, item: int, place: int, qty: int, days_ago: int, **more: Any) -> int:
        """A receipt of so many days ago; its document."""
        at = datetime(2026, 11, 20, 9, tzinfo=UTC) - timedelta(days=days_ago)
        line = Line(item_id=item, qty=qty, location_id=place)
        return self.post(Reason.RECEIPT, line, occurred_at=at, **more)

    def post(self, reason: Reason, *lines: Line, **more: Any) -> int:
        ref = f"{reason}-{next(self.shelf._numbers)}"
        self.shelf.do(reason, *lines, ref=ref, **more)
        with self.db.tenant(self.shelf.tenant_id) as tx:
            found = tx.run(
                "SELECT id FROM stock_document WHERE tenant_id = :tenant_id AND ref = :ref", ref=ref
            )
            return int(found.scalar_one())

    def abc(self, **asked: Any) -> AbcReport:
        with self.db.tenant(self.shelf.tenant_id) as tx:
            return ShowAbc(self.clock, self.settings)(tx, AbcQuery(**asked))

    def ageing(self) -> AgeingReport:
        with self.db.tenant(self.shelf.tenant_id) as tx:
            return ShowAgeing(self.clock, self.settings)(tx, AgeingQuery())

    def slow(self, **asked: Any) -> SlowReport:
        refresh_dw(self.db)
        with self.db.tenant(self.shelf.tenant_id) as tx:
            return ShowSlow(self.clock, self.settings)(tx, SlowQuery(**asked))

    def valuation(self, **asked: Any) -> ValuationReport:
        refresh_dw(self.db)
        with self.db.tenant(self.shelf.tenant_id) as tx:
            return ShowValuation(self.clock, self.settings)(tx, ValuationQuery(**asked))


@pytest.fixture
def shop(db: Database, settings: Settings, clock: FixedClock) -> Shop:
    shelf = Shelf(db)
    accounts = {each: make_cabinet(db, each, shelf.tenant_id).id for each in ("WB", "OZON")}
    return Shop(db, shelf, settings, clock, accounts)


# ---- ABC


def test_articles_are_graded_by_what_all_their_sizes_brought(shop: Shop) -> None:
    small, large = shop.sku("KRS-42"), shop.sku("KRS-42")
    shop.day(small, "500", "100.00", 2)
    shop.day(large, "400", "60.00")
    shop.day(shop.sku("KRS-43"), "1000", "30.00")
    shop.day(shop.sku("KRS-44"), "100", "10.00")
    shop.day(shop.sku("KRS-45"), "100", "-70.00")
    found = shop.abc()
    assert [(each.article, each.grade, each.amount, each.units) for each in found.lines] == [
        ("KRS-42", "A", Decimal("160.00"), 3),  # 80 % of 200: nothing went before it
        ("KRS-43", "B", Decimal("30.00"), 1),
        ("KRS-44", "C", Decimal("10.00"), 1),
        ("KRS-45", "C", Decimal("-70.00"), 1),
    ]
    assert [(each.grade, each.articles, each.amount, each.share) for each in found.classes] == [
        ("A", 1, Decimal("160.00"), Decimal(80)),
        ("B", 1, Decimal("30.00"), Decimal(15)),
        ("C", 2, Decimal("-60.00"), Decimal(5)),
    ]
    assert (found.lost, found.unknown) == (1, 0)
    revenue = shop.abc(by="revenue")
    assert [each.article for each in revenue.lines][:2] == ["KRS-43", "KRS-42"]


def test_a_profit_that_nobody_knows_is_in_no_class(shop: Shop) -> None:
    shop.day(shop.sku("KRS-42"), "500", "100.00")
    known, unknown = shop.sku("KRS-43"), shop.sku("KRS-43")
    shop.day(known, "500", "900.00")
    shop.day(unknown, "500", None, 4)
    found = shop.abc()
    assert [(each.article, each.grade, each.amount) for each in found.lines] == [
        ("KRS-42", "A", Decimal("100.00")),
        ("KRS-43", None, None),
    ]
    assert (found.unknown, found.unknown_units) == (1, 5)
    assert {each.article: each.grade for each in shop.abc(by="revenue").lines}["KRS-43"] == "A"


def test_the_period_ends_yesterday_and_money_of_another_currency_is_told_apart(shop: Shop) -> None:
    sku = shop.sku("KRS-42")
    shop.day(sku, "100", "10.00")
    shop.day(sku, "100", "10.00", d=YESTERDAY - timedelta(days=29))
    shop.day(sku, "100", "10.00", d=YESTERDAY - timedelta(days=30))
    shop.day(sku, "100", "10.00", d=TODAY)
    tenge: dict[str, Any] = {"currency": "KZT", "is_preliminary": False, "units": 1, "revenue_gross": 9}
    shop.put("metrics_daily", shop.sku("KRS-KZ"), **tenge)
    found = shop.abc(days=30)
    assert [(each.article, each.amount) for each in found.lines] == [("KRS-42", Decimal("20.00"))]
    assert found.other_currencies == 1


# ---- age


def test_what_is_left_is_of_the_last_arrivals(shop: Shop) -> None:
    item, place, far = shop.shelf.item("KRS-42"), shop.shelf.place(), shop.shelf.place()
    shop.link(shop.sku("KRS-42", cost="100"), item)
    shop.came(item, place, 10, 200)
    shop.came(item, place, 10, 100)
    shop.came(item, place, 10, 10)
    shop.post(Reason.MOVE, Line(item_id=item, qty=10, location_id=place, to_location_id=far))
    shop.post(Reason.OUTBOUND, Line(item_id=item, qty=16))
    found = shop.ageing()
    assert found.buckets == (
        ("0–30", Total(10, Decimal(1000), 0, 0)),
        ("91–180", Total(4, Decimal(400), 0, 0)),
    )
    (line,) = found.lines
    assert (line.oldest, line.pieces) == (TODAY - timedelta(days=100), {"0–30": 10, "91–180": 4})


def test_an_arrival_that_was_undone_is_none_and_an_undone_shipment_makes_nothing_younger(shop: Shop) -> None:
    item, place = shop.shelf.item(), shop.shelf.place()
    shop.came(item, place, 10, 100)
    wrong = shop.came(item, place, 10, 5)
    gone = shop.post(Reason.OUTBOUND, Line(item_id=item, qty=4))
    for document in (gone, wrong):
        shop.post(Reason.REVERSAL, reverses=document)
    assert [(bucket, each.qty) for bucket, each in shop.ageing().buckets] == [("91–180", 10)]


def test_the_oldest_is_first(shop: Shop) -> None:
    place = shop.shelf.place()
    for article, days in (("A-1", 5), ("A-2", 150), ("A-3", 40)):
        shop.came(shop.shelf.item(article), place, 1, days)
    found = shop.ageing()
    assert [each.article for each in found.lines] == ["A-2", "A-3", "A-1"]
    assert all_of(found) == Total(3, Decimal(0), 3, 0)


# ---- goods that lie


def test_goods_lie_where_there_is_more_than_was_sold(shop: Shop) -> None:
    place, old = shop.shelf.place(), date(2026, 1, 1)
    item = shop.shelf.item("KRS-42")
    shop.came(item, place, 5, 200)
    listed = shop.sku("KRS-42", cost="100", first_sold=old)
    shop.link(listed, item)
    shop.stock(listed, 4)
    shop.sold(listed, 6)  # 9 there, 6 sold in 60 days: 90 days
    sells = shop.sku("KRS-43", cost="1000", first_sold=old)
    shop.stock(sells, 3)
    shop.sold(sells, 3)
    stands = shop.sku("KRS-44", "OZON", cost="500", first_sold=old)
    shop.stock(stands, 2, "OZON")
    shop.sold(stands, 9, "OZON", d=YESTERDAY - timedelta(days=60))  # the day before those looked at
    young = shop.sku("KRS-45", first_sold=TODAY - timedelta(days=20))
    shop.stock(young, 50)
    found = shop.slow(days=60)
    assert (found.goods, found.stands, found.slow, found.too_early) == (4, 1, 1, 1)
    assert [(each.article, each.pace, each.worth.qty, each.cover_days) for each in found.lines] == [
        ("KRS-44", Pace.STANDS, 2, None),
        ("KRS-42", Pace.SLOW, 9, Decimal(90)),
    ]
    assert found.worth == Total(11, Decimal(1900), 0, 0)


def test_of_a_thing_without_a_listing_what_left_the_shelf_counts(shop: Shop) -> None:
    item, place = shop.shelf.item("A-1"), shop.shelf.place()
    shop.came(item, place, 30, 200)
    days_ago = datetime(2026, 11, 10, 9, tzinfo=UTC)
    shop.post(Reason.OUTBOUND, Line(item_id=item, qty=10), occurred_at=days_ago)
    undone = shop.post(Reason.OUTBOUND, Line(item_id=item, qty=10), occurred_at=days_ago)
    shop.post(Reason.REVERSAL, reverses=undone)
    shop.post(Reason.TO_MARKETPLACE, Line(item_id=item, qty=5), occurred_at=days_ago)
    (line,) = shop.slow(days=90).lines
    assert (line.sold, line.worth.qty, line.pace) == (10, 15, Pace.SLOW)
    assert shop.slow(days=7).lines[0].pace is Pace.STANDS


# ---- worth


def test_goods_are_worth_their_cost_wherever_they_are(shop: Shop) -> None:
    item, place = shop.shelf.item("KRS-42"), shop.shelf.place()
    shop.shelf.receive(item, place, 10)
    at_wb, at_ozon = shop.sku("KRS-42", cost="100.50"), shop.sku("krs42", "OZON", cost="100.50")
    for sku in (at_wb, at_ozon):
        shop.link(sku, item)
    shop.stock(at_wb, 3, in_transit=2)
    shop.stock(at_ozon, 1, "OZON")
    alone = shop.sku("KRS-43", cost="20")
    shop.stock(alone, 4)
    found = shop.valuation()
    assert dict(found.places) == {
        "OWN": Total(10, Decimal("1005.00"), 0, 0),
        "WB": Total(9, Decimal("582.50"), 0, 0),
        "OZON": Total(1, Decimal("100.50"), 0, 0),
    }
    assert found.total == Total(20, Decimal("1688.00"), 0, 0)
    assert [(each.article, each.worth.value) for each in found.lines] == [
        ("KRS-42", Decimal("1608.00")),
        ("KRS-43", Decimal("80.00")),
    ]


def test_an_unknown_cost_is_shown_and_never_nothing(shop: Shop) -> None:
    place = shop.shelf.place()
    nameless, torn, known = shop.shelf.item("A-1"), shop.shelf.item("A-2"), shop.shelf.item("A-3")
    for item in (nameless, torn, known):
        shop.shelf.receive(item, place, 5)
    shop.link(shop.sku("A-2", cost="10"), torn)
    shop.link(shop.sku("A-2", "OZON", cost="11"), torn)
    shop.link(shop.sku("A-3", cost="10"), known)
    found = shop.valuation()
    assert found.total == Total(15, Decimal(50), 10, 2)
    assert [(each.article, each.differs) for each in found.lines] == [
        ("A-3", False), ("A-1", False), ("A-2", True),
    ]  # fmt: skip
    assert [each.article for each in shop.valuation(unknown=True).lines] == ["A-1", "A-2"]


def test_a_past_day_has_its_own_stock_and_its_own_costs(shop: Shop) -> None:
    item, place = shop.shelf.item("KRS-42"), shop.shelf.place()
    sku = shop.sku("KRS-42", cost="10")
    shop.link(sku, item)
    shop.shelf.receive(item, place, 7)  # today by the books, whenever the shop's clock stands
    shop.stock(sku, 5)
    shop.stock(sku, 9, d=YESTERDAY - timedelta(days=1))
    with shop.db.tenant(shop.shelf.tenant_id) as tx:
        tx.run(
            "INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price)"
            " VALUES (:tenant_id, :sku, :d, 20)",
            sku=sku,
            d=YESTERDAY,
        )
    assert dict(shop.valuation().places) == {
        "OWN": Total(7, Decimal(140), 0, 0), "WB": Total(5, Decimal(100), 0, 0),
    }  # fmt: skip
    before = shop.valuation(d=YESTERDAY - timedelta(days=1))
    assert dict(before.places) == {"WB": Total(9, Decimal(90), 0, 0)}
    assert (before.is_now, before.stock_day) == (False, YESTERDAY - timedelta(days=1))
    assert shop.valuation(d=YESTERDAY - timedelta(days=9)).stock_day is None, "nobody told of that day"


def test_nobody_sees_anothers_goods(shop: Shop, db: Database, settings: Settings, clock: FixedClock) -> None:
    shop.shelf.receive(shop.shelf.item("KRS-42"), shop.shelf.place(), 10)
    shop.day(shop.sku("KRS-42"), "500", "100.00")
    other = Shop(db, Shelf(db), settings, clock, {})
    assert (other.valuation().lines, other.slow().goods, other.ageing().items) == ((), 0, 0)
    assert other.abc().lines == ()
