"""What goods are worth at cost: a thing on the shelf may have several listings, each with its own cost."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Why(StrEnum):
    """Why goods have no value."""

    KNOWN = ""
    NO_COST = "no_cost"
    COSTS_DIFFER = "costs_differ"


class Worth(NamedTuple):
    """``value`` of all the pieces in rubles, None where it is unknown; ``why`` says so."""

    qty: int
    value: Decimal | None
    why: Why


def worth(qty: int, prices: Iterable[Decimal | None]) -> Worth:
    """Pieces at the cost that their listings agree on; a listing without a cost says nothing."""
    known = {price for price in prices if price is not None}
    if len(known) == 1:
        return Worth(qty, known.pop() * qty, Why.KNOWN)
    return Worth(qty, None, Why.COSTS_DIFFER if known else Why.NO_COST)


class Total(NamedTuple):
    """Goods together: ``value`` of those whose cost is known, and how much has none."""

    qty: int
    value: Decimal
    unknown_qty: int
    unknown_goods: int


def total(goods: Iterable[Worth]) -> Total:
    """Unknown is counted apart, never as nothing."""
    all_of = list(goods)
    unknown = [each for each in all_of if each.value is None]
    return Total(
        qty=sum(each.qty for each in all_of),
        value=sum((each.value for each in all_of if each.value is not None), Decimal(0)),
        unknown_qty=sum(each.qty for each in unknown),
        unknown_goods=len(unknown),
    )
