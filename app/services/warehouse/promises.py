"""/holds: who waits for which goods."""

from dataclasses import dataclass
from datetime import datetime

from app.core.clock import Clock
from app.core.errors import NotFound
from app.db.session import TenantTx
from app.repositories import holds
from app.repositories.holds import StoredHold
from app.services.analytics.common import pages

__all__ = ["HoldQuery", "HoldReport", "HoldsQuery", "HoldsReport", "ListHolds", "ShowHold", "StoredHold"]

PAGE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsQuery:
    """A page of open promises, from 0."""

    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldQuery:
    """One promise by its number."""

    hold_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsReport:
    """``holds`` of page ``page`` of ``pages``, of ``total`` in all; ``now`` tells which have lapsed."""

    holds: tuple[StoredHold, ...]
    total: int
    page: int
    pages: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReport:
    """A promise, open or not."""

    hold: StoredHold
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHolds:
    """Promises with pieces left, those that lapse first, first."""

    clock: Clock

    def __call__(self, tx: TenantTx, query: HoldsQuery) -> HoldsReport:
        total = holds.count_open_holds(tx)
        count = pages(total, PAGE)
        page = min(max(query.page, 0), count - 1)
        found = holds.list_open_holds(tx, PAGE, page * PAGE)
        return HoldsReport(holds=tuple(found), total=total, page=page, pages=count, now=self.clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowHold:
    """One promise."""

    clock: Clock

    def __call__(self, tx: TenantTx, query: HoldQuery) -> HoldReport:
        """Raises NotFound."""
        found = holds.find_holds(tx, [query.hold_id]).get(query.hold_id)
        if found is None:
            raise NotFound(f"Резерва №{query.hold_id} нет. Открытые: /holds")
        return HoldReport(hold=found, now=self.clock.now())
