"""Checks of the stock ledgers: proven and found whole, and not long ago; their days under seal."""

from datetime import timedelta

from app.db.session import TenantTx
from app.repositories import ledger_proof
from app.repositories.seals import every_tenant
from app.services.doctor.finding import Finding, Ward, bad, ok, warn

LATE = timedelta(days=2)
"""A night that fell out is made up for by the next; two are not."""


def check_ledger(ward: Ward) -> list[Finding]:
    """What the last proof of every ledger found, and that one was made. Months ahead: ``check_months``."""
    with ward.db.platform() as tx:
        tenants = every_tenant(tx)
    found = []
    for tenant_id in tenants:
        with ward.db.tenant(tenant_id) as tx:
            found += _of_tenant(ward, tx)
    return found or [ok("Складские книги сверены и сходятся, прошедшие дни опечатаны.")]


def _of_tenant(ward: Ward, tx: TenantTx) -> list[Finding]:
    now, who = ward.house.clock.now(), f"Организация {tx.tenant_id}: складская книга"
    proof = ledger_proof.last_proof(tx)
    found = []
    if proof is not None and proof.faults:
        said = f"{who} не сходится, расхождений {proof.faults} ({proof.proven_at:%d.%m.%Y})."
        found.append(bad(said, f"./ambar ledger verify --org {tx.tenant_id}"))
    begun = ledger_proof.begun_at(tx)
    keep = f"./ambar ledger keep --org {tx.tenant_id}"
    if begun is not None and now - (proof.proven_at if proof else begun) > LATE:
        since = f"с {proof.proven_at:%d.%m.%Y}" if proof else "ни разу"
        found.append(warn(f"{who} не сверялась {since}.", keep))
    unsealed = ledger_proof.first_unsealed(tx)
    if unsealed is not None and now.date() - unsealed > LATE:
        found.append(warn(f"{who} не опечатана с {unsealed:%d.%m.%Y}.", keep))
    return found
