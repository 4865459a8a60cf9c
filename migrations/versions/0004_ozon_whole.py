"""Ozon: clusters of warehouses, the names that a sku has had, its accrual types, closed methods.

Revision: 0004. The statements are in ``migrations/sql/0004``, one file an area, to be read.
"""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parents[1] / "sql" / "0004"

TABLES = ("sku_identity", "accrual_type")


def upgrade() -> None:
    for path in sorted(SQL.glob("*.sql")):
        op.get_bind().exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))


def downgrade() -> None:
    op.execute("UPDATE ingest_run SET state = 'failed' WHERE state = 'closed'")
    op.execute(
        "ALTER TABLE ingest_run DROP CONSTRAINT ck_ingest_run_state, ADD CONSTRAINT ck_ingest_run_state"
        " CHECK (state IN ('running', 'complete', 'failed'))"
    )
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("warehouse", "cluster")
    op.drop_column("warehouse", "cluster_id")
