"""Monthly partitions: made ahead by the nightly run, and behind when an import brings old days."""

from datetime import date, datetime

from app.db.session import PlatformTx, TenantTx

PARTITIONED = (
    "sale_event",
    "daily_sales",
    "daily_stock",
    "settlement_line",
    "metrics_daily",
    "advice_supply",
    "raw_payload",
    "buyer_order",
    "storage_cost_daily",
    "ad_stat_daily",
    "stock_ledger",
    "shared_cost_daily",
)
"""Parents whose rows live in a partition per month."""

EARLIEST = date(2015, 1, 1)
"""Before this no marketplace row is believed: it goes to «не разнесено»."""

MONTHS_AHEAD = 3


def ensure_months(tx: TenantTx | PlatformTx, first: date, last: date) -> int:
    """Make the partitions of all parents for the months from ``first`` to ``last``; how many were new."""
    made = tx.run(
        "SELECT coalesce(sum(ambar_make_partitions(parent, :first, :last)), 0) "
        "FROM unnest(CAST(:parents AS text[])) AS parent",
        first=first,
        last=last,
        parents=list(PARTITIONED),
    )
    return int(made.scalar_one())


def latest(now: datetime) -> date:
    """The last day that has, or may be given, a partition: a sale of 2087 is an error of the source."""
    return shift_month(now.date().replace(day=1), MONTHS_AHEAD + 1)


def shift_month(month: date, by: int) -> date:
    """The first day of the month ``by`` months from ``month``."""
    index = month.year * 12 + month.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)
