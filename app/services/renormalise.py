"""Facts anew from the stored replies, by today's reading of them; no marketplace is asked.

Each unit is a transaction of its own and writes only what differs, so that one killed anywhere is begun
again and comes to the same. What was read and when (coverage, digests) stays as it is: nothing is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256

import structlog

from app.core.clock import Clock, business_day
from app.core.config import Settings
from app.db.merge import MergeCount
from app.db.session import Database
from app.marketplaces.errors import Garbled
from app.repositories import accounts, runs, unknown_values
from app.repositories.accounts import StoredAccount
from app.repositories.freshness import last_day
from app.repositories.runs import FinishedRun, RunKey
from app.services.accrual_lines import ozon_policy
from app.services.ingestion.last_word import EVER, LastWord, Share, Span
from app.services.ingestion.readers import Readers
from app.services.ingestion.turn import Turn
from app.services.ingestion.unit import UnitWriter, stored_unit
from app.services.night import policy_of
from app.services.refresh import Refreshed, refresh_derived

log = structlog.get_logger(__name__)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to rebuild: one source or all, some days or all, one cabinet or all."""

    source: str | None = None
    span: Span = EVER
    account_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What became of a source's facts. ``gone``: units whose replies are kept no more; ``unread``: units
    whose replies make no sense to us. Both are left as they are."""

    source: str
    units: int = 0
    gone: int = 0
    unread: int = 0
    count: MergeCount = field(default_factory=MergeCount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renormalised:
    """All of a tenant, source by source (of each cabinet), and what followed from it."""

    sources: tuple[Rebuilt, ...]
    refreshed: Refreshed | None = None

    @property
    def count(self) -> MergeCount:
        return sum((each.count for each in self.sources), MergeCount())


@dataclass(frozen=True, slots=True, kw_only=True)
class Renormalise:
    """Rebuilds one tenant's facts. ``clock`` is the business's, turns go by the machine's."""

    db: Database
    settings: Settings
    clock: Clock
    wall_clock: Clock

    def __call__(self, tenant_id: int, asked: Asked, trace_id: str, progress: Progress) -> Renormalised:
        """Nothing is done where there is no such cabinet or source. Raises Busy where somebody collects."""
        with self.db.tenant(tenant_id) as tx:
            cabinets = [each for each in accounts.list_accounts(tx) if asked.account_id in (None, each.id)]
        done: list[Rebuilt] = []
        for account in cabinets:
            with self.db.tenant(tenant_id) as tx:
                policy = ozon_policy(tx, account.id)
            readers = Readers(account.marketplace, self.settings.day_timezone, policy)
            names = [name for name in readers.names if asked.source in (None, name)]
            with self._turn(account, trace_id).taken() as turn:
                for name in names:
                    work = _Work(self, account, name, readers, asked.span, trace_id)
                    done.append(work.run(turn, progress))
        if not done:
            return Renormalised(sources=())
        log.info("facts_renormalised", tenant_id=tenant_id, written=sum(each.count.written for each in done))
        return Renormalised(
            sources=tuple(done), refreshed=self._refresh(tenant_id, cabinets, trace_id, progress)
        )

    def _refresh(
        self, tenant_id: int, cabinets: list[StoredAccount], trace_id: str, progress: Progress
    ) -> Refreshed | None:
        """Derived tables up to the day they stood at; None where nothing was ever collected."""
        with self.db.tenant(tenant_id) as tx:
            d = last_day(tx, "metrics_daily")
            if d is None:
                names = [(a.id, name) for a in cabinets for name in Readers(a.marketplace, "UTC").names]
                read = (runs.complete_to(tx, account_id, name) for account_id, name in names)
                d = max((each for each in read if each is not None), default=None)
        if d is None:
            return None
        policy = policy_of(self.settings)
        return refresh_derived(self.db, tenant_id, d, policy=policy, trace_id=trace_id, progress=progress)

    def _turn(self, account: StoredAccount, trace_id: str) -> Turn:
        return Turn(
            db=self.db,
            clock=self.wall_clock,
            cabinet=account.name,
            name=f"collect:{account.tenant_id}:{account.id}",
            holder=trace_id,
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """One source of one cabinet."""

    house: Renormalise
    account: StoredAccount
    name: str
    readers: Readers
    span: Span
    trace_id: str

    def run(self, turn: Turn, progress: Progress) -> Rebuilt:
        """Its units from the newest to the oldest, each writing what no newer one has said."""
        with self.house.db.tenant(self.account.tenant_id) as tx:
            told = list(_without_repeats(runs.finished_runs(tx, self.account.id, self.name)))
        source = self.readers.source(self.name)
        words = LastWord(brings=source.brings, replaces=source.replaces, span=self.span)
        total = Rebuilt(source=self.name)
        progress(self.name, 0, len(told))
        for done, run in enumerate(told, start=1):
            turn.beat()
            total = self._unit(run, words, total)
            progress(self.name, done, len(told))
        for share in words.rest():
            total = replace(total, count=total.count + self._write(share))
        if total.count.written:
            self._restate_unknown()
        return total

    def _restate_unknown(self) -> None:
        """What was unknown when it was read may be known now."""
        key = RunKey(self.account.id, self.name, "")
        with self.house.db.tenant(self.account.tenant_id, statement_timeout_ms=0) as tx:
            if unknown_values.has_open(tx, key):
                unknown_values.restate(tx, key, self.house.clock.now())

    def _unit(self, run: FinishedRun, words: LastWord, total: Rebuilt) -> Rebuilt:
        try:
            unit = stored_unit(run.unit, run.since or self._night_of(run))
        except ValueError:
            log.warning("unit_unknown", source=self.name, unit=run.unit)
            return replace(total, unread=total.unread + 1)
        if not words.has_to_say(unit):
            return total
        source = self.readers.source(self.name, run.pages)
        try:
            with self.house.db.tenant(self.account.tenant_id, statement_timeout_ms=0) as tx:
                pages = runs.read_pages(tx, self.account.id, run.pages)
            rows = source.normalise(unit, pages)
        except KeyError:
            words.leave(unit)
            return replace(total, gone=total.gone + 1)
        except Garbled as error:
            log.warning("unit_unread", source=self.name, unit=run.unit, error=str(error))
            words.leave(unit)
            return replace(total, unread=total.unread + 1)
        del pages
        count = sum((self._write(share) for share in words.shares(unit, rows)), MergeCount())
        return replace(total, units=total.units + 1, count=total.count + count)

    def _write(self, share: Share) -> MergeCount:
        writer = UnitWriter(
            source=self.name,
            account_id=self.account.id,
            marketplace=self.account.marketplace,
            trace_id=self.trace_id,
        )
        now = self.house.clock.now()
        with self.house.db.tenant(self.account.tenant_id, statement_timeout_ms=0) as tx:
            written = writer.write(tx, share.unit, share.rows, share.brings, now, replaces=share.replaces)
        return written.count

    def _night_of(self, run: FinishedRun) -> date:
        return business_day(run.started_at, self.house.settings.day_timezone) - timedelta(days=1)


def _without_repeats(told: list[FinishedRun]) -> Iterator[FinishedRun]:
    """A unit that said the same again need be read once."""
    seen = set[bytes]()
    for run in told:
        what = sha256((run.unit + "".join(page.hash for page in run.pages)).encode()).digest()
        if what not in seen:
            seen.add(what)
            yield run
