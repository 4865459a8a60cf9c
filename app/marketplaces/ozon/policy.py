"""How an Ozon cabinet is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OzonPolicy:
    """How a cabinet is read.

    ``stock_skus``: the skus to ask stock for; empty = ask the catalogue first.
    ``accrual_window``: days a night re-reads, because Ozon rewrites accruals backwards.
    """

    stock_skus: tuple[int, ...] = ()
    accrual_window: int = 45
