"""What an Ozon line earns and costs, in kopecks; costs are negative, as the accruals write them.

Per accrual: total = Σ(sale_amount + sale_commission) + Σ delivery + Σ fees.
Per line: sale_amount = sale_price + bonus + coinvestment.
"""

from dataclasses import dataclass

import numpy as np

from app.sandbox.catalogue.shelf import Ints, Shelf
from app.sandbox.ledger import FBS, NEVER, Lines
from app.sandbox.money import share

LOGISTIC, LAST_MILE, DROP_OFF, RETURN_FLOW, CLIENT_RETURN, CANCELLATION = 32, 29, 16, 59, 9, 6
ACQUIRING, PROMOTION, STARS = 1, 54, 74


@dataclass(frozen=True, slots=True)
class Commission:
    """The ``commission`` block of sales; a return has the same numbers with all signs reversed."""

    seller_price: Ints
    sale_amount: Ints
    sale_price: Ints
    bonus: Ints
    coinvestment: Ints
    sale_commission: Ints
    ratio: Ints


def commission(lines: Lines, shelf: Shelf) -> Commission:
    """Money of sold lines."""
    price = lines["price"].astype(np.int64)
    amount = price * lines["qty"]
    bonus = share(amount, lines["spp"].astype(np.int64))
    coinvestment = share(amount, (lines["acq"].astype(np.int64) % 3) * 50)
    ratio = shelf.commission[lines["sku"]]
    return Commission(
        seller_price=price,
        sale_amount=amount,
        sale_price=amount - bonus - coinvestment,
        bonus=bonus,
        coinvestment=coinvestment,
        sale_commission=-share(amount, ratio),
        ratio=ratio,
    )


def _first_of_posting(lines: Lines) -> Ints:
    return np.asarray(lines["posting"] == lines["row"], dtype=np.int64)


def _logistic(lines: Lines, shelf: Shelf) -> Ints:
    extra = np.maximum(shelf.volume[lines["sku"]] - 100, 0)
    return np.asarray((4_620 + 12 * extra) * lines["qty"], dtype=np.int64)


def to_buyer(lines: Lines, shelf: Shelf, now: int) -> dict[int, Ints]:
    """Services of the delivery by type_id. What was priced anew by day ``now`` costs a tenth more."""
    logistic = _logistic(lines, shelf)
    anew = (lines["anew"] != NEVER) & (lines["anew"] <= now)
    drop_off = np.where((lines["flags"] & FBS) != 0, 2_500 * _first_of_posting(lines), 0)
    return {
        LOGISTIC: -np.where(anew, share(logistic, 11_000), logistic),
        LAST_MILE: -(2_500 * _first_of_posting(lines)),
        DROP_OFF: -drop_off,
    }


def of_refusal(lines: Lines, shelf: Shelf) -> dict[int, Ints]:
    """Services of an order that was not bought: there, back and handling."""
    there = _logistic(lines, shelf)
    return {LOGISTIC: -there, RETURN_FLOW: -there, CANCELLATION: -(1_500 * _first_of_posting(lines))}


def of_return(lines: Lines, shelf: Shelf) -> dict[int, Ints]:
    """Services of a return after the sale."""
    return {RETURN_FLOW: -_logistic(lines, shelf), CLIENT_RETURN: np.full(len(lines), -1_500, dtype=np.int64)}


def acquiring(lines: Lines, shelf: Shelf) -> Ints:
    """Type 1, an accrual of its own."""
    return -share(commission(lines, shelf).sale_price, lines["acq"].astype(np.int64))


def promotion(lines: Lines, shelf: Shelf) -> Ints:
    """Type 54, pay per order, 8 % of what the line sold for."""
    return -share(commission(lines, shelf).sale_amount, 800)


def stars(lines: Lines, shelf: Shelf) -> Ints:
    """Type 74, 1.5 %."""
    return -share(commission(lines, shelf).sale_amount, 150)
