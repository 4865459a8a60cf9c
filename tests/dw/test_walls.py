"""The copy of the shelf is everybody's, and each sees of it what is their own (trap S6)."""

import time
from dataclasses import dataclass

import pytest
from sqlalchemy import create_engine, pool, text

from app.core.errors import NotNow
from app.db.install import LOGIN, Urls
from app.db.roles import APP, BACKUP, PLATFORM
from app.db.session import Database
from app.repositories import dw
from app.services.dw import refresh_dw
from tests.db.channels import CHANNELS, looked
from tests.db.test_walls_from_inside import inside
from tests.support.databases import superuser
from tests.support.refusals import DENIED, refused
from tests.support.shelf import Shelf

READABLE = ("dw.current_stock", "dw.dim_product", "dw.dim_warehouse", "dw.dim_customer")
UNREADABLE = ("dw.current_stock_mv", "dw.dim_product_now", "dw.dim_warehouse_now", "dw.dim_customer_now")


@dataclass(frozen=True)
class Two:
    """Two shelves whose tenants' ids are found in a text only if they are meant."""

    mine: int
    other: int


@pytest.fixture(scope="module")
def two(urls: Urls, db: Database) -> Two:
    with superuser(urls.admin) as connection:
        connection.execute(
            text("ALTER SEQUENCE tenant_id_seq INCREMENT BY 1000000007 RESTART WITH 7100200301")
        )
    tenants = []
    for _ in range(2):
        shelf = Shelf(db)
        item, place = shelf.item("KRS-42"), shelf.place("A-01")
        shelf.receive(item, place, 5)
        with db.tenant(shelf.tenant_id) as tx:
            tx.run("INSERT INTO customer (tenant_id, name) VALUES (:tenant_id, 'Мария')")
        tenants.append(shelf.tenant_id)
    refresh_dw(db)
    with superuser(urls.admin) as connection:
        connection.execute(text("ANALYZE"))
    return Two(*tenants)


def test_each_sees_its_own_shelf(db: Database, two: Two) -> None:
    for tenant in (two.mine, two.other):
        with db.tenant(tenant) as tx:
            assert [(each.article, each.on_hand) for each in dw.list_shelf(tx)] == [("KRS-42", 5)]
            for relation in READABLE:
                assert list(tx.run(f"SELECT tenant_id FROM {relation}").scalars()) == [tenant], relation


def test_without_a_tenant_there_are_no_rows(urls: Urls, two: Two) -> None:
    with create_engine(urls.app, poolclass=pool.NullPool).connect() as connection:
        connection.execute(text(f"SET LOCAL ROLE {APP}"))
        for setting in ("", "SET LOCAL app.tenant_id = ''"):
            if setting:
                connection.execute(text(setting))
            for relation in READABLE:
                assert connection.execute(text(f"SELECT * FROM {relation}")).all() == [], relation


@pytest.mark.parametrize("name", CHANNELS)
def test_no_relation_shows_another_tenant_through_any_channel(urls: Urls, two: Two, name: str) -> None:
    with inside(urls, two.mine) as cursor:
        told = {each: looked(cursor, CHANNELS[name], each, two.other) for each in (*READABLE, *UNREADABLE)}
    assert [each for each, said in told.items() if str(two.other) in said] == []


def test_the_copy_itself_and_what_the_dimensions_are_made_of_are_refused(urls: Urls, two: Two) -> None:
    with inside(urls, two.mine) as cursor:
        told = [looked(cursor, CHANNELS["rows"], each, two.other) for each in UNREADABLE]
    assert [said[:5] for said in told] == [DENIED] * len(UNREADABLE)


def test_a_right_to_the_copy_itself_would_show_the_other(urls: Urls, two: Two) -> None:
    """Or the sweep above would prove nothing."""
    with inside(urls, two.mine, f"GRANT SELECT ON dw.current_stock_mv TO {APP}") as cursor:
        assert str(two.other) in looked(cursor, CHANNELS["rows"], "dw.current_stock_mv", two.other)


def test_a_view_without_its_barrier_tells_a_function_the_others_rows(urls: Urls, two: Two) -> None:
    open_it = "ALTER VIEW dw.current_stock RESET (security_barrier)"
    with inside(urls, two.mine, open_it) as cursor:
        assert str(two.other) in looked(
            cursor, CHANNELS["a function that tells"], "dw.current_stock", two.other
        )


def test_the_application_reads_four_relations_and_nobody_writes_any(urls: Urls) -> None:
    asked = text(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'dw'::regnamespace"
        " AND c.relkind IN ('r', 'v', 'm') AND has_table_privilege(:role, c.oid, :rights) ORDER BY 1"
    )
    changes = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
    with superuser(urls.admin) as connection:
        may = {
            (role, rights): list(connection.scalars(asked, {"role": role, "rights": rights}))
            for role in (APP, PLATFORM, BACKUP, LOGIN)
            for rights in ("SELECT", changes)
        }
    assert may[APP, "SELECT"] == sorted([*READABLE, "dw.refreshed"])
    assert may[PLATFORM, "SELECT"] == ["dw.refreshed"]
    assert may[BACKUP, "SELECT"] == sorted([*READABLE[1:], "dw.refreshed"])
    assert [each for each in may.items() if each[0][1] == changes and each[1]] == []
    assert may[LOGIN, "SELECT"] == []


@pytest.mark.parametrize("call", ["dw.refresh_stock()", "dw.refresh_dimension('dim_product')"])
@pytest.mark.parametrize("role", [APP, BACKUP])
def test_a_refresh_is_the_platforms_to_ask_for(urls: Urls, role: str, call: str) -> None:
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection, refused(DENIED):
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        connection.execute(text(f"SELECT {call}"))


def test_the_copy_changes_when_it_is_refreshed_and_not_before(db: Database) -> None:
    shelf = Shelf(db)
    item, place = shelf.item(), shelf.place()

    def seen() -> list[int]:
        with db.tenant(shelf.tenant_id) as tx:
            return [each.on_hand for each in dw.list_shelf(tx)]

    shelf.receive(item, place, 7)
    assert seen() == []
    at = refresh_dw(db).at
    assert seen() == [7]
    with db.tenant(shelf.tenant_id) as tx:
        assert dw.refreshed_at(tx) == at


def test_whoever_reads_the_copy_does_not_hold_up_a_refresh(db: Database, two: Two) -> None:
    """CONCURRENTLY: a plain refresh would wait for this reader, and readers for it."""
    with db.tenant(two.mine) as tx:
        assert len(dw.list_shelf(tx)) == 1
        assert refresh_dw(db)
        assert len(dw.list_shelf(tx)) == 1


def test_one_refreshes_at_a_time_and_the_other_is_told(db: Database) -> None:
    with db.platform() as tx:
        dw.refresh_stock(tx)
        began = time.monotonic()
        with pytest.raises(NotNow, match="уже обновляется"):
            refresh_dw(db)
        assert time.monotonic() - began < 5, "at once, not when it has waited for a lock in vain"
