"""Accruals of a day: both identities on every row, pieces that by-day leaves out, a day begun anew."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from app.core.clock import FixedClock
from app.domain.finance.settlement import PnlLine
from app.marketplaces.errors import Refused
from app.marketplaces.ozon.accruals import OzonAccruals
from app.marketplaces.ozon.accruals.dictionary import normalise_types
from app.marketplaces.ozon.accruals.rows import BROKEN_LINE, PIECES_UNKNOWN, normalise_accruals
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.legacy import BY_MEANING, PROVEN, legacy_line, legacy_types
from app.marketplaces.ozon.lines import AccrualType, TypeBook, line_of, to_be_told
from app.marketplaces.source import Normalised, Page, RequestKey, Unit
from app.marketplaces.transport import Reply, Transport
from app.marketplaces.transport.request import canonical

LIVE = Path(__file__).resolve().parents[4] / "shared" / "samples" / "ozon" / "live"
D = date(2026, 11, 20)
UNIT = Unit("2026-11-20", D, D)
BY_DAY, POSTINGS = "/v1/finance/accrual/by-day", "/v1/finance/accrual/postings"
RUB = Decimal


def rub(amount: object) -> dict[str, object]:
    return {"amount": str(amount), "currency": "RUB"}


def line(sku: int, sale: object, price: object, **more: Any) -> dict[str, Any]:
    """A product line of a posting; its price of one piece may not divide."""
    commission = {"sale_amount": rub(sale), "seller_price": rub(price), **more.pop("commission", {})}
    return {"sku": sku, "commission": commission, "delivery": None, **more}


def posting(number: str, accrual_id: int, total: object, *products: Any) -> dict[str, Any]:
    return {
        "accrual_id": accrual_id,
        "date": "2026-11-20",
        "unit_number": number,
        "total_amount": rub(total),
        "posting": {"delivery_schema": "Fbo", "products": list(products)},
    }


def page(*accruals: Any, last_id: str = "") -> bytes:
    return json.dumps({"accruals": accruals, "last_id": last_id}).encode()


def charges(number: str, *told: tuple[str, int, object, int]) -> dict[str, Any]:
    """(day, sku, price of a piece or None, pieces) of /v1/finance/accrual/postings."""
    accruals = [
        {
            "accrual_date": day,
            "type_id": 69 if price else 32,
            "accrued": rub(-1),
            "seller_price": rub(price) if price else None,
            "sku": sku,
            "quantity": pieces,
        }
        for day, sku, price, pieces in told
    ]
    return {"posting_number": number, "accruals": accruals}


class Ozon:
    """In place of the network: answers by what is asked, and remembers it."""

    def __init__(self) -> None:
        self.clock = FixedClock(datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
        self.pages: dict[str, bytes] = {}
        self.postings: dict[str, dict[str, Any]] = {}
        self.malformed: set[str] = set()
        self.expired: set[str] = set()
        self.days: list[str] = []
        self.batches: list[list[str]] = []

    def call(self, endpoint: Any, body: dict[str, Any]) -> Reply:
        if endpoint.path == BY_DAY:
            self.days.append(body["last_id"])
            if body["last_id"] in self.expired:
                raise Refused("Ozon", endpoint.budget, 400)
            return self._reply(endpoint, body, self.pages[body["last_id"]])
        asked = body["posting_numbers"]
        self.batches.append(asked)
        if self.malformed & set(asked):
            raise Refused("Ozon", endpoint.budget, 400, "invalid posting number")
        told = [self.postings[number] for number in asked if number in self.postings]
        return self._reply(endpoint, body, json.dumps({"posting_accruals": told}).encode())

    def _reply(self, endpoint: Any, asked: dict[str, Any], body: bytes) -> Reply:
        key = RequestKey("POST", "ozon", endpoint.path, canonical(None, asked))
        return Reply(200, {}, body, key)

    def read(self, cursor: str = "", before: Sequence[Page] = ()) -> tuple[list[Page], Normalised]:
        source = self.source()
        pages = list(source.fetch(UNIT, cursor))
        return pages, source.normalise(UNIT, [*before, *pages])

    @contextmanager
    def interrupted(self, after: int) -> Iterator[list[Page]]:
        """The first pages of a reading that was killed."""
        pages = self.source().fetch(UNIT, "")
        yield [next(pages) for _ in range(after)]

    def source(self) -> OzonAccruals:
        return OzonAccruals(OzonClient(cast(Transport, self)))


@pytest.fixture
def ozon() -> Ozon:
    return Ozon()


# -- identities ------------------------------------------------------------------------------------------


@pytest.mark.needs_shared
@pytest.mark.skipif(
    not LIVE.exists(), reason="../shared with the published replies is not beside the repository"
)
def test_the_published_live_accruals_hold_both_identities_and_lose_no_kopeck() -> None:
    checked = 0
    for path in sorted(LIVE.glob("accrual_by_day*.json")):
        told = json.loads(path.read_bytes())["accruals"]
        found = normalise_accruals([path.read_bytes()])
        assert found.unplaced == [], path.name
        for each in told:
            ours = [row.amount for row in found.settlement if row.row_id == str(each["accrual_id"])]
            assert sum(ours, RUB(0)) == RUB(each["total_amount"]["amount"]), each["accrual_id"]
            checked += 1
    assert checked


SOLD = {"sale_price": rub("1168.57"), "bonus": rub("1818.74"), "coinvestment": rub("11.69")}


def test_a_line_is_the_buyers_price_with_points_and_coinvestment() -> None:
    assert (
        normalise_accruals([page(posting("1-1-1", 1, 2999, line(7, 2999, 2999, commission=SOLD)))]).unplaced
        == []
    )


def test_a_line_that_is_not_is_noted_and_booked_all_the_same() -> None:
    sold = {**SOLD, "bonus": rub("1818.75")}
    found = normalise_accruals([page(posting("1-1-1", 1, 2999, line(7, 2999, 2999, commission=sold)))])
    assert [row.amount for row in found.settlement] == [RUB("2999.00")]
    assert [(note.reason, note.row_key, note.amount) for note in found.unplaced] == [
        (BROKEN_LINE, "1:line:7", 0)
    ]


def test_a_return_holds_the_line_identity_with_its_own_signs() -> None:
    back = {"sale_price": rub("-1477.43"), "bonus": rub("-1154.8"), "coinvestment": rub("-14.77")}
    found = normalise_accruals([page(posting("1-1-1", 1, -2647, line(7, -2647, -2647, commission=back)))])
    assert found.unplaced == []
    assert [(row.line, row.amount, row.units) for row in found.settlement] == [(PnlLine.RETURN, -2647, -1)]


def test_delivery_that_no_service_explains_is_booked_as_unmapped() -> None:
    product = line(7, 100, 100)
    product["delivery"] = {
        "total_accrued": rub(-30),
        "services": [{"type_id": 32, "accrued": rub(-20)}],
    }
    found = normalise_accruals([page(posting("1-1-1", 1, 70, product))])
    assert found.unplaced == []
    assert {row.part: (row.line, row.amount) for row in found.settlement} == {
        "sale:7:0": (PnlLine.SALE, 100),
        "delivery:7:32": (PnlLine.LOGISTICS, -20),
        "delivery:7:0": (PnlLine.UNMAPPED, -10),
    }
    assert found.sales[0].delivery_cost == 30


# -- pieces ----------------------------------------------------------------------------------------------


def test_only_postings_that_do_not_tell_their_pieces_are_asked(ozon: Ozon) -> None:
    ozon.pages[""] = page(
        posting("11-22-1", 1, 1000, line(7, 1000, 700)),
        posting("11-22-2", 2, 1000, line(7, 1000, 500)),
        posting("11-22-3", 3, 1000, line(7, 1000, 700, quantity=4)),
        posting("11-22", 4, 1000, line(8, 1000, 0)),
        posting("договор 5", 5, 1000, line(9, 1000, 0)),
        "не начисление",
    )
    ozon.postings["11-22-1"] = charges("11-22-1", ("2026-11-20", 7, 700, 3), ("2026-11-20", 7, None, 9))
    pages, found = ozon.read()
    assert ozon.batches == [["11-22-1"]]
    assert [each.cursor for each in pages] == ["anew", ""]
    assert [row.units for row in found.settlement] == [3, 2, 4, 0, 0]
    assert [row.qty for row in found.sales] == [3, 2, 4, 0, 0]
    assert [note.row_key for note in found.unplaced if note.reason == PIECES_UNKNOWN] == [
        "4:units:8",
        "5:units:9",
    ]


def test_a_posting_that_was_also_returned_tells_each_day_its_own_pieces(ozon: Ozon) -> None:
    ozon.pages[""] = page(posting("1-2-3", 1, -1000, line(7, -1000, -700)))
    ozon.postings["1-2-3"] = charges(
        "1-2-3", ("2026-11-10", 7, 700, 5), ("2026-11-20", 7, 700, 5), ("2026-11-20", 7, -700, 2)
    )
    _, found = ozon.read()
    assert [row.units for row in found.settlement] == [-2]


def test_two_answers_are_no_answer(ozon: Ozon) -> None:
    ozon.pages[""] = page(posting("1-2-3", 1, 1000, line(7, 1000, 700)))
    ozon.postings["1-2-3"] = charges("1-2-3", ("2026-11-20", 7, 700, 1), ("2026-11-20", 7, 700, 2))
    _, found = ozon.read()
    assert [row.units for row in found.settlement] == [0]
    assert [note.reason for note in found.unplaced] == [PIECES_UNKNOWN]


def test_one_malformed_number_costs_its_own_pieces_only(ozon: Ozon) -> None:
    numbers = [f"1-{n}-1" for n in range(450)]
    ozon.pages[""] = page(
        *(posting(number, n + 1, 1000, line(7, 1000, 700)) for n, number in enumerate(numbers))
    )
    ozon.postings = {number: charges(number, ("2026-11-20", 7, 700, 3)) for number in numbers}
    ozon.malformed = {"1-250-1"}
    pages, found = ozon.read()
    assert max(map(len, ozon.batches)) == 200
    assert pages[-1].cursor == ""
    assert [row.row_id for row in found.settlement if row.units != 3] == ["251"]
    assert len(ozon.batches) < 30


def test_a_method_that_refuses_everything_does_not_take_the_day_with_it(ozon: Ozon) -> None:
    numbers = {f"1-{n}-1" for n in range(300)}
    ozon.pages[""] = page(
        *(posting(number, n + 1, 1000, line(7, 1000, 700)) for n, number in enumerate(numbers))
    )
    ozon.malformed = numbers
    _, found = ozon.read()
    assert sum(row.amount for row in found.settlement) == 300_000
    assert len(ozon.batches) == 40


# -- a day begun anew ------------------------------------------------------------------------------------


def fee(accrual_id: int, amount: int) -> dict[str, Any]:
    """An accrual of storage."""
    charged = {"type_id": 46, "accrued": rub(amount)}
    return {
        "accrual_id": accrual_id,
        "date": "2026-11-20",
        "total_amount": rub(amount),
        "non_item_fee": charged,
    }


def test_a_day_interrupted_for_a_minute_goes_on_where_it_stood(ozon: Ozon) -> None:
    ozon.pages = {"": page(fee(1, -1), last_id="a"), "a": page(fee(2, -2))}
    with ozon.interrupted(1) as before:
        ozon.clock.advance(timedelta(minutes=1))
        _, found = ozon.read(before[-1].cursor, before)
    assert ozon.days == ["", "a"]
    assert [row.amount for row in found.settlement] == [-1, -2]


def test_a_last_id_of_a_quarter_of_an_hour_is_not_even_asked_with(ozon: Ozon) -> None:
    """Ozon may answer such a one with an empty page, which would end the day half-read."""
    ozon.pages = {"": page(fee(1, -1), last_id="a"), "a": page()}
    with ozon.interrupted(1) as before:
        ozon.clock.advance(timedelta(minutes=15))
        ozon.pages = {"": page(fee(3, -3), last_id="b"), "b": page(fee(4, -4))}
        _, found = ozon.read(before[-1].cursor, before)
    assert ozon.days == ["", "", "b"]
    assert [row.amount for row in found.settlement] == [-3, -4], "what vanished meanwhile is not counted"


def test_a_refused_last_id_begins_the_day_anew(ozon: Ozon) -> None:
    ozon.pages = {"": page(fee(1, -1), last_id="a"), "a": page(fee(2, -2))}
    ozon.expired = {"a"}
    with pytest.raises(Refused):
        ozon.read()
    assert ozon.days == ["", "a", "", "a", "", "a"]


def test_a_cursor_of_the_elder_version_begins_the_day_anew(ozon: Ozon) -> None:
    ozon.pages = {"": page(fee(1, -1))}
    ozon.read("b2sg")
    assert ozon.days == [""]


def test_a_kill_between_the_day_and_its_postings_begins_the_day_anew(ozon: Ozon) -> None:
    ozon.pages[""] = page(posting("1-2-3", 1, 1000, line(7, 1000, 700)))
    ozon.postings["1-2-3"] = charges("1-2-3", ("2026-11-20", 7, 700, 3))
    with ozon.interrupted(1) as before:
        _, found = ozon.read(before[-1].cursor, before)
    assert ozon.days == ["", ""]
    assert [row.units for row in found.settlement] == [3]


# -- words -----------------------------------------------------------------------------------------------


def test_the_old_names_are_the_types_that_the_fact_sheet_says() -> None:
    """facts/ozon.md 10.3, retyped."""
    proven = (
        "CostPerClick 41, PromotionWithCostPerOrder 54, RedistributionOfAcquiringOperation 1,"
        " PremiumMembership 51, InsuranceServiceSellerItem 76, AcceleratedProductReviews 96,"
        " StarsMembership 74, ServiceStorage 46, PackageMaterialsProvision 38, PackageRedistribution 39,"
        " TemporaryStorage 78, PinReview 61, PointsForReviews 47"
    )
    meant = (
        "DirectFlowLogistic 32, ItemDelivToCustomer 28/29, RedistributionLastMileCourier 28/29,"
        " Fulfillment 21, ItemReturnFlowLogistic 59, ReturnAfterDelivToCustomer 9,"
        " ReturnNotDelivToCustomer 6, ReturnPartGoodsCustomer 40, DropoffPVZ 16/17, DropoffSC 16/17,"
        " DropoffFF 16/17,"
        " RedistributionReturnsPVZ 45, BrandCommission 3, ElectronicServiceStencil 75, Crossdocking 12,"
        " StornoDeliveredToCustomer 28/29"
    )
    for ours, told in ((PROVEN, proven), (BY_MEANING, meant)):
        wanted = [
            (name, tuple(map(int, ids.split("/")))) for name, ids in re.findall(r"(\w+) ([\d/]+)", told)
        ]
        assert len(ours) == len(wanted)
        for name, ids in wanted:
            (full,) = [each for each in ours if each.endswith(name)]
            assert legacy_types(full) == ids
            assert {line_of(number) for number in ids} == {legacy_line(full)}
    assert legacy_line("ClientReturnAgentOperation") is PnlLine.RETURN
    assert legacy_line("MarketplaceServiceItemNewAndStrange") is PnlLine.UNMAPPED


@pytest.mark.parametrize(
    "spelled", ["MarketplaceServiceItemElectronicServiceStencil", "operationElectronicServiceStencil "]
)
def test_an_old_name_is_known_behind_another_prefix(spelled: str) -> None:
    assert legacy_types(spelled) == (75,)


def test_a_chosen_line_comes_before_the_table() -> None:
    book = TypeBook.of([AccrualType(46, "Placements", "Размещение", PnlLine.LOGISTICS)])
    assert (book.line(46), book.line(32)) == (PnlLine.LOGISTICS, PnlLine.LOGISTICS)
    assert line_of(46) is PnlLine.STORAGE


def test_a_new_type_is_called_as_the_shops_dictionary_calls_it() -> None:
    book = TypeBook.of([AccrualType(900, "Moonlight", "Лунный свет")])
    assert book.title(900) == "Лунный свет (тип 900)"
    assert book.title(31) == "Лидогенерация для автодилеров (тип 31)"
    assert book.title(1) == "Эквайринг"


def test_the_dictionary_tells_of_new_and_renamed_types_until_somebody_chooses() -> None:
    told = [
        AccrualType(1, "Acquiring", ""),
        AccrualType(31, "LeadGeneration", ""),
        AccrualType(32, "SomethingElse", ""),
        AccrualType(900, "New", ""),
        AccrualType(901, "Placed", "", PnlLine.OTHER),
    ]
    assert [entry.id for entry in to_be_told(told)] == [32, 900]


def test_an_entry_that_cannot_be_read_is_set_aside_and_the_others_stand() -> None:
    body = json.dumps(
        {
            "accrual_types": [
                {"id": 1, "name": "Acquiring", "description": None},
                {"id": "два", "name": "X"},
                None,
                {"id": 1, "name": "Acquiring", "description": "Эквайринг"},
            ]
        }
    ).encode()
    found = normalise_types([body], D)
    assert [tuple(row) for row in found.accrual_types] == [(1, "Acquiring", "Эквайринг", D)]
    assert len(found.unplaced) == 2
