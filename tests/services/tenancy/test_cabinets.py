"""A cabinet that is switched off is asked no more, what it told stays, and it comes back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.core.errors import Conflict, NotFound
from app.db.install import Urls
from app.db.session import Database
from app.repositories import accounts
from app.sandbox.server import SandboxServer
from app.services.analytics.pnl import pnl
from app.services.jobs import CollectOrder, RequestCollect
from app.services.tenancy.cabinets import CabinetSwitch, SwitchCabinet
from tests.support.shop import CORE, Shop, connect, open_shop, sandbox

OZON = ("ozon.catalogue", "ozon.accruals", "ozon.stock")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=8, days=2) as server:
        yield server


@pytest.fixture(scope="module")
def shop(
    db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory, server: SandboxServer
) -> Iterator[Shop]:
    """One organisation with two Ozon cabinets, a night behind it."""
    folder = tmp_path_factory.mktemp("house")
    with open_shop(db, urls, folder, server, only=CORE, marketplaces=("OZON",)) as shop:
        key = f"{server.world.ozon_client_id} {server.world.ozon_api_key}"
        shop.accounts["second"] = connect(shop.house, shop.tenant_id, "OZON", "the-other", key)
        assert shop.night(days=2).errors == {}
        yield shop


def switch(shop: Shop, account_id: int, *, on: bool) -> None:
    with shop.db.tenant(shop.tenant_id) as tx:
        SwitchCabinet()(tx, CabinetSwitch(account_id=account_id, on=on))


def rows(shop: Shop) -> dict[int, int]:
    told = shop.rows("SELECT account_id, count(*) FROM settlement_line GROUP BY 1")
    return {row[0]: row[1] for row in told}


def test_what_is_off_is_not_asked_and_what_it_told_stays(shop: Shop) -> None:
    first, second = shop.accounts["OZON"], shop.accounts["second"]
    before = rows(shop)
    with shop.db.tenant(shop.tenant_id) as tx:
        whole = pnl(tx, shop.d, shop.d)
    switch(shop, second, on=False)
    try:
        report = shop.night()
        assert set(report.sources) == set(OZON)
        assert rows(shop) == before
        with shop.db.tenant(shop.tenant_id) as tx:
            now = pnl(tx, shop.d, shop.d)
        assert now.totals == whole.totals
        assert now.days_preliminary == whole.days_preliminary == ()
        switch(shop, first, on=False)
        with shop.db.tenant(shop.tenant_id) as tx:  # no cabinet left: the days that were told stay told
            assert pnl(tx, shop.d, shop.d).days_missing == ()
            assert pnl(tx, shop.d + timedelta(days=1), shop.d + timedelta(days=1)).days_missing
    finally:
        for each in (first, second):
            with shop.db.tenant(shop.tenant_id) as tx:
                accounts.set_state(tx, each, "active")
    assert set(shop.night().sources) == {f"{name}#{each}" for name in OZON for each in (first, second)}


def test_a_night_never_switches_on_what_its_owner_switched_off(shop: Shop) -> None:
    second = shop.accounts["second"]
    switch(shop, second, on=False)
    with shop.db.tenant(shop.tenant_id) as tx:  # what a night that began earlier would note
        accounts.mark_token(tx, second, "refused")
        assert accounts.is_off(tx, second)
    switch(shop, second, on=True)


def test_a_night_that_runs_stops_asking_a_cabinet_that_is_switched_off(shop: Shop) -> None:
    second = shop.accounts["second"]
    asked: list[str] = []

    def progress(stage: str, done: int, total: int) -> None:
        asked.append(stage)
        if done == 0 and len(asked) == 1:
            switch(shop, second, on=False)

    night = shop.house.night
    report = night.run(shop.tenant_id, shop.d, "t-off", progress, account_id=second)
    assert set(report.sources) == {f"{OZON[0]}#{second}"}
    switch(shop, second, on=True)


def test_one_cabinet_is_collected_alone(shop: Shop) -> None:
    second = shop.accounts["second"]
    report = shop.house.night.run(shop.tenant_id, shop.d, "t-one", lambda *_: None, account_id=second)
    assert set(report.sources) == {f"{name}#{second}" for name in OZON}


def test_a_cabinet_connected_while_a_night_runs_gets_a_collection_of_its_own(shop: Shop) -> None:
    ask = RequestCollect(shop.house.clock, shop.house.settings, shop.house.queue)
    with shop.db.tenant(shop.tenant_id) as tx:
        night, first, second, again = [
            ask(tx, CollectOrder(account_id=each)).job_id
            for each in (None, shop.accounts["OZON"], shop.accounts["second"], shop.accounts["second"])
        ]
    assert len({night, first, second}) == 3
    assert again == second


def test_switching_to_what_it_is_already_changes_nothing(shop: Shop) -> None:
    with pytest.raises(Conflict, match="уже подключён"):
        switch(shop, shop.accounts["OZON"], on=True)
    with pytest.raises(NotFound):
        switch(shop, 999_999, on=False)
