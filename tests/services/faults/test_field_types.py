"""A field of another type, in every reply that we read, spoils its own row at most."""

import importlib
import json
import pkgutil
import random

import pytest

import app.marketplaces.ozon
from app.marketplaces.transport import Endpoint
from app.sandbox.ozon.door import NOT_PAID
from app.sandbox.server import SandboxServer
from tests.services.faults.conftest import OZON_DAYS, WB_DAYS
from tests.support.faults import soaked
from tests.support.replies import Told, told_by_ozon, told_by_wb
from tests.support.tap import Answer, Exchange, Tap
from tests.support.twists import harms, shorter, twists


def wb_replies(stand: tuple[SandboxServer, Tap]) -> Told:
    server, tap = stand
    tap.leave()
    return told_by_wb(server, WB_DAYS)


def ozon_replies(stand: tuple[SandboxServer, Tap]) -> Told:
    """A night, and another of a seller whose replies send us the other ways: a key without analytics, days
    whose accruals do not tell how many pieces they are for."""
    server, tap = stand
    tap.leave()
    told = told_by_ozon(server, OZON_DAYS)
    tap.instead = lambda asked: NOT_LET if asked.path == "/v1/analytics/stocks" else None
    tap.spoil = without_pieces
    told.units.extend(told_by_ozon(server, OZON_DAYS).units)
    tap.leave()
    return told


NOT_LET = Answer(403, json.dumps({"code": 7, "message": NOT_PAID}).encode())


def without_pieces(seen: Exchange) -> bytes | None:
    if not seen.path.endswith("/accrual/by-day"):
        return None
    told = json.loads(seen.reply)
    for accrual in told["accruals"]:
        for product in (accrual["posting"] or {}).get("products", []):
            product["quantity"] = None
            if product["commission"]:
                product["commission"]["seller_price"] = None
    return json.dumps(told).encode()


@pytest.fixture(scope="module")
def replies(wb_stand: tuple[SandboxServer, Tap], ozon_stand: tuple[SandboxServer, Tap]) -> dict[str, Told]:
    """Of each marketplace."""
    return {"WB": wb_replies(wb_stand), "OZON": ozon_replies(ozon_stand)}


@pytest.mark.parametrize("share", [0.2, *soaked(1.0)])
@pytest.mark.parametrize("marketplace", ["WB", "OZON"])
def test_a_field_of_another_type_spoils_its_own_row_at_most(
    replies: dict[str, Told], marketplace: str, share: float, chance: random.Random
) -> None:
    """Every field of every reply, as everything that it is not; in the suite a share of that by chance."""
    tried, wrong = 0, list[str]()
    seen: set[tuple[str, str]] = set()
    for source, unit, whole in replies[marketplace].units:
        pages = [shorter(page) for page in whole]
        for n, page in enumerate(pages):
            if (source.name, page.key.path) in seen or not has_rows(page.body):
                continue
            seen.add((source.name, page.key.path))
            many, harm = harms(source, unit, pages, n, lambda: chance.random() < share)
            tried, wrong = tried + many, wrong + harm
    assert wrong == []
    assert tried > 1000 * share


def has_rows(body: bytes) -> bool:
    """Files are no JSON, and an empty list has no field to be of another type."""
    return body.startswith((b"[", b"{")) and any(
        isinstance(each, int) for twist in twists(json.loads(body)) for each in twist.place
    )


def test_every_method_of_ozon_has_answered(replies: dict[str, Told]) -> None:
    """Whoever adds a method has its fields tried above, or says here why not."""
    silent = {each.path for each in endpoints()} - replies["OZON"].paths
    assert silent == NO_PAGES.keys()


NO_PAGES = {
    "/api/client/token": "its reply is a secret, and is not kept",
    "/v1/report/info": "says how far a report is; its words are those of test_report_tasks",
    "/v1/report/realization/posting/create": "ordered for a month that is too large to be told at once",
    "/v1/review/comment/create": "writes",
    "/v2/warehouse/list": "asked when a refusal is to be understood",
}


def endpoints() -> set[Endpoint]:
    found = set()
    for each in pkgutil.walk_packages(app.marketplaces.ozon.__path__, "app.marketplaces.ozon."):
        told = vars(importlib.import_module(each.name)).values()
        found |= {value for value in told if isinstance(value, Endpoint)}
    return found
