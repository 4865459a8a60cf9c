"""Does a month of accruals agree with the document that closes it?

Realization knows sales, returns and the commission on both, and nothing else (facts/ozon.md 10.4): those
three are compared, each with its own residual, so that two errors cannot hide each other.
"""

from decimal import Decimal
from typing import NamedTuple


class Goods(NamedTuple):
    """What goods brought: ``sales`` and ``returns`` at the seller's price, ``fee`` the commission on sales
    less that on returns. All positive, in rubles."""

    sales: Decimal
    returns: Decimal
    fee: Decimal

    @property
    def total(self) -> Decimal:
        """What the seller gets for them."""
        return self.sales - self.returns - self.fee


def closing_residual(told: Goods, booked: Goods) -> Goods:
    """What the document tells beyond what is booked, part by part."""
    return Goods(*(theirs - ours for theirs, ours in zip(told, booked, strict=True)))
