"""Whole nights, questions and a cost with row-level security out of the way: staging, resolving, merging
and recomputing touch nobody else's rows, and say what they say behind the wall."""

import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import structlog

from app.db.install import Urls
from app.db.session import Database
from app.services.analytics.money import MoneyQuery, ShowMoney
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.analytics.stock import ShowStock, StockQuery
from app.services.analytics.supply import ShowSupply, SupplyQuery
from app.services.analytics.today import ShowToday, TodayQuery
from app.services.costs import CostChange, NewCost, SetCostPrice, UndoCost
from tests.repositories.open_wall import OpenWall, open_wall
from tests.support.shop import CORE, Shop, content, open_shop, sandbox, versions

DAYS = 3


@pytest.fixture(scope="module", autouse=True)
def few_logs() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module")
def shops(db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    """Two organisations at one seller: every name of a thing is in both. The second works without a wall."""
    folder: Path = tmp_path_factory.mktemp("house")
    with (
        sandbox(skus=12, days=DAYS) as server,
        open_wall(urls) as unwalled,
        open_shop(db, urls, folder, server, only=CORE) as walled,
        open_shop(unwalled, urls, folder, server, only=CORE) as open_one,
    ):
        assert walled.night(days=DAYS).errors == {}
        yield walled, open_one


def test_a_night_without_a_wall_brings_what_one_behind_it_brings(shops: tuple[Shop, Shop]) -> None:
    walled, open_one = shops
    said, where = content(walled), versions(walled)
    assert isinstance(open_one.db, OpenWall)
    assert open_one.night(days=DAYS).errors == {}
    assert content(open_one) == said
    assert all(said.values())
    assert versions(walled) == where, "not a row of the other organisation was written again"


def test_the_next_night_changes_ones_own_days_only(shops: tuple[Shop, Shop]) -> None:
    """Late returns and corrections are merged: updates and deletions, not inserts alone."""
    walled, open_one = shops
    assert open_one.night(days=DAYS).errors == {}
    open_one.advance()
    where = versions(walled)
    assert open_one.night(days=DAYS + 1).written > 0
    assert versions(walled) == where
    assert walled.night(days=DAYS + 1).errors == {}
    assert content(walled) == content(open_one)


def test_a_cost_is_ones_own_business(shops: tuple[Shop, Shop]) -> None:
    walled, open_one = shops
    assert open_one.night(days=DAYS).errors == {}
    where = versions(walled)
    house = open_one.house
    article = open_one.value("SELECT min(article) FROM sku WHERE tenant_id = :tenant_id AND article <> ''")
    with open_one.db.tenant(open_one.tenant_id) as tx:
        since = open_one.d
        done = SetCostPrice(house.clock, house.settings)(
            tx, NewCost(article=article, price=Decimal(100), since=since)
        )
    assert done.change_id is not None
    with open_one.db.tenant(open_one.tenant_id) as tx:
        UndoCost(house.clock, house.settings)(tx, CostChange(change_id=done.change_id))
    assert versions(walled) == where


@pytest.mark.parametrize(
    ("case", "query"),
    [
        (ShowToday, TodayQuery()),
        (ShowPnl, PnlQuery(days=3)),
        (ShowMoney, MoneyQuery()),
        (ShowStock, StockQuery()),
        (ShowSupply, SupplyQuery(window_days=14)),
        (ShowStatus, StatusQuery()),
    ],
)
def test_a_question_is_answered_alike_with_and_without_a_wall(
    shops: tuple[Shop, Shop], db: Database, case: type, query: object
) -> None:
    _, open_one = shops
    assert open_one.night(days=DAYS).errors == {}
    ask = case(open_one.house.clock, open_one.house.settings)
    with db.tenant(open_one.tenant_id) as tx:
        behind = ask(tx, query)
    with open_one.db.tenant(open_one.tenant_id) as tx:
        assert ask(tx, query) == behind
