"""A unit's rows become facts: what a night and a rebuilding from raw replies do alike."""

from dataclasses import dataclass
from datetime import date, datetime

from app.db.session import TenantTx
from app.marketplaces.source import Kind, Normalised, Unit, window
from app.repositories import runs
from app.repositories.runs import RunKey
from app.services.ingestion.facts import FactWriter, Written

_NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWriter:
    """Writes units of one account's source, each in a transaction of its caller's."""

    source: str
    account_id: int
    marketplace: str
    trace_id: str

    def write(
        self,
        tx: TenantTx,
        unit: Unit,
        rows: Normalised,
        brings: frozenset[Kind],
        now: datetime,
        *,
        replaces: bool,
    ) -> Written:
        """The rows into their tables, and those that have no place into «не разнесено»."""
        writer = FactWriter(
            tx=tx,
            account_id=self.account_id,
            marketplace=self.marketplace,
            now=now,
            trace_id=self.trace_id,
        )
        written = writer.write(unit, rows, brings, replaces=replaces)
        key = RunKey(self.account_id, self.source, unit.name)
        runs.keep_unplaced(tx, key, written.unplaced, unit, replaces=replaces)
        return written


def stored_unit(name: str, d: date) -> Unit:
    """The unit of a stored name; ``d`` is the night's day, where the name tells none.

    Raises:
        ValueError: no unit was ever called so.
    """
    kind, _, day = name.partition("@")
    if kind == _NOW:
        d = date.fromisoformat(day) if day else d
        return Unit(_NOW, d, d)
    first, _, last = name.split(" ")[0].partition("..")
    return window(date.fromisoformat(first), date.fromisoformat(last or first))._replace(name=name)
