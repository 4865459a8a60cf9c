"""Does the ledger add up? Each question returns what breaks it, and nothing where all is well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("ledger_proof.sql"))

QUESTIONS = ("balances", "chain", "transfers", "holds", "documents", "seals")


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that should not be: the question that found it, and its columns as text."""

    question: str
    row: str


@dataclass(frozen=True, slots=True)
class LastProof:
    """How many ``faults`` a proof found, and when it was made."""

    faults: int
    proven_at: datetime


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


def note_proof(tx: TenantTx, entries: int, faults: Sequence[Fault]) -> None:
    """Keep what a proof found, in place of what the one before it did."""
    first = f"{faults[0].question}: {faults[0].row}" if faults else ""
    tx.run(SQL["note"], entries=entries, faults=len(faults), first_fault=first)


def last_proof(tx: TenantTx) -> LastProof | None:
    """What the last proof found; None where none was made."""
    row = tx.run("SELECT faults, proven_at FROM ledger_proof WHERE tenant_id = :tenant_id").one_or_none()
    return None if row is None else LastProof(*row)


def begun_at(tx: TenantTx) -> datetime | None:
    """When the first document was posted; None where none was."""
    found: datetime | None = tx.run(SQL["begun_at"]).scalar()
    return found


def first_unsealed(tx: TenantTx) -> date | None:
    """The oldest day that is not under a seal; None where no entry is there to be sealed."""
    found: date | None = tx.run(SQL["first_unsealed"]).scalar()
    return found


def seal(tx: TenantTx, until: date) -> int:
    """Seal the days up to ``until`` that are over and not sealed yet; how many. Nobody posts meanwhile."""
    return int(tx.run("SELECT ambar_ledger_seal(:until)", until=until).scalar_one())


def rebuild(tx: TenantTx) -> int:
    """Balances and holds anew from the entries; how many were wrong."""
    return int(tx.run(f"SELECT ambar_ledger_rebuild({_WHO})", **_who(tx)).scalar_one())


def close_period(tx: TenantTx, before: datetime, day: str) -> bool:
    """Facts older than ``before``, which people call ``day``, are not posted any more; False where nothing
    changed by it.

    Raises DBAPIError of SQLSTATE 22023 where ``before`` is yet to come.
    """
    done = tx.run(f"SELECT ambar_ledger_close(:before, :day, {_WHO})", before=before, day=day, **_who(tx))
    return bool(done.scalar_one())


def open_period(tx: TenantTx, since: datetime | None, day: str) -> bool:
    """Facts of ``since`` and later (None: all) are posted again; False where that was so already."""
    at = "-infinity" if since is None else since
    sql = f"SELECT ambar_ledger_open(CAST(:since AS timestamptz), :day, {_WHO})"
    return bool(tx.run(sql, since=at, day=day, **_who(tx)).scalar_one())


_WHO = ":actor_id, :actor, :trace_id"


def _who(tx: TenantTx) -> dict[str, Any]:
    return {"actor_id": tx.actor.user_id or 0, "actor": tx.actor.name, "trace_id": tx.trace_id}
