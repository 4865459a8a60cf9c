"""The lines of a seller's P&L: what each kopeck of a marketplace's finance report is booked as.

Which marketplace operation becomes which line is the normalisers' knowledge; here are only the
lines themselves and how they group. Amounts are signed from the seller's side: income is
positive, a charge is negative, so a payout is a plain sum.
"""

from enum import StrEnum


class PnlLine(StrEnum):
    """One line of the P&L; the value is what is stored in ``settlement_line.line``."""

    SALE = "sale"
    RETURN = "return"
    COMMISSION = "commission"
    ACQUIRING = "acquiring"
    LOGISTICS = "logistics"
    RETURN_LOGISTICS = "return_logistics"
    STORAGE = "storage"
    ACCEPTANCE = "acceptance"
    INBOUND = "inbound"
    ADS = "ads"
    PROMO = "promo"
    LOYALTY = "loyalty"
    SUBSCRIPTION = "subscription"
    PENALTY = "penalty"
    DEDUCTION = "deduction"
    COMPENSATION = "compensation"
    CORRECTION = "correction"
    RFBS = "rfbs"
    OTHER = "other"
    FINANCING = "financing"
    UNMAPPED = "unmapped"


OUTSIDE_PROFIT = frozenset({PnlLine.FINANCING})
"""Lines that move money to or from the bank but are no income or cost (loans, early payment)."""

COMMISSION_LINES = frozenset({PnlLine.COMMISSION, PnlLine.ACQUIRING})
DELIVERY_LINES = frozenset({PnlLine.LOGISTICS, PnlLine.RETURN_LOGISTICS})
PROMO_LINES = frozenset({PnlLine.PROMO, PnlLine.LOYALTY})
MARKETING_LINES = frozenset({PnlLine.ADS})
