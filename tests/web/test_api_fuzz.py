"""The API against requests made out of its own document, right ones and wrong ones: no 500, and every reply
is as the document says.

Numbers are drawn small, so that documents meet the goods that there are; of the long runs every second
draws any.
"""

import asyncio
import copy
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.core.clock import FixedClock
from app.core.config import Settings
from app.db.session import Database
from app.services.ledger.verify import verify_ledger
from app.web.app import WebDeps, build_app, endpoints
from app.web.openapi import build_openapi
from app.web.protocol import Runner
from tests.support.ports import free_port
from tests.support.shelf import NOON, Shelf
from tests.web.programs import token

RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
SMALL = 4
IDS = ("item_id", "location_id", "to_location_id", "lot_id", "hold_id", "version", "qty")


@dataclass(frozen=True, slots=True)
class Served:
    """The API on a port, a token of an organisation with some goods, and the document."""

    url: str
    secret: str
    tenant_id: int
    document: dict[str, Any]


@pytest.fixture(scope="module")
def served(db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    shelf = Shelf(db)
    items, places = [shelf.item() for _ in range(SMALL)], [shelf.place() for _ in range(SMALL)]
    for item, place in zip(items, places, strict=True):
        shelf.receive(item, place, 50)
    deps = WebDeps(
        db=db,
        settings=Settings(_env_file=None),  # type: ignore[call-arg]
        clock=FixedClock(NOON),
        metrics_folder=Path(tmp_path_factory.mktemp("metrics")),
    )
    port = free_port()
    with running(build_app(deps), port):
        document = build_openapi(endpoints(deps), version="1")
        yield Served(f"http://127.0.0.1:{port}", token(db, shelf.tenant_id).secret, shelf.tenant_id, document)


@contextmanager
def running(app: web.Application, port: int) -> Iterator[None]:
    """The application on a loop of its own: who fuzzes it blocks."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(10)

    runner = Runner(app, access_log=None)
    do(runner.setup())
    do(web.TCPSite(runner, "127.0.0.1", port).start())
    try:
        yield
    finally:
        do(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def near(document: dict[str, Any]) -> dict[str, Any]:
    """The same, with numbers that may well be there."""
    narrowed = copy.deepcopy(document)
    for schema in narrowed["components"]["schemas"].values():
        for name, told in schema.get("properties", {}).items():
            if name in IDS:
                for each in (told, *told.get("anyOf", ())):
                    if "maximum" in each:
                        each["maximum"] = SMALL + 2  # the last two are nobody's
            if name == "lines":
                told["maxItems"] = SMALL
    return narrowed


def fuzz(served: Served, document: dict[str, Any], mode: GenerationMode, examples: int, seed: int) -> int:
    """So many requests an operation that are right, or wrong, by the document; how many were made in all."""
    schema = schemathesis.openapi.from_dict(document)
    made = 0
    with requests.Session() as session:
        session.trust_env = False
        for found in schema.get_all_operations():

            @seeded(seed)
            @settings(
                max_examples=examples,
                database=None,
                deadline=None,
                phases=[Phase.explicit, Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=found.ok().as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                nonlocal made
                made += 1
                case.headers["Authorization"] = f"Bearer {served.secret}"
                response = case.call(base_url=served.url, session=session, timeout=30)
                # A bound on a day, and one of two ways to name a lot, have no words in a JSON schema.
                case.validate_response(response, excluded_checks=[positive_data_acceptance])

            ask()
    return made


def test_no_request_breaks_it(served: Served, db: Database, record_property: Any) -> None:
    made = fuzz(served, near(served.document), RIGHT, 4, 20261120)
    made += fuzz(served, served.document, WRONG, 2, 20261120)
    record_property("told", f"{made} requests")
    assert made > 100
    assert verify_ledger(db, served.tenant_id).faults == ()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_no_request_breaks_it_for_long(served: Served, db: Database, seed: int, record_property: Any) -> None:
    made = fuzz(served, near(served.document) if seed % 2 else served.document, RIGHT, 100, seed)
    made += fuzz(served, served.document, WRONG, 50, seed)
    record_property("told", f"seed {seed}: {made} requests")
    assert verify_ledger(db, served.tenant_id).faults == ()
