"""Who changed what: written in the transaction of the change itself, read by the owner in the chat."""

from app.core.document import Document, to_json
from app.db.session import PlatformTx, TenantTx

_APPEND = """
INSERT INTO audit_entry (tenant_id, actor_id, actor, action, subject, before, after, trace_id)
VALUES (:tenant_id, :actor_id, :actor, :action, :subject, CAST(:before AS jsonb), CAST(:after AS jsonb),
        :trace_id)
"""


def append_audit(
    tx: TenantTx | PlatformTx,
    action: str,
    subject: str,
    *,
    before: Document | None = None,
    after: Document | None = None,
    tenant_id: int | None = None,
) -> None:
    """Note a change by the transaction's actor, under its trace.

    ``action`` is our word for it ("cost.set"), ``subject`` what a person would call the thing
    ("KRS-42"); ``before`` and ``after`` hold no secret. ``tenant_id`` is for platform transactions
    (None: about the house); a tenant's names its own.
    """
    tx.run(
        _APPEND,
        tenant_id=tx.tenant_id if isinstance(tx, TenantTx) else tenant_id,
        actor_id=tx.actor.user_id,
        actor=tx.actor.name,
        action=action,
        subject=subject,
        before=None if before is None else to_json(before),
        after=None if after is None else to_json(after),
        trace_id=tx.trace_id,
    )
