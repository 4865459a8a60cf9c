"""Leadership by a lease row: one scheduler leads, the others watch for the row to run out.

Not a session advisory lock: behind pgbouncer in transaction mode two sessions were seen to hold one.
Two leaders for a moment (a stopped clock, a frozen process) do no harm: firings are unique rows.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from app.core.clock import Clock
from app.db.session import Database

_SEIZE = """
INSERT INTO lease AS l (name, holder, until) VALUES (:name, :holder, :until)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE l.holder = excluded.holder OR l.until <= :now
RETURNING holder
"""


TERM = timedelta(seconds=30)
"""How long a silent leader stays one, unless it is told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """A candidate for the lease ``name``; ``term`` is how long a silent leader stays one."""

    db: Database
    clock: Clock
    name: str = "scheduler"
    term: timedelta = TERM
    holder: str = field(default_factory=lambda: secrets.token_hex(8))

    def try_lead(self) -> bool:
        """Take or renew the lease; False where another holds it."""
        now = self.clock.now()
        with self.db.platform() as tx:
            row = tx.run(_SEIZE, name=self.name, holder=self.holder, now=now, until=now + self.term)
            return row.scalar() is not None

    def resign(self) -> None:
        """Let another lead at once."""
        with self.db.platform() as tx:
            tx.run("DELETE FROM lease WHERE name = :name AND holder = :holder", **self._named())

    def _named(self) -> dict[str, object]:
        return {"name": self.name, "holder": self.holder}
