"""Realization and the accruals of postings: what they tell is the sandbox's accruals, to the kopeck."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from app.sandbox.ozon.areas import realization
from app.sandbox.world import World
from tests.sandbox.conftest import Shop, open_shop, rub
from tests.sandbox.specs import OZON, ozon_reply

MONTHLY, BY_POSTING = "/v2/finance/realization", "/v1/finance/realization/posting"
POSTINGS = "/v1/finance/accrual/postings"
OCTOBER = {"month": 10, "year": 2026}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """The month is whole in it, and its document is out."""
    yield from open_shop(World(7, skus=30, days=37, today=date(2026, 11, 5)))


def october(shop: Shop) -> list[dict[str, Any]]:
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(31)]
    return [accrual for day in days for accrual in shop.accruals(day.isoformat())]


def traded(accruals: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """(posting, product) of everything that was sold or taken back."""
    return [
        (accrual["unit_number"], product)
        for accrual in accruals
        if accrual["posting"]
        for product in accrual["posting"]["products"]
        if product["commission"]
    ]


def money(side: dict[str, Any] | None, *names: str) -> Decimal:
    return sum((Decimal(str(side[name])) for name in names), Decimal(0)) if side else Decimal(0)


PARTS = ("amount", "bonus", "bank_coinvestment", "stars", "pick_up_point_coinvestment")


def by_sku(rows: list[dict[str, Any]], side: str) -> dict[int, tuple[Decimal, Decimal, int]]:
    found: defaultdict[int, list[Any]] = defaultdict(lambda: [Decimal(0), Decimal(0), 0])
    for row in rows:
        told = row[side]
        if told:
            sums = found[row["item"]["sku"]]
            sums[0] += money(told, *PARTS)
            sums[1] += money(told, "standard_fee")
            sums[2] += told["quantity"]
    return {sku: tuple(sums) for sku, sums in found.items()}


@pytest.mark.parametrize("path", [MONTHLY, BY_POSTING])
def test_a_months_realization_is_its_accruals_sku_by_sku(shop: Shop, path: str) -> None:
    told = shop.post_ozon(path, OCTOBER).json()
    rows = told.get("result", told)["rows"]
    for side, sign in (("delivery_commission", 1), ("return_commission", -1)):
        accrued: defaultdict[int, list[Any]] = defaultdict(lambda: [Decimal(0), Decimal(0), 0])
        for _, product in traded(october(shop)):
            amount = sign * rub(product["commission"]["sale_amount"])
            if amount > 0:
                sums = accrued[product["sku"]]
                sums[0] += amount
                sums[1] -= sign * rub(product["commission"]["sale_commission"])
                sums[2] += product["quantity"]
        assert len(accrued) > 3
        assert by_sku(rows, side) == {sku: tuple(sums) for sku, sums in accrued.items()}
    for row in rows:
        for told in filter(None, (row["delivery_commission"], row["return_commission"])):
            assert money(told, "total") == money(told, *PARTS) - money(told, "standard_fee")


def test_a_report_is_not_found_until_the_5th(shop: Shop) -> None:
    late = shop.post_ozon(MONTHLY, {"month": 11, "year": 2026})
    assert (late.status_code, late.json()["message"]) == (404, "Report was not found")
    assert shop.post_ozon(MONTHLY, {"month": 13, "year": 2026}).status_code == 400
    assert shop.post_ozon(BY_POSTING, {"month": 7, "year": 2023}).status_code == 400


def test_postings_tell_the_pieces_of_their_accruals(shop: Shop) -> None:
    accruals = shop.accruals("2026-11-03")
    wanted = traded(accruals)
    numbers = sorted({number for number, _ in wanted})
    assert 1 < len(numbers) <= 200
    told = shop.post_ozon(POSTINGS, {"posting_numbers": numbers}).json()["posting_accruals"]
    pieces = {
        (each["posting_number"], charge["sku"], rub(charge["seller_price"]) > 0): charge["quantity"]
        for each in told
        for charge in each["accruals"]
        if charge["seller_price"] and charge["accrual_date"] == "2026-11-03"
    }
    assert pieces == {
        (number, product["sku"], rub(product["commission"]["sale_amount"]) > 0): product["quantity"]
        for number, product in wanted
    }


def test_one_malformed_number_refuses_its_batch(shop: Shop) -> None:
    assert (
        shop.post_ozon(POSTINGS, {"posting_numbers": ["80000001-1001-1", "80000001-1001"]}).status_code == 400
    )
    assert shop.post_ozon(POSTINGS, {"posting_numbers": ["1-2-3"] * 201}).status_code == 400
    assert shop.post_ozon(POSTINGS, {"posting_numbers": ["1-2-3"]}).json() == {"posting_accruals": []}


def test_a_large_month_is_refused_and_made_as_a_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realization, "LARGEST_BY_POSTING", 3)
    refused = shop.post_ozon(BY_POSTING, OCTOBER)
    assert (refused.status_code, refused.json()["message"]) == (400, "The requested report is too large")
    code = shop.post_ozon("/v1/report/realization/posting/create", OCTOBER).json()["code"]
    told = shop.post_ozon("/v1/report/info", {"code": code}).json()["result"]
    assert told["status"] == "success"
    assert shop.http.get(told["file"]).content.startswith(b"PK")


@pytest.mark.needs_shared
@pytest.mark.skipif(not OZON.exists(), reason="the specs are not beside the repository")
def test_the_replies_are_those_of_the_specification(shop: Shop) -> None:
    numbers = [number for number, _ in traded(shop.accruals("2026-11-03"))][:200]
    for path, body in ((MONTHLY, OCTOBER), (BY_POSTING, OCTOBER), (POSTINGS, {"posting_numbers": numbers})):
        reply = shop.post_ozon(path, body)
        assert reply.status_code == 200
        errors = list(jsonschema.Draft202012Validator(ozon_reply(path)).iter_errors(reply.json()))
        assert not errors, (path, errors[0])
