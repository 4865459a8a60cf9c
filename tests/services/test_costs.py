"""A cost given in the chat: from which day it counts, how it is taken back, what is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.errors import BadInput, Conflict, NotFound
from app.db.session import Database, TenantTx
from app.marketplaces.rows import CatalogueRow, SaleEventRow, SkuRef
from app.marketplaces.source import Normalised, Unit
from app.services.costs import CostChange, NewCost, SetCostPrice, UndoCost
from app.services.ingestion.facts import FactWriter
from app.services.recalc_metrics import recalc_metrics
from tests.support.worlds import Cabinet, make_cabinet

D = date(2026, 11, 19)
TODAY = D + timedelta(days=1)
FIRST = D - timedelta(days=9)
NONE = Decimal(0)


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    """KRS-1 in two sizes, sold a piece for 1000 a day over ten days; KRS-2 has never been sold."""
    cabinet = make_cabinet(db, "WB")
    rows = Normalised(
        catalogue=[
            CatalogueRow(nm, chrt, None, None, article, size, (), "Лён", "Платья", "Платье")
            for nm, chrt, article, size in (
                (1, 11, "KRS-1", "S"),
                (1, 12, "KRS-1", "M"),
                (2, 21, "KRS-2", "S"),
            )
        ],
        sales=[
            SaleEventRow(
                *(f"S{number}", FIRST + timedelta(days=number), SkuRef(nm_id=1, chrt_id=11 + number % 2)),
                *("МСК", "FBO", "RUB", 1, 0, Decimal(1000), NONE, NONE, NONE, NONE),
            )
            for number in range(10)
        ],
    )
    with db.tenant(cabinet.tenant_id) as tx:
        writer = FactWriter(
            tx=tx,
            account_id=cabinet.id,
            marketplace="WB",
            now=datetime(2026, 11, 20, 3, tzinfo=UTC),
            trace_id="t",
        )
        writer.write(Unit("u", FIRST, D), rows, frozenset({"sales"}), replaces=False)
        recalc_metrics(tx, FIRST, D, trace_id="t")
        tx.run("DELETE FROM recalc_pending")
    return cabinet


@pytest.fixture
def give(clock: FixedClock, settings: Settings) -> SetCostPrice:
    return SetCostPrice(clock, settings)


def profits(tx: TenantTx) -> list[Decimal | None]:
    return list(tx.run("SELECT profit FROM metrics_daily ORDER BY d").scalars())


def test_the_first_cost_counts_from_the_first_sale_for_all_sizes(
    db: Database, cabinet: Cabinet, give: SetCostPrice
) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        assert profits(tx) == [None] * 10
        done = give(tx, NewCost(article="krs-1", price=Decimal("350.50")))
        assert (done.skus, done.since, done.days_touched, done.previous) == (2, FIRST, 10, None)
        assert profits(tx) == [Decimal("649.50")] * 10


def test_the_next_cost_counts_from_today_and_leaves_the_past(
    db: Database, cabinet: Cabinet, give: SetCostPrice
) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        give(tx, NewCost(article="KRS-1", price=Decimal(300)))
        done = give(tx, NewCost(article="KRS-1", price=Decimal(400)))
        assert (done.since, done.previous, done.days_touched) == (TODAY, Decimal("300.00"), 0)
        assert profits(tx) == [Decimal("700.00")] * 10


def test_a_cost_from_a_day_on_splits_history_and_is_taken_back_once(
    db: Database, cabinet: Cabinet, give: SetCostPrice, clock: FixedClock, settings: Settings
) -> None:
    undo = UndoCost(clock, settings)
    with db.tenant(cabinet.tenant_id) as tx:
        give(tx, NewCost(article="KRS-1", price=Decimal(300)))
        done = give(tx, NewCost(article="KRS-1", price=Decimal(400), since=D - timedelta(days=2)))
        assert done.days_touched == 3
        assert profits(tx) == [Decimal("700.00")] * 7 + [Decimal("600.00")] * 3
        undo(tx, CostChange(change_id=done.change_id))
        assert profits(tx) == [Decimal("700.00")] * 10
        with pytest.raises(Conflict, match="уже отменено"):
            undo(tx, CostChange(change_id=done.change_id))
        with pytest.raises(NotFound, match="Такого изменения нет"):
            undo(tx, CostChange(change_id=10**9))


def test_the_same_cost_again_changes_no_row(db: Database, cabinet: Cabinet, give: SetCostPrice) -> None:
    versions = "SELECT xmin::text, ctid::text FROM {} ORDER BY 2"
    tables = ("metrics_daily", "cost_price_history")
    order = NewCost(article="KRS-1", price=Decimal(300), since=FIRST)
    with db.tenant(cabinet.tenant_id) as tx:
        give(tx, order)
    with db.tenant(cabinet.tenant_id) as tx:
        before = [tx.run(versions.format(name)).all() for name in tables]
        give(tx, order)
        assert [tx.run(versions.format(name)).all() for name in tables] == before


def test_what_a_dead_night_left_stale_stays_stale(db: Database, cabinet: Cabinet, give: SetCostPrice) -> None:
    """A cost of yesterday is recomputed at once; the facts that changed a week ago are the night's."""
    stale = D - timedelta(days=7)
    with db.tenant(cabinet.tenant_id) as tx:
        tx.run(
            "INSERT INTO recalc_pending SELECT tenant_id, id, :d FROM sku WHERE article = 'KRS-1'", d=stale
        )
        give(tx, NewCost(article="KRS-1", price=Decimal(300), since=D))
        assert set(tx.run("SELECT d_from FROM recalc_pending").scalars()) == {stale}


def test_a_cost_since_long_ago_makes_no_months_of_nothing(
    db: Database, cabinet: Cabinet, give: SetCostPrice
) -> None:
    months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'metrics_daily'::regclass"
    with db.tenant(cabinet.tenant_id) as tx:
        before = tx.run(months).scalar_one()
        give(tx, NewCost(article="KRS-1", price=Decimal(300), since=date(2016, 1, 1)))
        assert tx.run(months).scalar_one() == before
        assert profits(tx) == [Decimal("700.00")] * 10


@pytest.mark.parametrize("price", ["0", "-1", "10000000.01", "1e15"])
def test_an_absurd_price_is_refused(db: Database, cabinet: Cabinet, give: SetCostPrice, price: str) -> None:
    with db.tenant(cabinet.tenant_id) as tx, pytest.raises(BadInput, match="больше нуля и не больше 10"):
        give(tx, NewCost(article="KRS-1", price=Decimal(price)))


def test_a_day_to_come_is_refused_and_today_is_not(
    db: Database, cabinet: Cabinet, give: SetCostPrice
) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        with pytest.raises(BadInput, match=r"21\.11\.2026 ещё не наступило"):
            give(tx, NewCost(article="KRS-1", price=Decimal(1), since=TODAY + timedelta(days=1)))
        assert give(tx, NewCost(article="KRS-1", price=Decimal(1), since=TODAY)).since == TODAY


def test_an_unknown_article_names_its_neighbours(db: Database, cabinet: Cabinet, give: SetCostPrice) -> None:
    with db.tenant(cabinet.tenant_id) as tx, pytest.raises(NotFound) as told:
        give(tx, NewCost(article="KRS-9", price=Decimal(1)))
    assert "Артикула «KRS-9» нет в ваших кабинетах." in str(told.value)
    assert "KRS-1" in str(told.value)
    assert "KRS-2" in str(told.value)
