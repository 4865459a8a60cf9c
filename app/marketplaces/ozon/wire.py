"""Ozon on the wire: what all its areas share. Only the fields we read.

Sources: the swagger models of October 2026 and live replies (facts/ozon.md sections 2, 5, 6).
"""

from decimal import Decimal

from app.marketplaces.wire import Rubles, Text, Wire


class Money(Wire):
    """An amount with its currency; the sign is Ozon's: a charge is negative."""

    amount: Rubles
    currency: Text = ""


def amount_of(money: Money | None) -> Decimal:
    """An optional amount, absent = 0."""
    return money.amount if money else Decimal("0.00")
