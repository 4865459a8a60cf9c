"""The lines of the P&L: each stands in one group at most, and money that we cannot place is never lost."""

from itertools import combinations

from app.domain.finance.settlement import (
    COMMISSION_LINES,
    DELIVERY_LINES,
    MARKETING_LINES,
    OUTSIDE_PROFIT,
    PROMO_LINES,
    PnlLine,
)

GROUPS = (COMMISSION_LINES, DELIVERY_LINES, PROMO_LINES, MARKETING_LINES, OUTSIDE_PROFIT)


def test_no_line_is_counted_in_two_groups() -> None:
    assert not [pair for pair in combinations(GROUPS, 2) if pair[0] & pair[1]]


def test_money_that_we_cannot_place_stays_inside_the_profit() -> None:
    assert not any(PnlLine.UNMAPPED in group for group in GROUPS)


def test_the_stored_names_fit_their_column_and_are_plain() -> None:
    assert all(line.value.isascii() and line.value.islower() for line in PnlLine)
