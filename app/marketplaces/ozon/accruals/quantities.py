"""How many pieces an accrual sold, which by-day told on some days of September 2026 and not on others.

First its own ``quantity``, then the line's amount over the price of a piece (they agree on every published
line that has both; the buyer's price would not), then what /v1/finance/accrual/postings says of the posting.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import ValidationError

from app.marketplaces.ozon.accruals.wire import Accrual, Commission, PostingCharges, PostingProduct
from app.marketplaces.ozon.wire import amount_of
from app.marketplaces.wire import parse_rows, read_rows

POSTING_NUMBER = re.compile(r"\d+-\d+-\d+")
"""An order's number is shorter, an advertising contract's has no dashes: one such number in a call fails
all the others (facts/ozon.md 2.2)."""

_METHOD = "ozon.accrual_postings"
_NEARLY_WHOLE = Decimal("0.01")


class SoldLine(NamedTuple):
    """A line of a posting, as both methods name it. A posting sells and takes back on different days."""

    posting: str
    d: date
    sku: int
    is_return: bool


def own_pieces(product: PostingProduct, commission: Commission) -> int | None:
    """Pieces by the accrual itself, always positive; None = it does not say."""
    sale = commission.sale_amount.amount
    if not sale:
        return 0
    if product.quantity:
        return abs(product.quantity)
    price = amount_of(commission.seller_price)
    if not price:
        return None
    pieces = abs(sale / price)
    whole = int(pieces.to_integral_value())
    return whole if whole and abs(pieces - whole) <= _NEARLY_WHOLE else None


def sold_line(accrual: Accrual, product: PostingProduct, commission: Commission) -> SoldLine:
    """Which line of which posting it is."""
    return SoldLine(accrual.unit_number, accrual.date, product.sku, commission.sale_amount.amount < 0)


def postings_to_ask(rows: Iterable[Any]) -> Iterator[str]:
    """Numbers of the postings on a by-day page whose pieces it does not tell, as far as they can be asked.

    A row that cannot be read is nobody's posting: the normaliser sets it aside.
    """
    for raw in rows:
        if not _may_lack(raw):
            continue
        try:
            accrual = Accrual.model_validate(raw)
        except ValidationError:
            continue
        products = (accrual.posting.products or ()) if accrual.posting else ()
        lacks = any(each.commission and own_pieces(each, each.commission) is None for each in products)
        if lacks and POSTING_NUMBER.fullmatch(accrual.unit_number):
            yield accrual.unit_number


def told_pieces(bodies: Iterable[bytes]) -> dict[SoldLine, int]:
    """What the postings asked about sold. A line with two answers has none: nothing is guessed."""
    found: defaultdict[SoldLine, set[int]] = defaultdict(set)
    for body in bodies:
        rows = parse_rows(body, _METHOD, "posting_accruals")
        for _, posting in read_rows(rows, PostingCharges, lambda *_: None):
            for charge in posting.accruals or ():
                price = amount_of(charge.seller_price)
                if price and charge.quantity:
                    line = SoldLine(posting.posting_number, charge.accrual_date, charge.sku, price < 0)
                    found[line].add(abs(charge.quantity))
    return {line: pieces.pop() for line, pieces in found.items() if len(pieces) == 1}


def _may_lack(raw: Any) -> bool:
    """A cheap look: most pages tell all quantities, and a page has a thousand rows."""
    posting = raw.get("posting") if isinstance(raw, dict) else None
    products = posting.get("products") if isinstance(posting, dict) else None
    if not isinstance(products, list):
        return False
    return any(
        isinstance(each, dict) and each.get("commission") and not each.get("quantity") for each in products
    )
