"""The ledger proves itself: what is wrong with it, by question; and what can be put right is."""

from dataclasses import dataclass

from app.db.session import Database, TenantTx
from app.repositories import ledger_proof
from app.repositories.audit import append_audit
from app.repositories.ledger_proof import QUESTIONS, Fault

BEFORE_SEALS = "before_seals"


@dataclass(frozen=True, slots=True)
class Proof:
    """``faults`` at most twenty a question; none in a sound ledger of ``entries`` entries."""

    entries: int
    faults: tuple[Fault, ...]


def verify_ledger(db: Database, tenant_id: int) -> Proof:
    """Ask every question of one snapshot, so that postings under way are no faults. Nobody waits for it.

    What was found is kept for the doctor, and stands in the audit where it is not what was found before.
    """
    with db.tenant(tenant_id, statement_timeout_ms=0, one_snapshot=True) as tx:
        proof = _examine(tx)
    with db.tenant(tenant_id) as tx:
        before = ledger_proof.last_proof(tx)
        if bool(before and before.faults) != bool(proof.faults):
            append_audit(
                tx,
                "ledger.broken" if proof.faults else "ledger.sound",
                "",
                after={"faults": len(proof.faults)},
            )
        ledger_proof.note_proof(tx, proof.entries, proof.faults)
    return proof


def _examine(tx: TenantTx) -> Proof:
    faults = [fault for question in QUESTIONS for fault in ledger_proof.find_faults(tx, question)]
    if early := ledger_proof.count_before_seals(tx):
        faults.append(Fault(BEFORE_SEALS, f"entries={early}"))
    return Proof(ledger_proof.count_entries(tx), tuple(faults))


def rebuild_ledger(tx: TenantTx) -> int:
    """Balances and holds from the entries; how many rows were wrong."""
    return ledger_proof.rebuild(tx)
