"""What every answer of the chat needs: which day was yesterday, how fresh the data is."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.core.clock import Clock, business_day
from app.core.config import Settings
from app.db.session import TenantTx
from app.repositories import freshness as wholeness
from app.services.analytics.reports import Freshness


@dataclass(frozen=True, slots=True)
class Question:
    """Base of the questions: built from the clock and the settings, called with a transaction."""

    clock: Clock
    settings: Settings

    def yesterday(self) -> date:
        """The last full business day."""
        return business_day(self.clock.now(), self.settings.day_timezone) - timedelta(days=1)


def freshness(tx: TenantTx) -> Freshness:
    """How old what we show is."""
    as_of, settled_to, is_demo = wholeness.freshness(tx)
    return Freshness(as_of=as_of, settled_to=settled_to, is_demo=is_demo)


def pages(rows: int, size: int) -> int:
    """How many pages of ``size`` rows there are, at least one."""
    return max(1, -(-rows // size))
