"""The ledger proves itself: what is wrong with it, by question; and what can be put right is."""

from dataclasses import dataclass
from datetime import timedelta

from app.core.clock import Clock
from app.db.session import Database, TenantTx
from app.repositories import ledger_proof
from app.repositories.ledger_proof import QUESTIONS, Fault

BEFORE_SEALS = "before_seals"


@dataclass(frozen=True, slots=True)
class Proof:
    """``faults`` at most twenty a question; none in a sound ledger of ``entries`` entries."""

    entries: int
    faults: tuple[Fault, ...]


def verify_ledger(db: Database, tenant_id: int) -> Proof:
    """Ask every question of one snapshot, so that postings under way are no faults. Nobody waits for it."""
    with db.tenant(tenant_id, statement_timeout_ms=0, one_snapshot=True) as tx:
        return _examine(tx)


def _examine(tx: TenantTx) -> Proof:
    faults = [fault for question in QUESTIONS for fault in ledger_proof.find_faults(tx, question)]
    if early := ledger_proof.count_before_seals(tx):
        faults.append(Fault(BEFORE_SEALS, f"entries={early}"))
    return Proof(ledger_proof.count_entries(tx), tuple(faults))


def seal_ledger(tx: TenantTx, clock: Clock) -> int:
    """Put every day that is over under its seal; how many days. The job of the night."""
    return ledger_proof.seal(tx, clock.now().date() - timedelta(days=1))


def rebuild_ledger(tx: TenantTx) -> int:
    """Balances and holds from the entries; how many rows were wrong."""
    return ledger_proof.rebuild(tx)
