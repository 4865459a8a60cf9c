"""Storage, acceptance, fines and returns of a night are the sandbox's books, and the P&L has them once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.sandbox.wb.areas import charges
from app.sandbox.wb.lumps import FINE, FINES
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.night import NightReport
from tests.support.oracle.book import days, rub
from tests.support.oracle.wb_goods import booked_returns, our_returns
from tests.support.oracle.wb_money import booked_charges, booked_storage, our_charges, our_storage
from tests.support.shop import Shop, books, open_shop, our_books, sandbox

DAYS = 12
OURS = (
    "wb.storage",
    "wb.acceptance",
    "wb.deductions",
    "wb.measurements",
    "wb.self_buyouts",
    "wb.item_returns",
)
TABLES = ("storage_cost_daily", "charge", "item_return")


@contextmanager
def first_night(db: Database, urls: Urls, folder: Path, *others: str) -> Iterator[Shop]:
    """A world in which things were fined for either reason, after its first night."""
    with (
        sandbox(skus=20, days=DAYS, seed=11) as server,
        open_shop(db, urls, folder, server, marketplaces=("WB",)) as shop,
    ):
        report = night(shop, "wb.cards", *others, days=DAYS)
        assert (report.errors, report.wait_until) == ({}, None)
        assert {name.replace("_", ".", 1) for name in report.rows} == {*OURS, "wb.cards", *others}
        yield shop


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path) -> Iterator[Shop]:
    """Nobody moves its days on."""
    with first_night(db, urls, folder, "wb.finance") as shop:
        yield shop


@pytest.fixture(scope="module")
def living(db: Database, urls: Urls, folder: Path) -> Iterator[Shop]:
    """The same world for tests that live on, each from wherever the others have left it."""
    with first_night(db, urls, folder) as shop:
        yield shop


def night(shop: Shop, *names: str, days: int | None = None) -> NightReport:
    return shop.night(days=days, only={*OURS, *names}.__contains__)


def agree(shop: Shop) -> None:
    assert our_storage(shop) == booked_storage(shop.world)
    assert our_charges(shop) == booked_charges(shop.world)
    assert our_returns(shop) == booked_returns(shop.world)


def written_by(shop: Shop) -> dict[tuple[Any, ...], str]:
    """Every row, and the transaction that wrote it."""
    return {
        (name, *sorted((k, str(v)) for k, v in row.row.items())): row.by
        for name in TABLES
        for row in shop.rows(
            f"SELECT xmin::text AS by, to_jsonb(t) AS row FROM {name} t WHERE tenant_id = :tenant_id"
        )
    }


def test_a_night_brings_the_books(shop: Shop) -> None:
    agree(shop)
    assert len({row[0] for row in our_storage(shop)}) == DAYS
    assert {row[1] for row in our_charges(shop)} == {"acceptance", "measurements", "deductions"}
    assert len({row[2] for row in our_returns(shop)}) > 1
    for table in ("unplaced_row", "unknown_value"):
        assert shop.value(f"SELECT count(*) FROM {table} WHERE tenant_id = :tenant_id") == 0


def test_storage_by_sku_is_the_lump_of_the_day_but_for_rounding(shop: Shop) -> None:
    """Half a kopeck a row, two rows at most a SKU."""
    lumps = shop.rows(
        "SELECT d, -sum(amount) AS amount FROM settlement_line WHERE tenant_id = :tenant_id"
        " AND line = 'storage' GROUP BY d"
    )
    assert len(lumps) == DAYS
    for lump in lumps:
        told = [row[2] for row in our_storage(shop) if row[0] == lump.d]
        assert abs(sum(told) - lump.amount) <= Decimal("0.01") * (len(told) + 1)


def test_the_profit_and_loss_has_them_once(shop: Shop) -> None:
    world = shop.world
    ours = our_books(shop)
    assert {d: book for (_, d), book in ours.items()} == {
        world.day(t): books(world, "WB", world.day(t)) for t in days(world)
    }
    with shop.db.tenant(shop.tenant_id) as tx:
        (totals,) = ShowPnl(shop.house.clock, shop.house.settings)(tx, PnlQuery(days=DAYS)).totals
    lines = dict(totals.lines)
    for line, lump in (
        (PnlLine.STORAGE, charges.lumps.STORAGE),
        (PnlLine.ACCEPTANCE, charges.lumps.ACCEPTANCE),
        (PnlLine.PENALTY, FINE),
    ):
        told = [each.amount for t in days(world) for each in world.wb.ledger.sundries(t) if each.kind == lump]
        assert lines[line] == -rub(sum(told)), line


def test_the_same_night_again_changes_nothing(shop: Shop) -> None:
    before = written_by(shop)
    report = night(shop, days=DAYS)
    assert (report.errors, report.written) == ({}, 0)
    assert written_by(shop) == before


def test_days_that_pass_are_added_and_returns_move_on(living: Shop) -> None:
    shop = living
    before = written_by(shop)
    shop.advance(3)
    assert night(shop).errors == {}
    agree(shop)
    after = written_by(shop)
    gone = before.keys() - after.keys()
    assert {row[0] for row in gone} <= {"item_return"}
    assert all(after[row] == by for row, by in before.items() if row not in gone)
    assert night(shop).written == 0


def test_a_corrected_fine_and_a_withdrawn_one_move_exactly_themselves(living: Shop) -> None:
    shop = living
    world, before = shop.world, written_by(shop)
    fined = [
        (t, lump)
        for t in days(world)
        for words in (FINES[0], FINES[2])
        for lump in charges.fines(world, t, words)
    ]
    (t, corrected), (u, withdrawn) = fined[0], fined[-1]
    assert corrected is not withdrawn
    lumps = world.wb.ledger.lumps
    lumps[t] = [replace(each, amount=777) if each is corrected else each for each in lumps[t]]
    lumps[u] = [each for each in lumps[u] if each is not withdrawn]
    assert night(shop).errors == {}
    agree(shop)
    after = written_by(shop)
    assert (len(before.keys() - after.keys()), len(after.keys() - before.keys())) == (2, 1)
    assert all(after[row] == by for row, by in before.items() if row in after)


def test_a_task_that_went_away_is_ordered_anew_and_doubles_nothing(living: Shop) -> None:
    shop = living
    shop.advance()
    shop.fault("/paid_storage/tasks", "500", 3)
    assert set(night(shop).errors) == {"wb.storage"}
    shop.control.post("/sandbox/expire").raise_for_status()
    shop.heal()
    shop.wall.skip(timedelta(minutes=20))
    shop.heard()
    assert night(shop).errors == {}
    asked = shop.heard("/paid_storage")
    assert [path.rpartition("/")[2] for path in asked][:2] == ["status", "paid_storage"]
    agree(shop)
