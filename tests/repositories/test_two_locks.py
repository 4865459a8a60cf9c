"""The second lock with the first one open: repositories run by a role that row-level security does not
see. (The first with the second open: raw SQL under it, tests/db/test_tenants_apart.py and below.)"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text

import app.repositories
from app.core.errors import NotFound
from app.db.install import Urls
from app.db.models import Base
from app.db.session import Database, TenantTx
from app.queue.postgres import PostgresQueue
from app.services.jobs import JobQuery, ShowJob
from tests.repositories.calls import ELSEWHERE, OTHER_VALUES, READS, SAME_VALUES, WRITES, Call, Pair
from tests.repositories.open_wall import OpenWall, open_wall
from tests.support.databases import superuser
from tests.support.rows import fill

TENANTS = sorted(name for name, table in Base.metadata.tables.items() if table.info["wall"] == "tenant")
SEEN_WHOLE = [*TENANTS, "audit_entry"]


@pytest.fixture(scope="module")
def pair(urls: Urls) -> Pair:
    with superuser(urls.admin) as connection:
        filled = fill(connection)
        for sql in SAME_VALUES:
            connection.execute(text(sql))
        for sql in OTHER_VALUES:
            connection.execute(text(sql), {"theirs": filled.tenants[1]})
    return Pair(filled)


@pytest.fixture(scope="module")
def unwalled(urls: Urls) -> Iterator[OpenWall]:
    with open_wall(urls) as db:
        yield db


@contextmanager
def tried(db: Database, tenant_id: int) -> Iterator[TenantTx]:
    """A tenant's transaction of which nothing stays."""
    with db.tenant(tenant_id) as tx:
        yield tx
        tx.session.rollback()


def shape(tx: TenantTx, tenant_id: int) -> dict[str, str]:
    """All that a tenant has, by table."""
    each = " UNION ALL ".join(
        f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        f" FROM {name} t WHERE tenant_id = :whose"
        for name in SEEN_WHOLE
    )
    return {row[0]: row[1] for row in tx.run(each, whose=tenant_id)}


def plain(value: Any) -> Any:
    """An answer as comparable values: frames are their rows."""
    if isinstance(value, pl.LazyFrame):
        value = value.collect()
    if isinstance(value, pl.DataFrame):
        return sorted(map(str, value.rows()))
    if isinstance(value, pl.Series):
        return value.to_list()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def finds(value: Any) -> bool:
    """Is there anything in an answer?"""
    if isinstance(value, dict):
        return any(map(finds, value.values()))
    return any(map(finds, value)) if isinstance(value, list) else bool(value)


def test_the_wall_is_open_indeed(unwalled: OpenWall, db: Database, pair: Pair) -> None:
    """Or all below would show nothing."""
    with tried(unwalled, pair.mine) as tx:
        assert tx.run("SELECT count(DISTINCT tenant_id) FROM card").scalar() == 2
        assert not tx.run("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").scalar()
    with tried(db, pair.mine) as tx:
        assert tx.run("SELECT count(DISTINCT tenant_id) FROM card").scalar() == 1


@pytest.mark.parametrize("name", READS)
def test_what_is_read_with_the_wall_open_is_what_is_read_behind_it(
    unwalled: OpenWall, db: Database, pair: Pair, name: str
) -> None:
    call: Call = READS[name]
    with tried(db, pair.mine) as tx:
        behind = plain(call(tx, pair))
    with tried(unwalled, pair.mine) as tx:
        before = shape(tx, pair.theirs)
        assert plain(call(tx, pair)) == behind
        assert shape(tx, pair.theirs) == before
    assert finds(behind), "an answer of nothing shows nothing"


@pytest.mark.parametrize("name", WRITES)
def test_what_is_written_with_the_wall_open_is_ones_own(unwalled: OpenWall, pair: Pair, name: str) -> None:
    with tried(unwalled, pair.mine) as tx:
        mine, theirs = shape(tx, pair.mine), shape(tx, pair.theirs)
        WRITES[name](tx, pair)
        assert shape(tx, pair.theirs) == theirs
        assert shape(tx, pair.mine) != mine, "a write of nothing shows nothing"


def test_every_function_of_the_repositories_is_among_them() -> None:
    there = set()
    for each in pkgutil.iter_modules(app.repositories.__path__):
        module = importlib.import_module(f"app.repositories.{each.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            ours = function.__module__ == module.__name__ and not name.startswith("_")
            if ours and first is not None and "TenantTx" in str(first.annotation):
                there.add(f"{each.name}.{name}")
    assert there == READS.keys() | WRITES.keys() | ELSEWHERE.keys()


def test_a_statement_that_forgets_its_tenant_is_seen_by_the_comparison(
    unwalled: OpenWall, db: Database, pair: Pair
) -> None:
    """What the tests above would do to a careless repository."""

    def careless(tx: TenantTx) -> int:
        return int(tx.run("SELECT count(*) FROM card").scalar_one())

    with tried(db, pair.mine) as tx:
        behind = careless(tx)
    with tried(unwalled, pair.mine) as tx:
        assert careless(tx) != behind
        before = shape(tx, pair.theirs)
        tx.run("UPDATE card SET title = 'x!'")
        assert shape(tx, pair.theirs) != before


def test_raw_sql_without_a_condition_touches_ones_own_rows_only(db: Database, pair: Pair, urls: Urls) -> None:
    """The first lock with the second open."""
    with db.tenant(pair.mine) as tx:
        for table in TENANTS:
            assert tx.run(f"SELECT tenant_id FROM {table}").scalars().all() == [pair.mine], table
        assert tx.run("UPDATE warehouse SET name = name || '!'").rowcount == 1
        assert tx.run("DELETE FROM job_checkpoint").rowcount == 1
        tx.session.rollback()


def test_anothers_job_is_nobodys_with_the_wall_open(
    unwalled: OpenWall, pair: Pair, clock: Any, settings: Any
) -> None:
    show = ShowJob(clock, settings, PostgresQueue(clock=clock))
    with tried(unwalled, pair.mine) as tx:
        assert show(tx, JobQuery(job_id=pair.own("job"))).job_id == pair.own("job")
        with pytest.raises(NotFound):
            show(tx, JobQuery(job_id=pair.other("job")))
