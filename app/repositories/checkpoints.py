"""Where a job stands, by a name of its own choice: for work that has no units to count.

Written in the transaction of the work it tells of, so the two never differ.
"""

from app.core.document import Document, to_json
from app.db.session import TenantTx


def put(tx: TenantTx, job_id: int, name: str, value: Document) -> None:
    """The job stands here now."""
    tx.run(
        "INSERT INTO job_checkpoint AS c (tenant_id, job_id, name, value) "
        "VALUES (:tenant_id, :job, :name, CAST(:value AS jsonb)) "
        "ON CONFLICT (tenant_id, job_id, name) DO UPDATE SET value = excluded.value, at = now()",
        job=job_id,
        name=name,
        value=to_json(value),
    )


def get(tx: TenantTx, job_id: int, name: str) -> Document | None:
    """Where it stood, or None where it has not got that far."""
    value: Document | None = tx.run(
        "SELECT value FROM job_checkpoint WHERE tenant_id = :tenant_id AND job_id = :job AND name = :name",
        job=job_id,
        name=name,
    ).scalar()
    return value
