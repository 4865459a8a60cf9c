"""The units of a long job: planned once, done one a transaction, so that a restart goes on at the first
that is not done. What each brought is kept, so that the totals are of all of them, whoever did them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.document import Document, to_json
from app.db.session import TenantTx


@dataclass(frozen=True, slots=True)
class Chunk:
    """Unit ``n`` (from 1) of ``total``; ``payload`` is what it is about."""

    n: int
    total: int
    payload: Document


def plan(tx: TenantTx, job_id: int, payloads: Sequence[Document]) -> int:
    """Write the units down, unless that was done before; how many there are."""
    total = int(
        tx.run(
            "SELECT count(*) FROM chunk WHERE tenant_id = :tenant_id AND job_id = :job", job=job_id
        ).scalar_one()
    )
    if total:
        return total
    for n, payload in enumerate(payloads, start=1):
        tx.run(
            "INSERT INTO chunk (tenant_id, job_id, n, payload) "
            "VALUES (:tenant_id, :job, :n, CAST(:payload AS jsonb)) ON CONFLICT DO NOTHING",
            job=job_id,
            n=n,
            payload=to_json(payload),
        )
    return len(payloads)


def next_undone(tx: TenantTx, job_id: int) -> Chunk | None:
    """The first unit that is not done, locked for this transaction; None where all are.

    A second worker (the first one's lease ran out, its transaction did not) waits here for the outcome.
    """
    row = tx.run(
        "SELECT n, payload,"
        " (SELECT count(*) FROM chunk WHERE tenant_id = :tenant_id AND job_id = :job) AS total "
        "FROM chunk WHERE tenant_id = :tenant_id AND job_id = :job AND done_at IS NULL "
        "ORDER BY n LIMIT 1 FOR UPDATE",
        job=job_id,
    ).one_or_none()
    return None if row is None else Chunk(row.n, row.total, row.payload)


def mark_done(tx: TenantTx, job_id: int, n: int, result: Document) -> None:
    """Unit ``n`` is done: in the transaction of its work, or the two could differ."""
    tx.run(
        "UPDATE chunk SET done_at = now(), result = CAST(:result AS jsonb) "
        "WHERE tenant_id = :tenant_id AND job_id = :job AND n = :n AND done_at IS NULL",
        job=job_id,
        n=n,
        result=to_json(result),
    )


def results(tx: TenantTx, job_id: int) -> list[Document]:
    """What the units that are done brought, in their order."""
    rows = tx.run(
        "SELECT result FROM chunk WHERE tenant_id = :tenant_id AND job_id = :job AND done_at IS NOT NULL "
        "ORDER BY n",
        job=job_id,
    )
    return list(rows.scalars())
