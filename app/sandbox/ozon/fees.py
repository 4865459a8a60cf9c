"""What an Ozon line earns and costs, in kopecks; costs are negative, as the accruals write them.

Per accrual: total = Σ(sale_amount + sale_commission) + Σ delivery + Σ fees.
Per line: sale_amount = sale_price + bonus + coinvestment.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.sandbox.catalogue.shelf import Ints, Shelf
from app.sandbox.ledger import FBS, NEVER, RFBS, Lines
from app.sandbox.money import share

LOGISTIC, LAST_MILE, DROP_OFF, RETURN_FLOW, CLIENT_RETURN, CANCELLATION = 32, 29, 16, 59, 9, 6
DROP_OFF_AGENT = 17
PAID_TO_SELLER, PAID_BY_BUYER = 62, 124
AGENT_FEE, PARTNER_DELIVERY, EASY_RETURN, PLATFORM_FEE = 63, 64, 65, 68
"""rFBS: what the buyer pays for delivery comes as 62 or 124, Ozon's partner and platform take their part."""
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


def is_by_partner(lines: Lines) -> npt.NDArray[np.bool_]:
    """rFBS carried by a partner of Ozon's; the rest of it goes with the seller's own courier."""
    return np.asarray(_is(lines, RFBS) & (lines["posting"] % 2 == 0))


def _is(lines: Lines, flag: int) -> npt.NDArray[np.bool_]:
    return np.asarray((lines["flags"] & flag) != 0)


def _logistic(lines: Lines, shelf: Shelf) -> Ints:
    """Ozon's own carriage: of all but rFBS."""
    extra = np.maximum(shelf.volume[lines["sku"]] - 100, 0)
    return np.asarray(np.where(_is(lines, RFBS), 0, (4_620 + 12 * extra) * lines["qty"]), dtype=np.int64)


def to_buyer(lines: Lines, shelf: Shelf, now: int) -> dict[int, Ints]:
    """Services of the delivery by type_id. What was priced anew by day ``now`` costs a tenth more."""
    logistic, first = _logistic(lines, shelf), _first_of_posting(lines)
    anew = (lines["anew"] != NEVER) & (lines["anew"] <= now)
    by_agent = lines["place"] == 3
    partner, own = is_by_partner(lines), _is(lines, RFBS) & ~is_by_partner(lines)
    return {
        LOGISTIC: -np.where(anew, share(logistic, 11_000), logistic),
        LAST_MILE: -np.where(_is(lines, RFBS), 0, 2_500 * first),
        DROP_OFF: -np.where(_is(lines, FBS) & ~by_agent, 2_500 * first, 0),
        DROP_OFF_AGENT: -np.where(_is(lines, FBS) & by_agent, 2_500 * first, 0),
        PAID_TO_SELLER: np.where(own, 29_900 * first, 0),
        PLATFORM_FEE: -np.where(own, 1_000 * first, 0),
        PAID_BY_BUYER: np.where(partner, 29_900 * first, 0),
        PARTNER_DELIVERY: -np.where(partner, 24_000 * first, 0),
        AGENT_FEE: -np.where(partner, 1_500 * first, 0),
    }


def of_refusal(lines: Lines, shelf: Shelf) -> dict[int, Ints]:
    """Services of an order that was not bought: there, back and handling."""
    there, first = _logistic(lines, shelf), _first_of_posting(lines)
    return {
        LOGISTIC: -there,
        RETURN_FLOW: -there,
        CANCELLATION: -np.where(_is(lines, RFBS), 0, 1_500 * first),
        PARTNER_DELIVERY: -np.where(is_by_partner(lines), 2 * 24_000 * first, 0),
        PLATFORM_FEE: -np.where(_is(lines, RFBS) & ~is_by_partner(lines), 1_000 * first, 0),
    }


def of_return(lines: Lines, shelf: Shelf) -> dict[int, Ints]:
    """Services of a return after the sale."""
    rfbs = _is(lines, RFBS)
    return {
        RETURN_FLOW: -_logistic(lines, shelf),
        CLIENT_RETURN: -np.where(rfbs, 0, 1_500),
        EASY_RETURN: -np.where(rfbs, 15_000, 0),
    }


def acquiring(lines: Lines, shelf: Shelf) -> Ints:
    """Type 1, an accrual of its own."""
    return -share(commission(lines, shelf).sale_price, lines["acq"].astype(np.int64))


def promotion(lines: Lines, shelf: Shelf) -> Ints:
    """Type 54, pay per order, 8 % of what the line sold for."""
    return -share(commission(lines, shelf).sale_amount, 800)


def stars(lines: Lines, shelf: Shelf) -> Ints:
    """Type 74, 1.5 %."""
    return -share(commission(lines, shelf).sale_amount, 150)
