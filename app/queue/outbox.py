"""The outbox in PostgreSQL: an event commits with the deed that it tells of, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.clock import Clock
from app.core.document import Document, to_json
from app.db.named_sql import load_sql
from app.db.session import PlatformTx, TenantTx
from app.queue.port import Tx, UntoldEvent
from app.queue.postgres import JOB_CREATED
from app.repositories.audit import append_audit

SQL = load_sql(Path(__file__).with_name("outbox.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOutbox:
    """Writes events; ``Relay`` delivers them."""

    clock: Clock

    def append(
        self,
        tx: Tx,
        topic: str,
        key: str,
        payload: Document,
        *,
        trace_id: str,
        uniq: str | None = None,
        tenant_id: int | None = None,
    ) -> bool:
        """See ``Outbox.append``."""
        owner = tx.tenant_id if isinstance(tx, TenantTx) else tenant_id
        created = tx.run(
            SQL["append"],
            tenant_id=owner,
            topic=topic,
            key=key,
            payload=to_json(payload),
            # The column is unique across tenants: without the owner in it one could silence another.
            uniq=None if uniq is None else f"{owner or 'house'}:{uniq}",
            trace_id=trace_id,
            now=self.clock.now(),
        ).scalar()
        return created is not None

    def list(
        self, tx: Tx, *, tenant_id: int | None = None, given_up: bool = False, limit: int = 100
    ) -> Sequence[UntoldEvent]:
        """See ``Outbox.list``."""
        owner = tx.tenant_id if isinstance(tx, TenantTx) else tenant_id
        name = "list_given_up" if given_up else "list_untold"
        rows = tx.run(SQL[name], tenant_id=owner, limit=limit, quiet=JOB_CREATED)
        return [UntoldEvent(**row._asdict()) for row in rows]

    def mark_published(self, tx: PlatformTx, ids: Sequence[int]) -> int:
        """See ``Outbox.mark_published``."""
        return int(tx.run(SQL["published"], ids=[*ids], now=self.clock.now()).rowcount)

    def retry(self, tx: PlatformTx, ids: Sequence[int]) -> int:
        """Give events that were given up all their tries anew; how many were. Audited."""
        revived = tx.run(SQL["retry"], ids=[*ids], now=self.clock.now()).all()
        for row in revived:
            append_audit(
                tx, "event.retried", f"событие {row.id}", after={"topic": row.topic}, tenant_id=row.tenant_id
            )
        return len(revived)
