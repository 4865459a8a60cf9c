"""Bring a source: page by page into raw_payload, then, when all pages are there, into the facts.

HTTP happens outside transactions. A page is stored before it is understood and moves the
checkpoint, so a kill at any point goes on where it stood; a unit's facts, its coverage and its
"this is what it said" are written in one transaction, so a unit is merged as a whole or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog

from app.core.clock import Clock
from app.core.errors import AmbarError
from app.db.merge import MergeCount
from app.db.session import Database
from app.marketplaces.errors import Garbled, MarketplaceDown, NotOffered, RateLimited, TokenRefused
from app.marketplaces.source import Source, Unit
from app.queue.retry import is_database_away, say
from app.repositories import closed_sources, refusals, runs, unknown_values
from app.repositories.catalogue import set_clusters
from app.repositories.metrics_input import SETTLING_SOURCES
from app.repositories.runs import KeptPage, Run, RunKey
from app.services.ingestion.erasure import Believed, Erases, Told, check
from app.services.ingestion.facts import Written
from app.services.ingestion.plan import PUBLISHED_LATER
from app.services.ingestion.turn import Busy
from app.services.ingestion.unit import UnitWriter

log = structlog.get_logger(__name__)

RESUME_WITHIN = timedelta(hours=20)
"""An older unfinished run describes another night's world: begin anew."""

Progress = Callable[[str, int, int], None]
"""Told as work goes on: the source, units done, units in all."""


@dataclass(frozen=True, slots=True)
class Account:
    """The cabinet a source belongs to."""

    tenant_id: int
    id: int
    marketplace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What became of a source: rows told, rows of facts by fate, units that said nothing new.

    ``wait_until``: the budget is spent until then, which is no failure. ``is_refused``: the token is.
    ``is_down``: the marketplace did not answer; an hour later it may. ``is_busy``: another collection has
    the cabinet, ``note`` says so. ``has_unknown``: it said a word that we have no meaning for. ``closed``:
    why the marketplace does not offer it to this seller now; the source is done then, and no failure.
    """

    source: str
    rows: int = 0
    units: int = 0
    units_known: int = 0
    count: MergeCount = field(default_factory=MergeCount)
    unplaced: int = 0
    error: str | None = None
    wait_until: datetime | None = None
    is_refused: bool = False
    is_down: bool = False
    is_busy: bool = False
    has_unknown: bool = False
    note: str = ""
    closed: str = ""


def _nobody_waits() -> None:
    """Nobody else may want the cabinet meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Collects sources of one account. ``beat`` is called after every page and before every unit."""

    db: Database
    clock: Clock
    account: Account
    trace_id: str
    believed: Believed = frozenset()
    beat: Callable[[], None] = _nobody_waits

    def collect(self, source: Source, d_from: date, d_to: date, progress: Progress) -> Collected:
        """Every unit of the days, oldest first.

        An error that a person should know ends the source with that sentence, a spent budget with
        the instant to come back at; what is done by then is done. What is not offered to the seller is
        asked once a job, whatever brings the job here again.
        """
        total = self._units(source, d_from, d_to, progress)
        self._restate_unknown(total)
        return total

    def _restate_unknown(self, total: Collected) -> None:
        """Words without a meaning, as they stand in the facts after all units."""
        named = unknown_values.MONEY_OF.get(total.source)
        with self.db.tenant(self.account.tenant_id, statement_timeout_ms=0) as tx:
            for source in filter(None, (total.source, named)):
                key = RunKey(self.account.id, source, "")
                is_said = total.has_unknown and source == total.source
                if is_said or (total.count.written and unknown_values.has_open(tx, key)):
                    unknown_values.restate(tx, key, self.clock.now())

    def _units(self, source: Source, d_from: date, d_to: date, progress: Progress) -> Collected:
        units = source.units(d_from, d_to)
        total = Collected(source=source.name, units=len(units))
        progress(source.name, 0, len(units))
        with self.db.tenant(self.account.tenant_id) as tx:
            if closed := closed_sources.closed_in(tx, self.account.id, source.name, self.trace_id):
                return replace(total, closed=closed)
        for done, unit in enumerate(units, start=1):
            self.beat()
            try:
                written = self.collect_unit(source, unit, d_from)
            except RateLimited as limit:
                log.info("source_waits", source=source.name, unit=unit.name, until=str(limit.until))
                return replace(total, wait_until=limit.until)
            except NotOffered as closed:
                log.info("source_closed", source=source.name, unit=unit.name, why=str(closed))
                return replace(total, closed=str(closed))
            except Erases as error:
                # The other units may say something sensible.
                total = self._failed(total, unit, error)
                continue
            except Busy:
                raise
            except Exception as error:
                if is_database_away(error):
                    raise
                return self._failed(total, unit, error)
            total = _add(total, written)
            progress(source.name, done, len(units))
        log.info(
            "source_collected",
            source=source.name,
            rows=total.rows,
            inserted=total.count.inserted,
            changed=total.count.changed,
            deleted=total.count.deleted,
            unchanged=total.count.unchanged,
            units=total.units,
            units_known=total.units_known,
        )
        return total

    def _failed(self, total: Collected, unit: Unit, error: Exception) -> Collected:
        """A source ends with a sentence, also for a fault of ours: the others go on."""
        ours = None if isinstance(error, AmbarError) else error
        sentence = say(error, self.trace_id)
        log.warning("source_failed", source=total.source, unit=unit.name, error=sentence, exc_info=ours)
        return replace(
            total,
            error=sentence,
            is_refused=isinstance(error, TokenRefused),
            is_down=isinstance(error, MarketplaceDown),
        )

    def collect_unit(self, source: Source, unit: Unit, since: date | None = None) -> Written | None:
        """One unit; None where it said exactly what it said last time, or this job has it already.

        ``since`` is the first day of the window that the unit is a part of.
        """
        key = RunKey(self.account.id, source.name, run_name(source, unit))
        now = self.clock.now()
        with self.db.tenant(self.account.tenant_id) as tx:
            run = runs.open_run(tx, key, self.trace_id, now, now - RESUME_WITHIN)
        if run is None:
            return None
        try:
            pages = self._fetch(source, unit, key, run)
            return self._merge(source, unit, key, run, pages, since)
        except Exception as error:
            if is_database_away(error):
                raise
            # What could not be understood, or broke us, is asked for anew and not taken from the store.
            resumable = isinstance(error, AmbarError) and not isinstance(error, Garbled | Erases)
            sentence = say(error, self.trace_id)
            with self.db.tenant(self.account.tenant_id) as tx:
                if isinstance(error, Erases):
                    refusals.note_refused(tx, run.id, error.told.document())
                if isinstance(error, NotOffered):
                    closed_sources.close_run(tx, run.id, sentence, self.clock.now(), self.trace_id)
                else:
                    runs.fail_run(tx, run.id, sentence, self.clock.now(), resumable=resumable)
            raise

    def tell_again(self, source: Source, d_from: date, d_to: date) -> None:
        """What the job was told about things that other sources bring, for those that came after it."""
        for unit in source.units(d_from, d_to):
            key = RunKey(self.account.id, source.name, run_name(source, unit))
            with self.db.tenant(self.account.tenant_id) as tx:
                if pages := runs.pages_done(tx, key, self.trace_id):
                    told = source.normalise(unit, runs.read_pages(tx, self.account.id, pages))
                    set_clusters(tx, self.account.marketplace, told.clusters)

    def _fetch(self, source: Source, unit: Unit, key: RunKey, run: Run) -> list[KeptPage]:
        pages = list(run.pages)
        if not run.all_pages:
            for page in source.fetch(unit, run.cursor):
                with self.db.tenant(self.account.tenant_id) as tx:
                    pages.append(runs.keep_page(tx, key, run.id, page, self.clock.now()))
                self.beat()
        # A page asked for again after a death, or by two hands that both held the run, counts once.
        return list(dict.fromkeys(pages))

    def _merge(
        self, source: Source, unit: Unit, key: RunKey, run: Run, pages: list[KeptPage], since: date | None
    ) -> Written | None:
        digest, now = runs.unit_digest(pages), self.clock.now()
        with self.db.tenant(self.account.tenant_id, statement_timeout_ms=0) as tx:
            if runs.is_known(tx, key, unit, digest):
                # The same catalogue as yesterday is today's catalogue all the same.
                if source.name not in PUBLISHED_LATER:
                    runs.cover(tx, key, unit, None, now)
                runs.finish_run(tx, key, run.id, digest, {"rows": 0, "known": 1}, now, self.trace_id, since)
                return None
            rows = source.normalise(unit, runs.read_pages(tx, self.account.id, pages))
            writer = UnitWriter(
                source=source.name,
                account_id=self.account.id,
                marketplace=self.account.marketplace,
                trace_id=self.trace_id,
            )
            written = writer.write(tx, unit, rows, source.brings, now, replaces=source.replaces)
            if source.replaces and source.name not in self.believed:
                told = Told(d_from=unit.d_from, d_to=unit.d_to, rows=written.rows, by_day=written.by_day)
                check(tx, key, unit, told, written.by_kind, now)
            if complete := _complete(source, unit, written):
                runs.cover(tx, key, complete, written.by_day, now)
            if source.name in SETTLING_SOURCES:
                runs.restate_settled(tx, self.account.id, unit)
            runs.finish_run(tx, key, run.id, digest, _counts(written), now, self.trace_id, since)
        return written


def _complete(source: Source, unit: Unit, written: Written) -> Unit | None:
    """The days of the unit that are complete now; None where none is.

    A report that is published later has nothing of its last days yet: nothing is not zero.
    """
    if source.name not in PUBLISHED_LATER:
        return unit
    last = max((d for d in written.by_day if d <= unit.d_to), default=None)
    return unit._replace(d_to=last) if last is not None and last >= unit.d_from else None


def run_name(source: Source, unit: Unit) -> str:
    """A snapshot is the truth of its day: the same stock tomorrow is tomorrow's fact."""
    return f"{unit.name}@{unit.d_to}" if unit.name == "now" and source.replaces else unit.name


def _counts(written: Written) -> dict[str, int]:
    return {
        "rows": written.rows,
        "inserted": written.count.inserted,
        "changed": written.count.changed,
        "deleted": written.count.deleted,
        "unchanged": written.count.unchanged,
        "unplaced": len(written.unplaced),
    }


def _add(total: Collected, written: Written | None) -> Collected:
    if written is None:
        return replace(total, units_known=total.units_known + 1)
    return replace(
        total,
        rows=total.rows + written.rows,
        count=total.count + written.count,
        unplaced=total.unplaced + len(written.unplaced),
        has_unknown=total.has_unknown or written.has_unknown,
    )
