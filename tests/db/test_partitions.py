"""Months: made ahead and behind, by one at a time, within sane bounds, walled like their parent."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, pool, text

from app.db.install import Urls
from app.db.partitions import EARLIEST, PARTITIONED, ensure_months, latest, shift_month
from app.db.session import Database
from tests.db.walls import breaches
from tests.support.databases import superuser
from tests.support.refusals import CHECK_VIOLATED, DENIED, refused
from tests.support.worlds import make_tenant


@pytest.fixture(scope="module")
def tenant(db: Database) -> int:
    return make_tenant(db)


@pytest.fixture(scope="module")
def unmade(db: Database) -> Iterator[date]:
    """Months before all that the first migration made; every test takes some of its own."""
    return iter(shift_month(date(2016, 1, 1), 5 * step) for step in range(20))


def add_stock(db: Database, tenant: int, d: date) -> str:
    """A row of that day; the partition that it fell into."""
    with db.tenant(tenant) as tx:
        found = tx.run(
            "INSERT INTO daily_stock (tenant_id, account_id, d, sku_id, warehouse_id, src_hash) "
            "VALUES (:tenant_id, 1, :d, 1, 1, '') RETURNING tableoid::regclass::text",
            d=d,
        )
        return str(found.scalar_one())


def test_a_month_is_made_once_for_every_parent(db: Database, tenant: int, unmade: Iterator[date]) -> None:
    month = next(unmade)
    with db.tenant(tenant) as tx:
        assert ensure_months(tx, month, month) == len(PARTITIONED)
        assert ensure_months(tx, month, month) == 0
    with db.platform() as tx:
        assert ensure_months(tx, month, shift_month(month, 1)) == len(PARTITIONED)


def test_a_row_of_an_unmade_month_is_refused_and_then_lands_in_it(
    db: Database, tenant: int, unmade: Iterator[date]
) -> None:
    month = next(unmade)
    with refused(CHECK_VIOLATED, saying="no partition"):
        add_stock(db, tenant, month)
    with db.tenant(tenant) as tx:
        ensure_months(tx, month, month)
    last_day = shift_month(month, 1) - timedelta(days=1)
    assert add_stock(db, tenant, month) == add_stock(db, tenant, last_day) == f"daily_stock_{month:%Y_%m}"
    with refused(CHECK_VIOLATED, saying="no partition"):
        add_stock(db, tenant, last_day + timedelta(days=1))


def test_months_are_ready_for_last_month_and_a_quarter_ahead(db: Database, tenant: int) -> None:
    with db.tenant(tenant) as tx:
        today: datetime = tx.run("SELECT now()").scalar_one()
        ready = (today.date() - timedelta(days=28), today.date() + timedelta(days=85))
        assert ensure_months(tx, *ready) == 0


def test_absurd_days_get_no_month(db: Database, tenant: int) -> None:
    with db.tenant(tenant) as tx:
        now: datetime = tx.run("SELECT now()").scalar_one()
        assert ensure_months(tx, date(1970, 1, 1), EARLIEST - timedelta(days=1)) == 0
        assert ensure_months(tx, date(2087, 1, 1), date(2087, 12, 1)) == 0
        assert ensure_months(tx, now.date(), now.date() - timedelta(days=400)) == 0
        assert latest(now) < now.date() + timedelta(days=700)


def test_an_unknown_day_makes_nothing(db: Database, tenant: int) -> None:
    """greatest(NULL, 2015) is 2015: without STRICT it would make every month there is."""
    with db.tenant(tenant) as tx:
        for first, last in (("NULL", "'2020-01-01'"), ("'2020-01-01'", "NULL")):
            made = tx.run(f"SELECT ambar_make_partitions('daily_stock', {first}, {last})").scalar()
            assert made is None


@pytest.mark.parametrize(
    "parent", ["card", "nothing", "daily_stock_2026_01", "pg_class", "x; DROP TABLE card"]
)
def test_only_a_partitioned_table_gets_months(db: Database, tenant: int, parent: str) -> None:
    with refused("P0001", saying="is not a partitioned table"), db.tenant(tenant) as tx:
        tx.run("SELECT ambar_make_partitions(:parent, '2026-01-01', '2026-01-01')", parent=parent)


@pytest.mark.parametrize(
    "deed",
    [
        "CREATE TABLE public.daily_stock_2031_01 (x int)",
        "CREATE TABLE stray PARTITION OF daily_stock FOR VALUES FROM ('2031-01-01') TO ('2031-02-01')",
        "SELECT ambar_attach_month('daily_stock', 'stray', '2031-01-01')",
        "ALTER TABLE daily_stock DETACH PARTITION daily_stock_2026_11",
    ],
)
def test_the_application_makes_months_only_through_the_function(db: Database, tenant: int, deed: str) -> None:
    with refused(DENIED), db.tenant(tenant) as tx:
        tx.run(deed)


def test_a_made_month_is_walled_keyed_and_indexed_like_its_parent(
    db: Database, urls: Urls, tenant: int, unmade: Iterator[date]
) -> None:
    month = next(unmade)
    with db.tenant(tenant) as tx:
        ensure_months(tx, month, month)
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        assert breaches(connection) == []
        for parent in PARTITIONED:
            ask = text(
                "SELECT array_agg(concat_ws(' ', indisprimary, indkey::text, amname) ORDER BY indkey::text) "
                "FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_am a ON a.oid = i.relam "
                "WHERE indrelid = to_regclass(:name)"
            )
            child = connection.scalar(ask, {"name": f"{parent}_{month:%Y_%m}"})
            assert child == connection.scalar(ask, {"name": parent})
        # A column added to a parent after a month was made must not put them out of step either.
        differing = connection.scalars(
            text(
                "SELECT inhrelid::regclass FROM pg_inherits JOIN pg_class p ON p.oid = inhparent "
                "WHERE p.relkind = 'p' AND (SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute "
                "  WHERE attrelid = inhrelid AND attnum > 0 AND NOT attisdropped) IS DISTINCT FROM "
                "(SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute "
                "  WHERE attrelid = inhparent AND attnum > 0 AND NOT attisdropped)"
            )
        ).all()
        assert differing == []


def test_there_is_no_default_partition_to_hide_rows_in(urls: Urls) -> None:
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_partitioned_table WHERE partdefid <> 0")) == 0


def test_many_makers_at_once_make_each_month_once(db: Database, tenant: int, unmade: Iterator[date]) -> None:
    first = next(unmade)
    spans = [(0, 2), (1, 2), (2, 2), (0, 1), (2, 2), (0, 0)]

    def make(span: tuple[int, int]) -> int:
        with db.tenant(tenant) as tx:
            return ensure_months(tx, shift_month(first, span[0]), shift_month(first, span[1]))

    with ThreadPoolExecutor(len(spans)) as makers:
        assert sum(makers.map(make, spans)) == 3 * len(PARTITIONED)


def test_a_maker_in_a_long_transaction_and_another_do_not_lock_each_other_dead(
    db: Database, tenant: int, unmade: Iterator[date]
) -> None:
    """One holds the parent since its first month and comes to the second, which another has begun."""
    first = next(unmade)
    second = shift_month(first, 1)
    begun = threading.Event()

    def make_second() -> int:
        with db.tenant(tenant) as tx:
            begun.set()
            return ensure_months(tx, second, second)

    with ThreadPoolExecutor(1) as other:
        with db.tenant(tenant) as tx:
            ensure_months(tx, first, first)
            waiting = other.submit(make_second)
            begun.wait()
            with db.platform() as watcher:
                while not watcher.run("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar():
                    pass
            assert ensure_months(tx, second, second) == len(PARTITIONED)
        assert waiting.result() == 0


def test_writers_go_on_while_a_month_is_made(db: Database, tenant: int, unmade: Iterator[date]) -> None:
    with db.tenant(tenant) as writer:
        today: datetime = writer.run("SELECT now()").scalar_one()
        writer.run(
            "INSERT INTO daily_stock (tenant_id, account_id, d, sku_id, warehouse_id, src_hash) "
            "VALUES (:tenant_id, 2, :d, 1, 1, '')",
            d=today.date(),
        )
        with db.tenant(tenant) as maker:
            month = next(unmade)
            assert ensure_months(maker, month, month) == len(PARTITIONED)


def test_a_month_of_instants_is_a_month_of_utc_whoever_makes_it(
    urls: Urls, tenant: int, unmade: Iterator[date]
) -> None:
    first = next(unmade)
    make = text("SELECT ambar_make_partitions('raw_payload', :month, :month)")
    for step, zone in enumerate(("Asia/Kamchatka", "UTC", "America/Los_Angeles")):
        with superuser(urls.admin) as connection:
            connection.execute(text(f"SET timezone = '{zone}'"))
            assert connection.scalar(make, {"month": shift_month(first, step)}) == 1
    second = shift_month(first, 1)
    put = text(
        "INSERT INTO raw_payload (tenant_id, fetched_at, account_id, run_id, source, unit, body, body_hash) "
        "VALUES (1, CAST(:at AS timestamptz), 1, 1, '', '', '', '') RETURNING tableoid::regclass::text"
    )
    with superuser(urls.admin) as connection:
        assert connection.scalar(put, {"at": f"{second} 00:00:00+00"}) == f"raw_payload_{second:%Y_%m}"
        before = connection.scalar(put, {"at": f"{second - timedelta(days=1)} 23:59:59.999999+00"})
        assert before == f"raw_payload_{first:%Y_%m}"


def test_making_a_month_leaves_the_callers_time_limits_alone(
    db: Database, tenant: int, unmade: Iterator[date]
) -> None:
    month = next(unmade)
    with db.tenant(tenant) as tx:
        before = tx.run("SELECT current_setting('lock_timeout'), current_setting('timezone')").one()
        ensure_months(tx, month, month)
        assert tx.run("SELECT current_setting('lock_timeout'), current_setting('timezone')").one() == before
