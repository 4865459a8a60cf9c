"""What a WB sale earns and costs, in kopecks, row by row.

With R the seller's price, S what the buyer paid, N = R × кВВ the nominal commission and A the
acquiring: forPay = R − N − A, so R − forPay = N + A holds on every row to the kopeck.
"""

from dataclasses import dataclass

import numpy as np

from app.sandbox.catalogue.shelf import Ints, Shelf
from app.sandbox.ledger import BUYOUT, Lines
from app.sandbox.money import share

VAT = 22


@dataclass(frozen=True, slots=True)
class SaleMoney:
    """Columns of kopecks for the same lines, all for one piece and positive for sale and return alike."""

    seller_price: Ints
    paid: Ints
    commission: Ints
    acquiring: Ints
    for_pay: Ints
    fee: Ints
    fee_vat: Ints


def sale_money(lines: Lines, shelf: Shelf) -> SaleMoney:
    """The money of sales (or of their returns)."""
    seller_price = lines["price"].astype(np.int64)
    paid = seller_price - share(seller_price, lines["spp"].astype(np.int64))
    commission = share(seller_price, shelf.commission[lines["sku"]])
    acquiring = share(paid, lines["acq"].astype(np.int64))
    for_pay = seller_price - commission - acquiring
    # WB's own fee after the discount that WB gives: it may be negative
    with_vat = paid - for_pay - acquiring
    fee = np.sign(with_vat) * ((np.abs(with_vat) * 100 + (100 + VAT) // 2) // (100 + VAT))
    return SaleMoney(seller_price, paid, commission, acquiring, for_pay, fee, with_vat - fee)


def delivery(lines: Lines, shelf: Shelf) -> Ints:
    """Delivery to the buyer: 46 ₽ for the first litre, 14 ₽ for each further one, times the warehouse."""
    extra = np.maximum(shelf.volume[lines["sku"]] - 100, 0)
    coefficient = np.array([100, 115, 130], dtype=np.int64)[lines["place"]]
    return np.asarray((4_600 + 14 * extra) * coefficient // 100, dtype=np.int64)


def way_back(lines: Lines, shelf: Shelf) -> Ints:
    """Delivery back from the buyer."""
    return np.asarray(5_000 + 6 * np.maximum(shelf.volume[lines["sku"]] - 100, 0), dtype=np.int64)


def in_buyout_report(lines: Lines) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether a line belongs to the report «по выкупам» (type 2) rather than to the main one."""
    return np.asarray((lines["flags"] & BUYOUT) != 0)
