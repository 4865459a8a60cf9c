"""How an Ozon cabinet is read."""

from dataclasses import dataclass, field
from datetime import timedelta

from app.marketplaces.ozon.lines import TypeBook


@dataclass(frozen=True, slots=True)
class OzonPolicy:
    """How a cabinet is read.

    ``stock_skus``: the skus to ask stock for; empty = ask the catalogue first.
    ``accrual_window``: days a night re-reads, because Ozon rewrites accruals backwards.
    ``types``: the shop's accrual types, with the lines that its people chose.
    ``polls``, ``poll_pause``, ``come_back``: our patience with a report that is being made.
    """

    stock_skus: tuple[int, ...] = ()
    accrual_window: int = 45
    types: TypeBook = field(default_factory=TypeBook)
    polls: int = 6
    poll_pause: float = 5.0
    come_back: timedelta = timedelta(minutes=15)
