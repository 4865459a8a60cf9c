"""Alive is one thing, ready another: what is wrong is named, and how to put it right."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url, pool, text

from app.core.config import Settings
from app.core.errors import BadInput
from app.db.history import revisions
from app.db.install import Urls
from app.db.session import Database
from app.services.vitals import look_ready
from app.web.app import WebDeps, serve
from app.web.shared import Shared
from tests.support.ports import free_port
from tests.web.conftest import Open

AWAY = "postgresql+psycopg2://ambar:very-secret@127.0.0.1:{port}/ambar"


def as_administrator(urls: Urls, *statements: str) -> None:
    engine = create_engine(urls.admin, poolclass=pool.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def away() -> Iterator[Database]:
    db = Database(AWAY.format(port=free_port()), pool_size=1)
    yield db
    db.close()


async def test_a_house_in_order_is_ready(db: Database, pages: Open) -> None:
    async with pages(db) as client:
        assert (await client.get("/healthz")).status == 200
        reply = await client.get("/readyz")
        assert reply.status == 200
        assert await reply.json() == {
            "ready": True,
            "parts": {"database": "ok", "roles": "ok", "schema": "ok"},
        }


async def test_without_its_database_it_is_alive_and_not_ready(away: Database, pages: Open) -> None:
    async with pages(away) as client:
        assert (await client.get("/healthz")).status == 200
        reply = await client.get("/readyz")
        assert reply.status == 503
        told = await reply.text()
        assert "база данных не отвечает" in told
        assert "very-secret" not in told
        assert "127.0.0.1" not in told


async def test_a_schema_of_another_version_is_named_with_the_remedy(
    db: Database, urls: Urls, pages: Open
) -> None:
    as_administrator(urls, "UPDATE alembic_version SET version_num = '0001'")
    try:
        async with pages(db) as client:
            reply = await client.get("/readyz")
            assert reply.status == 503
            wrong = (await reply.json())["parts"]["schema"]
            assert (
                wrong == f"в базе миграция 0001, программе нужна {revisions()[-1]}: выполните ./ambar migrate"
            )
    finally:
        as_administrator(urls, f"UPDATE alembic_version SET version_num = '{revisions()[-1]}'")


@pytest.mark.parametrize(
    ("broken", "mended", "part"),
    [
        (
            "ALTER FUNCTION ambar_schema_version() RENAME TO gone",
            "ALTER FUNCTION gone() RENAME TO ambar_schema_version",
            "schema",
        ),
        (
            "REVOKE SELECT ON installation FROM ambar_app",
            "GRANT SELECT ON installation TO ambar_app",
            "roles",
        ),
    ],
)
def test_each_part_that_is_missing_is_the_part_named(
    db: Database, urls: Urls, broken: str, mended: str, part: str
) -> None:
    as_administrator(urls, broken)
    try:
        found = look_ready(db, revisions()[-1])
    finally:
        as_administrator(urls, mended)
    assert {name for name, problem in found.parts.items() if problem} == {part}
    assert not found.is_ready
    assert "./ambar migrate" in str(found.parts[part])


def test_a_login_that_may_not_become_our_roles_is_told_so(urls: Urls) -> None:
    stranger = "ambar_stranger_of_" + str(make_url(urls.admin).database)
    as_administrator(urls, f"CREATE ROLE {stranger} LOGIN PASSWORD 'only-for-tests'")
    db = Database(
        make_url(urls.app).set(username=stranger).render_as_string(hide_password=False), pool_size=1
    )
    try:
        assert look_ready(db, revisions()[-1]).parts["roles"] is not None
    finally:
        db.close()
        as_administrator(urls, f"DROP ROLE {stranger}")


async def test_many_who_ask_share_one_look_and_a_slow_one_holds_nobody() -> None:
    looks, go_on = [], threading.Event()

    def look() -> str:
        looks.append(time.monotonic())
        go_on.wait(10)
        return "seen"

    shared = Shared(look, ttl=60.0, patience=0.1)
    assert await asyncio.gather(*(shared() for _ in range(20))) == [None] * 20
    assert len(looks) == 1
    go_on.set()
    assert [await shared() for _ in range(5)] == ["seen"] * 5
    assert len(looks) == 1


async def test_a_look_that_fails_is_looked_again() -> None:
    answers: list[Exception | str] = [ValueError("away"), "back"]

    def look() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = Shared(look, ttl=60.0, patience=5.0)
    with pytest.raises(ValueError, match="away"):
        await shared()
    assert await shared() == "back"


async def test_a_port_that_is_taken_is_one_clear_sentence(
    db: Database, settings: Settings, clock, tmp_path
) -> None:
    deps = WebDeps(db=db, settings=settings, clock=clock, metrics_folder=tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            BadInput, match=rf"^Не могу слушать 127.0.0.1:{port}: порт {port} занят .*WEB_PORT"
        ):
            await serve(deps, "127.0.0.1", port)
    with pytest.raises(BadInput, match="WEB_HOST"):
        await serve(deps, "192.0.2.1", port)
