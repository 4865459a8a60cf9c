"""Dimensions keep what things were called and when: versions that never overlap, one of them current."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine, pool, text

from app.db.install import Urls
from app.db.session import Database
from app.repositories.dw import DIMENSIONS, Versions, refresh_dimension
from app.services.dw import refresh_dw
from tests.support.refusals import CHECK_VIOLATED, UNIQUE_VIOLATED, refused
from tests.support.shelf import Shelf

EXCLUDED = "23P01"


@contextmanager
def owner(urls: Urls) -> Iterator[Connection]:
    """A transaction of the owner, of which nothing stays."""
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        connection.execute(text("SET LOCAL ROLE ambar_owner"))
        yield connection
        connection.rollback()


def refreshed(db: Database) -> dict[str, Versions]:
    with db.platform() as tx:
        return {each: refresh_dimension(tx, each) for each in DIMENSIONS}


def rename(shelf: Shelf, item: int, name: str) -> None:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("UPDATE item SET name = :name WHERE tenant_id = :tenant_id AND id = :id", name=name, id=item)


def versions(shelf: Shelf, item: int) -> list[tuple[str, datetime, datetime | None, bool]]:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        rows = tx.run(
            "SELECT name, valid_from, valid_to, is_current FROM dw.dim_product"
            " WHERE tenant_id = :tenant_id AND product_nk = :item ORDER BY valid_from",
            item=item,
        )
        return [tuple(row) for row in rows]


def called_at(shelf: Shelf, item: int, at: datetime) -> list[str]:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        rows = tx.run(
            "SELECT name FROM dw.dim_product WHERE tenant_id = :tenant_id AND product_nk = :item"
            " AND valid_period @> CAST(:at AS timestamptz)",
            item=item,
            at=at,
        )
        return list(rows.scalars())


def test_a_change_closes_a_version_and_opens_the_next(shelf: Shelf) -> None:
    item = shelf.item()
    assert refreshed(shelf.db)["dim_product"] == (0, 1)
    rename(shelf, item, "Носки")
    assert refreshed(shelf.db)["dim_product"] == (1, 1)
    (_, first, ended, old), (name, begun, open_end, new) = versions(shelf, item)
    assert (ended, old, name, open_end, new) == (begun, False, "Носки", None, True)
    instant = timedelta(microseconds=1)
    assert [called_at(shelf, item, at) for at in (first - instant, first, begun - instant, begun)] == [
        [], [""], [""], ["Носки"],
    ]  # fmt: skip


def test_what_has_not_changed_makes_no_version(shelf: Shelf) -> None:
    item = shelf.item()
    refreshed(shelf.db)
    rename(shelf, item, "")
    assert refreshed(shelf.db) == dict.fromkeys(DIMENSIONS, Versions(0, 0))


def test_two_changes_in_one_transaction_are_two_versions(urls: Urls, shelf: Shelf) -> None:
    """With now() for the border, or with it in both versions, the second would meet the first."""
    item = shelf.item()
    refreshed(shelf.db)
    with owner(urls) as connection:
        for name in ("Носки", "Гольфы", "Чулки"):
            connection.execute(
                text("UPDATE item SET name = :name WHERE id = :id"), {"name": name, "id": item}
            )
            connection.execute(text("SELECT dw.refresh_dimension('dim_product')"))
        ends = connection.execute(
            text("SELECT valid_from, valid_to FROM dw.dim_product WHERE product_nk = :id ORDER BY 1"),
            {"id": item},
        ).all()
    assert len(ends) == 4
    assert [end for _, end in ends[:-1]] == [begin for begin, _ in ends[1:]]


def test_a_clock_that_was_put_back_makes_no_version_of_no_time(urls: Urls, shelf: Shelf) -> None:
    item = shelf.item()
    refreshed(shelf.db)
    with owner(urls) as connection:
        ahead = "UPDATE dw.dim_product SET valid_from = now() + interval '1 hour' WHERE product_nk = :id"
        connection.execute(text(ahead), {"id": item})
        connection.execute(text("UPDATE item SET name = 'Носки' WHERE id = :id"), {"id": item})
        connection.execute(text("SELECT dw.refresh_dimension('dim_product')"))
        periods = connection.scalars(
            text("SELECT NOT isempty(valid_period) FROM dw.dim_product WHERE product_nk = :id"), {"id": item}
        )
        assert list(periods) == [True, True]


def test_a_thing_that_is_gone_is_closed_and_stays(urls: Urls, shelf: Shelf) -> None:
    item = shelf.item()
    refreshed(shelf.db)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("DELETE FROM item WHERE tenant_id = :tenant_id AND id = :id", id=item)
    assert refreshed(shelf.db)["dim_product"] == (1, 0)
    assert [current for *_, current in versions(shelf, item)] == [False]


def test_every_attribute_of_every_dimension_makes_a_version(shelf: Shelf) -> None:
    item = shelf.item()
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("INSERT INTO customer (tenant_id, name) VALUES (:tenant_id, 'Мария')")
    refreshed(shelf.db)
    changes = {
        "dim_product": (
            'UPDATE item SET attributes = \'{"spec": "46"}\' WHERE tenant_id = :tenant_id AND id = :item',
            "UPDATE item SET article = article || '!' WHERE tenant_id = :tenant_id AND id = :item",
            "INSERT INTO item_barcode (tenant_id, barcode, item_id) VALUES (:tenant_id, '4601', :item)",
        ),
        "dim_warehouse": (
            "UPDATE warehouse SET name = 'Склад' WHERE tenant_id = :tenant_id",
            "UPDATE warehouse SET region = 'Москва' WHERE tenant_id = :tenant_id",
        ),
        "dim_customer": ("UPDATE customer SET name = 'Мария Ивановна' WHERE tenant_id = :tenant_id",),
    }
    assert set(changes) == set(DIMENSIONS)
    for dimension, deeds in changes.items():
        for deed in deeds:
            with shelf.db.tenant(shelf.tenant_id) as tx:
                assert tx.run(deed, item=item).rowcount == 1
            wanted = {each: Versions(*((1, 1) if each == dimension else (0, 0))) for each in DIMENSIONS}
            assert refreshed(shelf.db) == wanted, deed


def test_how_to_reach_a_customer_is_kept_in_no_history(shelf: Shelf) -> None:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("INSERT INTO customer (tenant_id, name, contact) VALUES (:tenant_id, 'Мария', '+79990001122')")
    refreshed(shelf.db)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        kept = tx.run("SELECT c::text FROM dw.dim_customer c WHERE tenant_id = :tenant_id").scalar_one()
        tx.run("UPDATE customer SET contact = '+7' WHERE tenant_id = :tenant_id")
    assert "Мария" in kept
    assert "79990001122" not in kept
    assert refreshed(shelf.db)["dim_customer"] == (0, 0)


def test_the_table_is_one_of_a_list(db: Database) -> None:
    for asked in ("item", "refreshed", "dim_product; DROP TABLE item", "current_stock_mv", ""):
        with refused("22023", saying="no such dimension"), db.platform() as tx:
            refresh_dimension(tx, asked)


_COPY = (
    "INSERT INTO dw.dim_product (tenant_id, product_nk, article, name, attributes, barcodes, valid_from,"
    " valid_to) SELECT tenant_id, product_nk, article, name, attributes, barcodes, {begin}, {end}"
    " FROM dw.dim_product WHERE product_nk = :id"
)


@pytest.mark.parametrize(
    ("begin", "end", "code", "saying"),
    [
        ("valid_from + interval '1 second'", "valid_from + interval '1 day'", EXCLUDED, "valid_period"),
        ("valid_from - interval '1 day'", "valid_from + interval '1 microsecond'", EXCLUDED, "valid_period"),
        ("valid_from + interval '1 day'", "NULL", EXCLUDED, "valid_period"),
        ("valid_from", "valid_from", CHECK_VIOLATED, "ck_dim_product_period"),
    ],
)
def test_the_database_refuses_what_cannot_have_been(
    urls: Urls, shelf: Shelf, begin: str, end: str, code: str, saying: str
) -> None:
    item = shelf.item()
    refreshed(shelf.db)
    with owner(urls) as connection, refused(code, saying=saying):
        connection.execute(text(_COPY.format(begin=begin, end=end)), {"id": item})


def test_one_version_at_most_is_current_even_where_periods_are_not_looked_at(
    urls: Urls, shelf: Shelf
) -> None:
    item = shelf.item()
    refreshed(shelf.db)
    with owner(urls) as connection, refused(UNIQUE_VIOLATED, saying="uq_dim_product_current"):
        connection.execute(text("ALTER TABLE dw.dim_product DROP CONSTRAINT ex_dim_product_valid_period"))
        sql = _COPY.format(begin="valid_from + interval '1 day'", end="NULL")
        connection.execute(text(sql), {"id": item})


def test_the_border_belongs_to_the_later_version(urls: Urls, shelf: Shelf) -> None:
    """Half-open: what ends when the next begins is no overlap. Trap S5 had '[]'."""
    item = shelf.item()
    refreshed(shelf.db)
    with owner(urls) as connection:
        sql = _COPY.format(begin="valid_from - interval '1 day'", end="valid_from")
        assert connection.execute(text(sql), {"id": item}).rowcount == 1


def test_closing_and_opening_in_one_statement_is_refused(urls: Urls, shelf: Shelf) -> None:
    """Trap S5: why the function has two statements."""
    item = shelf.item()
    refreshed(shelf.db)
    at_once = (
        "WITH closed AS (UPDATE dw.dim_product SET valid_to = now() + interval '1 hour'"
        f" WHERE product_nk = :id RETURNING id) {_COPY}"
    )
    with owner(urls) as connection, refused(EXCLUDED, saying="valid_period"):
        sql = at_once.format(begin="now() + interval '1 hour'", end="NULL")
        connection.execute(text(sql), {"id": item})


def test_an_equal_name_of_two_organisations_is_two_histories(db: Database, shelf: Shelf) -> None:
    other = Shelf(db)
    mine, theirs = shelf.item("KRS-42"), other.item("KRS-42")
    refresh_dw(db)
    rename(shelf, mine, "Носки")
    assert (refresh_dw(db).closed, len(versions(shelf, mine)), len(versions(other, theirs))) == (1, 2, 1)


def test_equal_numbers_of_two_organisations_are_two_things(db: Database) -> None:
    """A number is a tenant's own: nothing promises that another has not the same."""
    tenants = (Shelf(db).tenant_id, Shelf(db).tenant_id)
    for tenant in tenants:
        with db.tenant(tenant) as tx:
            tx.run("INSERT INTO item (tenant_id, id, article) VALUES (:tenant_id, 900000001, 'KRS-42')")
    assert refreshed(db)["dim_product"] == (0, 2)
    assert refreshed(db)["dim_product"] == (0, 0)
    with db.tenant(tenants[0]) as tx:
        tx.run("UPDATE item SET article = 'KRS-43' WHERE tenant_id = :tenant_id")
    assert refreshed(db)["dim_product"] == (1, 1)
