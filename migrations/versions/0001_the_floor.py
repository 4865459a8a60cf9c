"""The floor: every table of the first cut, its months and its walls.

Revision: 0001. The statements are in ``migrations/sql/0001``, one file an area, to be read.
"""

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from app.core.config import get_settings

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parents[1] / "sql" / "0001"

PARTITIONED = (
    "sale_event",
    "daily_sales",
    "daily_stock",
    "settlement_line",
    "metrics_daily",
    "advice_supply",
    "raw_payload",
)
TABLES = (
    *PARTITIONED,
    "figure_change",
    "recalc_pending",
    "unplaced_row",
    "cashflows",
    "reviews",
    "coverage",
    "source_unit",
    "ingest_run",
    "rate_budget",
    "commission_rules",
    "cost_change",
    "cost_price_history",
    "sku_barcode",
    "sku",
    "card",
    "warehouse",
    "marketplace_account",
    "membership",
    "admin_code",
    "fsm_entry",
    "outbox_event",
    "job",
    "firing",
    "lease",
    "app_user",
    "tenant",
    "installation",
)


def upgrade() -> None:
    for path in sorted(SQL.glob("*.sql")):
        op.get_bind().exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))
    op.execute(
        sa.text("INSERT INTO installation (id, day_timezone) VALUES (1, :zone)").bindparams(
            zone=get_settings().day_timezone
        )
    )
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
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM ambar_backup")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON SEQUENCES FROM ambar_backup")
    op.execute("DROP FUNCTION ambar_make_partitions(text, date, date)")
    op.execute("DROP FUNCTION ambar_attach_month(text, text, date)")
