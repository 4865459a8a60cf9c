"""What a cabinet's facts must be: the sandbox's own books, laid beside our tables row by row.

The books are worked out from the log of what happened, never from a reply or from product code; rows are
compared by natural keys. ``book`` is how, the other modules are what: a marketplace's goods, and its money.
"""

from tests.support.oracle import ozon_accrued, ozon_goods, ozon_money, wb_goods, wb_money
from tests.support.oracle.book import Book, Oracle

WB = (*wb_goods.BOOKS, *wb_money.BOOKS)
OZON = (*ozon_goods.BOOKS, *ozon_accrued.BOOKS, *ozon_money.BOOKS)

__all__ = ["OZON", "WB", "Book", "Oracle"]
