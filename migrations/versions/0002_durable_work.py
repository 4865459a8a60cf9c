"""Durable work, many sellers: dead letters, checkpoints, audit, idempotency, papers, invites, retention.

Revision: 0002. The statements are in ``migrations/sql/0002``, one file an area, to be read.
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parents[1] / "sql" / "0002"

TABLES = (
    "invite",
    "figures_stamp",
    "document",
    "report",
    "idempotency_key",
    "audit_entry",
    "chunk",
    "job_checkpoint",
    "dead_letter",
)


def upgrade() -> None:
    for path in sorted(SQL.glob("*.sql")):
        op.get_bind().exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))


def downgrade() -> None:
    op.execute("DROP FUNCTION ambar_schema_version()")
    op.execute("DROP FUNCTION ambar_drop_raw_months(date)")
    op.execute("DROP FUNCTION ambar_claim(text[], bigint, integer, integer, timestamptz, text, timestamptz)")
    for table in TABLES:
        op.drop_table(table)
    for index in ("ix_outbox_event_given_up", "ix_outbox_event_key", "ix_outbox_event_due"):
        op.drop_index(index, "outbox_event")
    op.drop_column("ingest_run", "since")
    op.drop_column("outbox_event", "given_up_at")
    op.execute("CREATE INDEX ix_outbox_event_due ON outbox_event (next_try_at) WHERE published_at IS NULL")
    op.drop_index("ix_job_line", "job")
    op.drop_index("uq_job_serial", "job")
    op.execute("CREATE INDEX ix_job_lease ON job (lease_until) WHERE state = 'doing'")
    op.drop_column("job", "serial")
    op.drop_column("job", "asked_by")
    op.execute("CREATE INDEX ix_job_todo ON job (run_at) WHERE state = 'todo'")
