"""Whatever goes wrong is one JSON form with a trace, and no stack, no name and no address of the house."""

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.core.clock import FixedClock
from app.core.config import Settings
from app.db.session import Database
from app.services.ledger import posting
from app.web import api
from app.web.app import WebDeps, build_app
from app.web.protocol import Runner
from tests.support.ports import free_port
from tests.support.shelf import NOON, Shelf
from tests.web.programs import Program, Reply, asking, serving, token

LINE = {"item_id": 1, "location_id": 1, "qty": 1}
JSON = {"Content-Type": "application/json"}
GOOD = {"ref": "R", "lines": [LINE]}


@pytest.fixture(scope="module")
def shelf(db: Database) -> Shelf:
    return Shelf(db)


@pytest.fixture(scope="module")
def secret(shelf: Shelf) -> str:
    return token(shelf.db, shelf.tenant_id).secret


@pytest.fixture
async def program(shelf: Shelf, secret: str, settings: Settings, tmp_path: Path) -> AsyncIterator[Program]:
    async with asking(shelf, settings, tmp_path, secret) as made:
        yield made


def is_the_form(reply: Reply) -> bool:
    error = reply.body["error"]
    told = set(error) <= {"code", "message", "trace_id", "fields", "lines"}
    russian = any("а" <= letter <= "я" for letter in error["message"].lower())
    return told and russian and error["trace_id"] == reply.headers["X-Trace-Id"]


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("GET", "/inbound/receive", {}, 405, "method_not_allowed"),
        ("DELETE", "/items", {}, 405, "method_not_allowed"),
        ("POST", "/inbound/receive", {"data": "ref=1"}, 415, "unsupported_media_type"),
        ("POST", "/inbound/receive", {"data": b"{", "headers": JSON}, 400, "bad_json"),
        ("POST", "/inbound/receive", {"data": b"\xff", "headers": JSON}, 400, "bad_json"),
        ("POST", "/inbound/receive", {"json": []}, 422, "invalid"),
        ("POST", "/inbound/receive?x=1", {"json": GOOD}, 422, "invalid"),
        ("POST", "/inbound/receive", {"json": GOOD}, 404, "not_found"),
        ("POST", "/outbound/commit", {"json": GOOD}, 409, "insufficient_stock"),
        ("POST", "/documents/7000/reverse", {"json": {}}, 409, "conflict"),
        ("POST", "/documents/x/reverse", {"json": {}}, 404, "not_found"),
        ("POST", "/admin/refresh_mv", {"headers": {"X-Admin-Token": ""}}, 404, "not_found"),
        ("GET", "/items?limit=x", {}, 422, "invalid"),
        ("GET", "/items?limit=1&limit=2", {}, 422, "invalid"),
        ("GET", "/items?limit=501", {}, 422, "invalid"),
        ("GET", "/items?q=%00", {}, 422, "invalid"),
        ("GET", "/items?nothing=1", {}, 422, "invalid"),
        ("GET", "/stock/query?at=2026-01-01T00:00:00Z", {}, 422, "invalid"),
        ("GET", "/stock/query?item_id=1&at=0001-01-01T00:00:00Z", {}, 422, "invalid"),
        ("GET", "/stock/query?item_id=1&at=2026-01-01", {}, 422, "invalid"),
    ],
)  # fmt: skip
async def test_a_refusal_has_the_one_form(
    program: Program, method: str, path: str, more: Any, status: int, code: str
) -> None:
    reply = await program.asks(method, path, **more)
    assert (reply.status, reply.code) == (status, code), reply.body
    assert is_the_form(reply)


async def test_the_program_is_told_how_an_address_is_asked(program: Program) -> None:
    assert (await program.asks("GET", "/move")).headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("qty", 0, "нужно не меньше 1"),
        ("qty", -3, "нужно не меньше 1"),
        ("qty", 1_000_001, "нужно не больше 1000000"),
        ("qty", 2.5, "нужно целое число"),
        ("qty", "3", "нужно целое число"),
        ("qty", True, "нужно целое число"),
        ("item_id", 2**63, "нужно не больше 9223372036854775807"),
        ("lot_id", -1, "нужно не меньше 0"),
        ("expires_on", "31.05.2027", "нужны день или момент в виде ISO 8601"),
        ("expires_on", "0001-01-01", "нужен день с 2000 по 2199 год"),
        ("price", 5, "такого поля нет"),
    ],
)
async def test_a_wrong_field_is_named_with_what_is_wrong(
    program: Program, field: str, value: object, said: str
) -> None:
    reply = await program.posts("/inbound/receive", "R", {**LINE, field: value})
    assert reply.status == 422
    assert reply.body["error"]["fields"] == [{"path": f"lines.0.{field}", "message": said}]


@pytest.mark.parametrize("ref", ["", "x" * 201, "a\u0000b", "a\nb"])
async def test_a_number_that_no_document_can_have_is_refused(program: Program, ref: str) -> None:
    reply = await program.posts("/inbound/receive", ref, LINE)
    assert (reply.status, reply.body["error"]["fields"][0]["path"]) == (422, "ref")


async def test_a_trace_that_was_brought_comes_back_and_a_wild_one_does_not(program: Program) -> None:
    brought = await program.asks("GET", "/items", headers={"X-Trace-Id": "order-77:a.b_c"})
    assert brought.headers["X-Trace-Id"] == "order-77:a.b_c"
    for wild in ("x" * 65, "a'; RESET ROLE", "я"):
        reply = await program.asks("GET", "/nowhere", headers={"X-Trace-Id": wild})
        assert reply.headers["X-Trace-Id"] != wild
        assert is_the_form(reply)


async def test_a_body_beyond_the_limit_is_not_read(program: Program) -> None:
    reply = await program.asks("POST", "/move", data=io.BytesIO(b" " * (api.BODY_LIMIT + 1)), headers=JSON)
    assert (reply.status, reply.code) == (413, "too_large")


async def test_deep_json_is_refused_and_harms_nobody(program: Program) -> None:
    deep = b'{"ref":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    reply = await program.asks("POST", "/move", data=deep, headers=JSON)
    assert reply.status in (400, 422)


async def test_a_body_that_does_not_come_is_not_waited_for(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "BODY_PATIENCE", 0.05)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.3)

    reply = await program.asks("POST", "/move", data=slowly(), headers=JSON)
    assert (reply.status, reply.code) == (408, "too_slow")


async def test_one_more_request_of_a_token_than_is_served_at_once_is_told_to_wait(
    shelf: Shelf, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, go_on = threading.Event(), threading.Event()
    real = api.admit

    def slow(*args: Any) -> Any:
        held.set()
        go_on.wait(10)
        return real(*args)

    monkeypatch.setattr(api, "admit", slow)
    narrow = settings.model_copy(update={"api_parallel": 1})
    async with asking(shelf, narrow, tmp_path) as program:
        first = asyncio.create_task(program.gets("/items"))
        await asyncio.to_thread(held.wait, 10)
        second = await program.gets("/items")
        go_on.set()
        assert (second.status, second.code) == (429, "too_many_requests")
        assert second.headers["Retry-After"] == "1"
        assert (await first).status == 200
        assert (await program.gets("/items")).status == 200


async def test_without_the_database_it_is_not_now_and_names_no_address(
    settings: Settings, tmp_path: Path
) -> None:
    away = Database(f"postgresql+psycopg2://ambar:very-secret@127.0.0.1:{free_port()}/ambar", pool_size=1)
    try:
        async with serving(away, settings, tmp_path) as client:
            reply = await Program(client, "amb_" + "x" * 43).gets("/items")
    finally:
        away.close()
    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (503, "unavailable", "1")
    assert is_the_form(reply)
    assert "127.0.0.1" not in str(reply.body)


async def test_our_own_fault_is_an_apology_and_not_a_stack(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(posting, "prepare", breaks)
    reply = await program.posts("/inbound/receive", "R", LINE)
    assert (reply.status, reply.code) == (500, "internal")
    assert is_the_form(reply)
    assert "secret" not in str(reply.body)


async def test_the_operators_address_wants_the_operators_token(
    shelf: Shelf, settings: Settings, tmp_path: Path
) -> None:
    operator = "only-for-tests-0123"
    opened = settings.model_validate({"admin_token": operator})
    async with asking(shelf, opened, tmp_path) as program:
        for headers in ({}, {"X-Admin-Token": "wrong"}, {"X-Admin-Token": "я"}):
            reply = await program.asks("POST", "/admin/refresh_mv", headers=headers)
            assert (reply.status, reply.code) == (401, "unauthorized")
        done = await program.asks("POST", "/admin/refresh_mv", headers={"X-Admin-Token": operator})
        assert done.status == 200
        assert "Свод для аналитики обновлён" in done.body["message"]
        assert "/admin/refresh_mv" in (await program.gets("/openapi.json")).body["paths"]


async def test_what_is_no_request_at_all_is_told_so_in_the_one_form(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    """«curl …?q=кресло» sends the bytes as they are, and never becomes a request of ours."""
    runner = Runner(
        build_app(WebDeps(db=db, settings=settings, clock=FixedClock(NOON), metrics_folder=tmp_path))
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        for sent in ("GET /items?q=кресло HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01 not http\r\n\r\n"):
            reader, writer = await asyncio.open_connection(*runner.addresses[0])
            writer.write(sent.encode())
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
            writer.close()
            await writer.wait_closed()
            error = json.loads(body)["error"]
            assert " 400 " in head.splitlines()[0]
            assert f"X-Trace-Id: {error['trace_id']}" in head
            assert (error["code"], "--data-urlencode" in error["message"]) == ("bad_request", True)
    finally:
        await runner.cleanup()
