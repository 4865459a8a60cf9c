"""Numbers that WB gives to order items, events and rows: unique, stable, of the real lengths."""

from datetime import date

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import Lines

ROWS_A_DAY = 1_000_000
_FIRST = date(2024, 1, 29).toordinal()  # the finance reports begin on this day


def _key(lines: Lines) -> Ints:
    return np.asarray(lines["day"].astype(np.int64) * (1 << 20) + lines["row"], dtype=np.int64)


def srid_number(lines: Lines) -> Ints:
    """Seventeen digits, one for each order item (an odd factor permutes the numbers below 2^53)."""
    with np.errstate(over="ignore"):
        mixed = (_key(lines).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) & np.uint64((1 << 53) - 1)
    return (mixed + np.uint64(10**16)).astype(np.int64)


def event_number(lines: Lines, *, returned: bool) -> Ints:
    """Ten digits of a saleID."""
    factor = np.int64(2_654_435_769 if not returned else 2_246_822_519)
    return ((_key(lines) * factor) & np.int64((1 << 33) - 1)) + 1_000_000_000


def rrd_ids(day: date, count: int) -> Ints:
    """Ids of the rows of one day's reports: they grow from day to day."""
    return 4_000_000_000 + (day.toordinal() - _FIRST) * ROWS_A_DAY + np.arange(count, dtype=np.int64)


def daily_report_id(day: date, kind: int, oid: int) -> int:
    """Seventeen digits ending in the date, as live daily reports have."""
    return (kind * 100_000_000 + 50_000_000 + oid) * 100_000_000 + int(day.strftime("%Y%m%d"))


def weekly_report_id(monday: date, kind: int, oid: int) -> int:
    """Nine digits."""
    return 300_000_000 + (monday.toordinal() - _FIRST) // 7 * 100_000 + (oid % 40_000) * 2 + kind


def supply_id(number: int) -> int:
    """A delivery to a warehouse by its place in the market's list: the incomeId of the acceptance report."""
    return 30_000_000 + number * 13
