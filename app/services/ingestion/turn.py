"""Whose turn it is at a cabinet: two collections of one cabinet would share an open run.

Jobs of one organisation never run at once; this is for a night by hand beside them. The holder is the
job (by its trace), so that one whose worker died goes on at once elsewhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core.clock import Clock
from app.core.errors import NotNow
from app.db.session import Database
from app.repositories import leases

TERM = timedelta(minutes=3)
"""How long a silent collector keeps its turn. Renewed after every page and unit."""

LOOK_AGAIN = timedelta(minutes=1)


class Busy(NotNow):
    """Another collection has the cabinet; ``until`` is when to look again."""

    def __init__(self, cabinet: str, until: datetime) -> None:
        super().__init__(
            f"Кабинет «{cabinet}» сейчас собирает другая задача. Дождитесь её (/jobs) и повторите."
        )
        self.until = until


@dataclass(slots=True, kw_only=True)
class Turn:
    """One collection's turn at one cabinet."""

    db: Database
    clock: Clock
    cabinet: str
    name: str
    holder: str
    _renewed_at: datetime | None = field(default=None)

    def beat(self) -> None:
        """Still here. Raises Busy where it was too long ago, and another has the turn."""
        now = self.clock.now()
        if self._renewed_at is not None and now - self._renewed_at < TERM / 6:
            return
        with self.db.platform() as tx:
            is_ours = leases.seize(tx, self.name, self.holder, now, now + TERM)
        if not is_ours:
            raise Busy(self.cabinet, now + LOOK_AGAIN)
        self._renewed_at = now

    @contextmanager
    def taken(self) -> Iterator["Turn"]:
        """Ours for the block. Raises Busy."""
        self.beat()
        try:
            yield self
        finally:
            with self.db.platform() as tx:
                leases.let_go(tx, self.name, self.holder)
