"""The stock ledger: items, places, lots, balances, documents, entries, holds, orders, and who may post.

Revision: 0005. The statements are in ``migrations/sql/0005``, one file an area, to be read.
"""

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parents[1] / "sql" / "0005"

TABLES = (
    "ledger_proof",
    "ledger_seal",
    "ledger_period",
    "hold",
    "stock_ledger",
    "stock_document_line",
    "stock_document",
    "stock",
    "customer_order_line",
    "customer_order",
    "customer",
    "lot",
    "location",
    "item_barcode",
    "item",
)


def upgrade() -> None:
    for path in sorted(SQL.glob("*.sql")):
        op.get_bind().exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))
    op.execute(
        sa.text(
            "SELECT ambar_make_partitions('stock_ledger',"
            " CAST(CAST(:today AS date) - interval '1 month' AS date),"
            " CAST(CAST(:today AS date) + interval '3 months' AS date))"
        ).bindparams(today=datetime.now(UTC).date())
    )


def downgrade() -> None:
    # Every function of 5_post.sql and after it begins so; what is dropped is what this migration made.
    op.execute(
        "DO $$ DECLARE f text; BEGIN"
        " FOR f IN SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND"
        " (proname LIKE 'ambar\\_ledger\\_%' OR proname = 'ambar_find_items')"
        " LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP; END $$"
    )
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM warehouse WHERE marketplace = 'OWN'")
    op.execute(
        "ALTER TABLE warehouse DROP CONSTRAINT ck_warehouse_marketplace,"
        " ADD CONSTRAINT ck_warehouse_marketplace CHECK (marketplace IN ('WB', 'OZON'))"
    )
