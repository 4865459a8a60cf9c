"""The ledger in people's hands: drafts, goods and their listings, orders, schema dw, API tokens.

Revision: 0006. The statements are in ``migrations/sql/0006``, one file an area and one for its way back.
"""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parents[1] / "sql" / "0006"

TABLES = ("api_token", "supply_gap", "item_sku", "stock_draft")
"""Those of dw are made anew from these and the others."""


def upgrade() -> None:
    for path in sorted(path for path in SQL.glob("*.sql") if not path.name.endswith(".down.sql")):
        _run(path)


def downgrade() -> None:
    for path in sorted(SQL.glob("*.down.sql"), reverse=True):
        _run(path)


def _run(path: Path) -> None:
    op.get_bind().exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))
