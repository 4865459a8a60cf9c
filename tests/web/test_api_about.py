"""The document of the API: it tells of every address that there is, and of no other."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import web

from app.core.clock import FixedClock
from app.core.config import Settings
from app.db.session import Database
from app.web.app import WebDeps, build_app
from tests.support.shelf import NOON
from tests.web.programs import Program, serving

OF_THE_OPERATOR = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}
ABOUT = {("GET", "/openapi.json"), ("GET", "/docs")}


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> web.Application:
    db = Database("postgresql+psycopg2://nobody@127.0.0.1:1/none", pool_size=1)
    return build_app(WebDeps(db=db, settings=settings, clock=FixedClock(NOON), metrics_folder=tmp_path))


@pytest.fixture
async def document(app: web.Application, settings: Settings, tmp_path: Path) -> dict[str, Any]:
    db = Database("postgresql+psycopg2://nobody@127.0.0.1:1/none", pool_size=1)
    async with serving(db, settings, tmp_path) as client:
        found: dict[str, Any] = (await Program(client).gets("/openapi.json")).body
    return found


def test_every_address_is_told_and_no_other(app: web.Application, document: dict[str, Any]) -> None:
    routed = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert routed - OF_THE_OPERATOR - ABOUT == told
    assert len(told) >= 19


def test_every_reference_leads_somewhere_and_every_schema_is_one(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for place in set(re.findall(r"'\$ref': '#/([^']+)'", str(document))):
        found: Any = document
        for part in place.split("/"):
            found = found[part]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_an_operation_tells_its_refusals_in_the_one_form(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            refusals = {status: each for status, each in operation["responses"].items() if status != "200"}
            assert {"401", "403", "422", "429", "503"} <= set(refusals)
            for each in refusals.values():
                assert each["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorReply")


def test_the_seeds_names_are_there(document: dict[str, Any]) -> None:
    commit = document["paths"]["/outbound/commit"]["post"]
    assert commit["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/OutboundCommitRequest"
    )
    assert commit["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/OutboundCommitResponse"
    )
    item = document["components"]["schemas"]["InventoryItem"]["properties"]
    assert {
        "item_id",
        "name",
        "spec",
        "total_qty",
        "top2_locations",
        "earliest_expiry",
        "near_expiry",
    } <= set(item)


async def test_the_page_for_people_needs_nobody_else(settings: Settings, tmp_path: Path) -> None:
    db = Database("postgresql+psycopg2://nobody@127.0.0.1:1/none", pool_size=1)
    async with serving(db, settings, tmp_path) as client, client.get("/docs") as reply:
        page, headers = await reply.text(), reply.headers
    assert (reply.status, reply.content_type) == (200, "text/html")
    assert "/outbound/commit" in page
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!#|/openapi\.json)[^"]*"', page) == []
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
