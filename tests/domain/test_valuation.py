"""Goods at cost: what is unknown stays unknown, and is counted."""

from decimal import Decimal

import pytest

from app.domain.warehouse.valuation import Total, Why, Worth, total, worth

P350, P360 = Decimal("350.50"), Decimal("360.00")


@pytest.mark.parametrize(
    ("prices", "value", "why"),
    [
        ([P350], Decimal("1051.50"), Why.KNOWN),
        ([P350, None, P350], Decimal("1051.50"), Why.KNOWN),
        ([], None, Why.NO_COST),
        ([None], None, Why.NO_COST),
        ([P350, P360], None, Why.COSTS_DIFFER),
        ([Decimal(0)], Decimal(0), Why.KNOWN),
    ],
)
def test_three_pieces_at_cost(prices: list[Decimal | None], value: Decimal | None, why: Why) -> None:
    assert worth(3, prices) == Worth(3, value, why)


def test_what_has_no_cost_is_counted_and_not_nothing() -> None:
    goods = [worth(3, [P350]), worth(2, []), worth(5, [P350, P360])]
    assert total(goods) == Total(qty=10, value=Decimal("1051.50"), unknown_qty=7, unknown_goods=2)
    assert total([]) == Total(0, Decimal(0), 0, 0)
