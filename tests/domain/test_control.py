"""Control totals: a report that adds up, one that does not, and whose sign it is."""

from decimal import Decimal

import pytest

from app.domain.finance.control import OURS, Booked, Checked, Reading, Told, check_report, payout

M = Decimal
NOTHING = M(0)

# The week 2025-W49 that met the portal to the kopeck (facts/wildberries.md 7.1).
MAIN = Told(
    for_pay=M("135186.71"),
    services=M("26139.82") + M("1923.34") + M("51063"),
    additional=M("2153.28"),
    loyalty=NOTHING,
    schedule=NOTHING,
    payout=M("53907.27"),
)
BUYOUTS = Told(M("3466.25"), M("432.16"), NOTHING, NOTHING, NOTHING, M("3034.09"))


@pytest.mark.parametrize("told", [MAIN, BUYOUTS])
def test_the_published_week_adds_up_as_we_book_it(told: Told) -> None:
    assert payout(told, OURS) == told.payout
    checked = check_report(told, Booked(told.payout, told.for_pay))
    assert checked == Checked(NOTHING, OURS, returns_turned=False)


@pytest.mark.parametrize(
    ("paid", "reading"),
    [
        ("870.00", Reading(additional=-1, loyalty=1, schedule=0)),
        ("890.00", Reading(additional=1, loyalty=1, schedule=0)),
        ("840.00", Reading(additional=-1, loyalty=0, schedule=0)),
        ("877.00", Reading(additional=-1, loyalty=1, schedule=1)),
        ("863.00", Reading(additional=-1, loyalty=1, schedule=-1)),
        ("853.00", Reading(additional=1, loyalty=0, schedule=-1)),
        ("869.99", None),
    ],
)
def test_the_reading_that_explains_the_payout_is_named(paid: str, reading: Reading | None) -> None:
    """1000 − 150 of services, ∓10 of additional payments, 30 of loyalty, 7 of shifted payments."""
    told = Told(M("1000.00"), M("150.00"), M("10.00"), M("30.00"), M("7.00"), M(paid))
    checked = check_report(told, Booked(M("870.00"), M("1000.00")))
    assert checked == Checked(M(paid) - M("870.00"), reading, returns_turned=False)


def test_rows_that_are_missing_are_a_residual() -> None:
    checked = check_report(MAIN, Booked(M("53894.97"), MAIN.for_pay))
    assert (checked.residual, checked.reading) == (M("12.30"), OURS)


@pytest.mark.parametrize(
    ("for_pay", "raised", "turned"),
    [
        ("1120.00", "560.00", True),  # −560 under «Возврат» has become +560: 0 is right
        ("1120.90", "560.00", True),
        ("1121.10", "560.00", False),
        ("0.00", "560.00", False),  # adds up as it is
        ("0.99", "0.00", False),
        ("300.00", "0.00", False),
    ],
)
def test_returns_of_the_other_sign_are_told_from_other_errors(
    for_pay: str, raised: str, turned: bool
) -> None:
    told = Told(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
    assert check_report(told, Booked(M(for_pay), M(for_pay), M(raised))).returns_turned is turned
