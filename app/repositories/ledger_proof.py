"""Does the ledger add up? Each question returns what breaks it, and nothing where all is well."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("ledger_proof.sql"))

QUESTIONS = ("balances", "chain", "transfers", "holds", "documents", "seals")


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that should not be: the question that found it, and its columns as text."""

    question: str
    row: str


def find_faults(tx: TenantTx, question: str, limit: int = 20) -> list[Fault]:
    """What breaks one of ``QUESTIONS``."""
    rows = tx.run(SQL[question], limit=limit).mappings()
    return [Fault(question, ", ".join(f"{name}={value}" for name, value in row.items())) for row in rows]


def count_before_seals(tx: TenantTx) -> int:
    """Entries put before the first sealed day; 0 where nothing is sealed yet."""
    return int(tx.run(SQL["before_the_first_seal"]).scalar_one())


def count_entries(tx: TenantTx) -> int:
    """How many entries there are."""
    return int(tx.run("SELECT count(*) FROM stock_ledger WHERE tenant_id = :tenant_id").scalar_one())


def seal(tx: TenantTx, until: date) -> int:
    """Seal the days up to ``until`` that are over and not sealed yet; how many."""
    return int(tx.run("SELECT ambar_ledger_seal(:until)", until=until).scalar_one())


def rebuild(tx: TenantTx) -> int:
    """Balances and holds anew from the entries; how many were wrong."""
    done = tx.run(
        "SELECT ambar_ledger_rebuild(:actor_id, :actor, :trace_id)",
        actor_id=tx.actor.user_id or 0,
        actor=tx.actor.name,
        trace_id=tx.trace_id,
    )
    return int(done.scalar_one())


def close_period(tx: TenantTx, before: datetime) -> None:
    """Facts older than ``before`` are not posted any more."""
    tx.run(
        "SELECT ambar_ledger_close(:before, :actor_id, :actor, :trace_id)",
        before=before,
        actor_id=tx.actor.user_id or 0,
        actor=tx.actor.name,
        trace_id=tx.trace_id,
    )
