"""Every feed of a marketplace: orders, returns, prices, supplies, reports, storage, charges, advertising.

Revision: 0003. The statements are in ``migrations/sql/0003``, one file an area, to be read.
"""

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parents[1] / "sql" / "0003"

PARTITIONED = ("buyer_order", "storage_cost_daily", "ad_stat_daily", "shared_cost_daily")
TABLES = (
    *PARTITIONED,
    "item_return",
    "price",
    "supply",
    "supply_line",
    "tariff",
    "finance_report",
    "account_balance",
    "charge",
    "ad_campaign",
    "ad_charge",
    "unknown_value",
)


def upgrade() -> None:
    for path in sorted(SQL.glob("*.sql")):
        op.get_bind().exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))
    today = datetime.now(UTC).date()
    for parent in PARTITIONED:
        op.execute(
            sa.text(
                "SELECT ambar_make_partitions(:parent,"
                " CAST(CAST(:today AS date) - interval '1 month' AS date),"
                " CAST(CAST(:today AS date) + interval '3 months' AS date))"
            ).bindparams(parent=parent, today=today)
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM figure_change WHERE d IS NULL")
    op.alter_column("figure_change", "d", nullable=False)
    op.drop_column("warehouse", "is_own")
    for column in ("pros", "cons", "answer", "src_hash"):
        op.drop_column("reviews", column)
    op.drop_column("marketplace_account", "info")
    op.drop_column("marketplace_account", "info_at")
    op.execute("ALTER TABLE ingest_run ADD page_hashes jsonb DEFAULT '[]'::jsonb NOT NULL")
    op.execute("UPDATE ingest_run SET state = 'failed' WHERE state = 'running'")
    op.drop_column("ingest_run", "pages")
