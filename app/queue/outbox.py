"""The outbox in PostgreSQL: an event commits with the deed that it tells of, or not at all."""

from dataclasses import dataclass
from pathlib import Path

from app.core.clock import Clock
from app.core.document import Document, to_json
from app.db.session import TenantTx
from app.queue.named_sql import load_sql
from app.queue.port import Tx

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
