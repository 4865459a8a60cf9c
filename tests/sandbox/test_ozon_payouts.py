"""The balance, statements and reports of the sandbox's Ozon: they explain its accruals, to the kopeck."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import jsonschema
import pytest

from app.sandbox.ozon.areas.compensations import given
from app.sandbox.world import World
from app.sandbox.xlsx import EPOCH
from tests.sandbox.conftest import TODAY, Shop, open_shop
from tests.sandbox.specs import OZON, ozon_reply

BALANCE, STATEMENTS = "/v1/finance/balance", "/v1/finance/cash-flow-statement/list"
PLACEMENT, INFO = "/v1/report/placement/by-products/create", "/v1/report/info"
COMPENSATION, DECOMPENSATION = "/v1/finance/compensation", "/v1/finance/decompensation"
LAST = TODAY - timedelta(days=1)
needs_specs = pytest.mark.skipif(not OZON.exists(), reason="the specs are not beside the repository")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Long enough for a month that is over."""
    yield from open_shop(World(7, skus=40, days=60, today=TODAY))


def days(many: int) -> list[date]:
    return [LAST - timedelta(days=n) for n in reversed(range(many))]


def balance(shop: Shop, first: date, last: date) -> dict[str, Any]:
    asked = {"date_from": first.isoformat(), "date_to": last.isoformat()}
    told = shop.post_ozon(BALANCE, asked)
    assert told.status_code == 200, told.text
    return told.json()


def statements(shop: Shop, first: date, last: date, page: int = 1, size: int = 100) -> dict[str, Any]:
    period = {"from": f"{first}T00:00:00.000Z", "to": f"{last}T23:59:59.000Z"}
    asked = {"date": period, "page": page, "page_size": size, "with_details": True}
    return shop.post_ozon(STATEMENTS, asked).json()


def kopecks(told: Any) -> Decimal:
    return Decimal(str(told["value"] if isinstance(told, dict) else told))


def accrued_of(shop: Shop, d: date) -> Decimal:
    """From the accruals themselves, not from the books."""
    return sum((Decimal(each["total_amount"]["amount"]) for each in shop.accruals(d.isoformat())), Decimal(0))


def report(shop: Shop, path: str, **asked: str) -> httpx.Response:
    """All three steps; the file has no papers shown to it."""
    made = shop.post_ozon(path, asked)
    if made.status_code != 200:
        return made
    code = made.json().get("code") or made.json()["result"]["code"]
    told = shop.post_ozon(INFO, {"code": code}).json()["result"]
    assert told["status"] == "success"
    return shop.http.get(told["file"])


def cells(file: bytes) -> list[list[str]]:
    """The sheet, by another reader than the product's: plain patterns."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        texts = re.findall(r"<t[^>]*>([^<]*)</t>", archive.read("xl/sharedStrings.xml").decode())
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    found = []
    for row in re.findall(r"<row [^>]*>(.*?)</row>", sheet):
        told = re.findall(r'<c r="([A-Z]+)\d+"( t="s")?><v>([^<]*)</v>', row)
        found.append([texts[int(value)] if text else value for _, text, value in told])
    return found


def test_every_day_opens_where_the_one_before_closed_and_adds_up(shop: Shop):
    closed = None
    paid = []
    for d in days(30):
        total = balance(shop, d, d)["total"]
        opening, closing = kopecks(total["opening_balance"]), kopecks(total["closing_balance"])
        payments = sum((kopecks(each) for each in total["payments"]), Decimal(0))
        assert closed in (None, opening)
        assert opening + kopecks(total["accrued"]) + payments == closing
        assert payments <= 0
        paid += [d] if payments else []
        closed = closing
    assert paid == [d for d in days(30) if d.weekday() == 2]


def test_what_was_accrued_is_the_accruals_and_the_sum_of_its_own_parts(shop: Shop):
    for d in days(7):
        told = balance(shop, d, d)
        accrued = kopecks(told["total"]["accrued"])
        assert accrued == accrued_of(shop, d)
        flows = told["cashflows"]
        parts = [flows[name][part] for name in ("sales", "returns") for part in ("amount", "fee")]
        parts += [each["amount"] for each in flows["services"]]
        assert sum(map(kopecks, parts)) == accrued
        for name in ("sales", "returns"):
            details = flows[name]["amount_details"]
            points = Decimal(details["points_for_discounts"])
            whole = kopecks(details["revenue"]) + kopecks(details["partner_programs"]) + points
            assert whole == kopecks(flows[name]["amount"])


def test_a_balance_of_many_days_is_its_days_together(shop: Shop):
    whole = balance(shop, days(30)[0], LAST)["total"]
    each = [balance(shop, d, d)["total"] for d in days(30)]
    assert kopecks(whole["accrued"]) == sum(kopecks(day["accrued"]) for day in each)
    assert whole["payments"] == [paid for day in each for paid in day["payments"]]
    assert (whole["opening_balance"], whole["closing_balance"]) == (
        each[0]["opening_balance"],
        each[-1]["closing_balance"],
    )


def test_statements_are_the_balances_of_weeks_that_are_over(shop: Shop):
    told = statements(shop, days(50)[0], LAST)["result"]
    assert len(told["details"]) == len(told["cash_flows"]) >= 6
    for each in told["details"]:
        first = date.fromisoformat(each["period"]["begin"][:10])
        last = date.fromisoformat(each["period"]["end"][:10])
        assert (first.weekday(), last - first) == (0, timedelta(days=6))
        assert last < TODAY
        total = balance(shop, first, last)["total"]
        assert kopecks(each["begin_balance_amount"]) == kopecks(total["opening_balance"])
        assert kopecks(each["end_balance_amount"]) == kopecks(total["closing_balance"])
        parts = [each[name]["total"] for name in ("delivery", "return", "services", "others", "rfbs")]
        earned = sum(map(kopecks, parts))
        assert earned == kopecks(each["invoice_transfer"]) == kopecks(total["accrued"])
        paid = sum((kopecks(payment["payment"]) for payment in each["payments"]), Decimal(0))
        assert paid == sum(map(kopecks, total["payments"]))


def test_statements_are_paged(shop: Shop):
    whole = statements(shop, days(50)[0], LAST)["result"]["details"]
    count = statements(shop, days(50)[0], LAST, size=2)["result"]["page_count"]
    pages = [
        statements(shop, days(50)[0], LAST, page=n + 1, size=2)["result"]["details"] for n in range(count + 1)
    ]
    assert [each for page in pages for each in page] == whole
    assert pages[-1] == []


def test_what_was_paid_stays_paid_when_accruals_are_rewritten(fresh_shop: Shop):
    def payments(d: date) -> list[Any]:
        return balance(fresh_shop, d, d)["total"]["payments"]

    wednesdays = [d for d in days(21) if d.weekday() == 2]
    before = [payments(d) for d in wednesdays]
    earned = [balance(fresh_shop, d, d)["total"]["accrued"] for d in days(21)]
    fresh_shop.advance(20)
    assert [payments(d) for d in wednesdays] == before
    assert all(before)
    assert [balance(fresh_shop, d, d)["total"]["accrued"] for d in days(21)] != earned


def test_placement_adds_up_to_the_days_accruals_of_type_46(shop: Shop):
    first = days(31)[0]
    header, *rows = cells(
        report(shop, PLACEMENT, date_from=first.isoformat(), date_to=LAST.isoformat()).content
    )
    assert (header[0], header[1], header[-1]) == ("Дата", "SKU", "Начисленная стоимость размещения")
    told: dict[date, Decimal] = defaultdict(Decimal)
    pieces: dict[int, int] = defaultdict(int)
    for row in rows:
        d = EPOCH + timedelta(days=int(row[0]))
        told[d] += Decimal(row[11])
        if d == LAST:
            pieces[int(row[1])] += int(row[8])
    charged = {
        d: -Decimal(each["non_item_fee"]["accrued"]["amount"])
        for d in days(31)
        for each in shop.accruals(d.isoformat())
        if each["non_item_fee"] and each["non_item_fee"]["type_id"] == 46
    }
    assert told == charged
    assert len(told) == 31
    lies = shop.world.ozon
    expected = zip(lies.shelf.item_id.tolist(), lies.stock.tolist(), strict=True)
    assert pieces == {sku: count for sku, count in expected if count}


def test_compensations_of_a_month_are_its_accruals_of_type_10(shop: Shop):
    first = date(2026, 10, 1)
    file = report(shop, COMPENSATION, date="2026-10", language="RU").content
    title, _, header, *rows, total = cells(file)
    assert title[0].startswith("Отчет о компенсациях")
    charged = [
        Decimal(each["non_item_fee"]["accrued"]["amount"])
        for n in range(31)
        for each in shop.accruals((first + timedelta(days=n)).isoformat())
        if each["non_item_fee"] and each["non_item_fee"]["type_id"] == 10
    ]
    assert [Decimal(row[header.index("Итого к начислению, RUB")]) for row in rows] == charged
    assert len(charged) == len(given(shop.world, first, date(2026, 10, 31))) > 0
    assert (total[0], Decimal(total[1])) == ("Итого", sum(charged))


def test_a_month_without_compensations_or_not_over_has_no_document(shop: Shop):
    asked = [(COMPENSATION, "2026-11"), (COMPENSATION, "2025-01"), (DECOMPENSATION, "2026-10")]
    for path, month in asked:
        told = report(shop, path, date=month)
        assert (told.status_code, told.json()["message"]) == (404, "document not found")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (BALANCE, {"date_from": "2026-10-01", "date_to": "2026-10-31"}),
        (BALANCE, {"date_from": "2026-10-02", "date_to": "2026-10-01"}),
        (BALANCE, {"date_from": "2026-10-02"}),
        (STATEMENTS, {"page": 1, "page_size": 10}),
        (PLACEMENT, {"date_from": "2026-10-01", "date_to": "2026-11-01"}),
        (PLACEMENT, {"date_from": "2026-10-01T00:00:00Z", "date_to": "2026-10-02"}),
        (COMPENSATION, {"date": "2026-10-01"}),
        (DECOMPENSATION, {}),
    ],
)
def test_what_cannot_be_told_is_refused(shop: Shop, path: str, asked: dict[str, Any]):
    told = shop.post_ozon(path, asked)
    assert (told.status_code, told.json()["code"]) == (400, 3)


def test_a_report_is_made_kept_and_forgotten():
    hands = [1_000.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: hands[0]):
        day = LAST.isoformat()
        code = shop.post_ozon(PLACEMENT, {"date_from": day, "date_to": day}).json()["code"]

        def told(shop: Shop = shop, code: str = code) -> dict[str, Any]:
            return shop.post_ozon(INFO, {"code": code}).json()["result"]

        assert (told()["status"], told()["file"]) == ("waiting", "")
        hands[0] += 10
        assert told()["status"] == "processing"
        hands[0] += 20
        file = told()["file"]
        assert shop.http.get(file).content.startswith(b"PK")
        hands[0] += 86_400
        gone = shop.http.get(file)
        assert (gone.status_code, b"signature is too old" in gone.content) == (403, True)
        assert shop.post_ozon(INFO, {"code": code}).status_code == 404


def test_placement_is_ordered_five_times_a_day():
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: 0.0):
        day = LAST.isoformat()
        asked = {"date_from": day, "date_to": day}
        told = [shop.post_ozon(PLACEMENT, asked).status_code for _ in range(6)]
        assert told == [200] * 5 + [429]


@needs_specs
def test_replies_are_of_the_published_shape(shop: Shop):
    def valid(value: Any, path: str) -> None:
        errors = list(jsonschema.Draft202012Validator(ozon_reply(path)).iter_errors(value))
        assert not errors, errors[0]

    valid(balance(shop, LAST, LAST), BALANCE)
    told = statements(shop, days(20)[0], LAST)
    details = told["result"].pop("details")
    valid(told, STATEMENTS)
    for each in details:
        # In life it is a list; the specification has one object, and lists of its own as objects too.
        for part, services in (("delivery", "delivery_services"), ("return", "return_services")):
            assert {"name", "price"} == each[part][services]["items"][0].keys()
            each[part][services]["items"] = each[part][services]["items"][0]
        each["payments"] = each["payments"][0] if each["payments"] else {}
        valid({"result": {"cash_flows": [], "details": each}}, STATEMENTS)
    day = LAST.isoformat()
    made = shop.post_ozon(PLACEMENT, {"date_from": day, "date_to": day}).json()
    valid(made, PLACEMENT)
    valid(shop.post_ozon(INFO, {"code": made["code"]}).json(), INFO)
    valid(shop.post_ozon(COMPENSATION, {"date": "2026-10"}).json(), COMPENSATION)
