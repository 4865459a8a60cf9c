"""One cabinet's part of a night: its turn, its plan, its sources one after another, its forecast."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import structlog

from app.core.clock import Clock, business_day
from app.core.errors import AmbarError
from app.db.session import Database
from app.marketplaces.errors import TokenUnfit
from app.marketplaces.source import Kind, Source, Unit
from app.repositories import accounts, rate_budget, runs, workload
from app.repositories.accounts import StoredAccount
from app.services.ingestion.collect import Account, Collected, Collector, run_name
from app.services.ingestion.erasure import Believed
from app.services.ingestion.forecast import calls_of, finish_at
from app.services.ingestion.gateway import Gateway
from app.services.ingestion.plan import first_day, in_order
from app.services.ingestion.turn import Busy, Turn

log = structlog.get_logger(__name__)

Progress = Callable[[str, int, int], None]

ABOUT_OTHERS: frozenset[Kind] = frozenset({"clusters"})
"""What is told of things that other sources bring, perhaps after it: said once more when all have come."""


def every(_source: str) -> bool:
    """All sources."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to collect: the night of day ``d``, or with ``days`` a backfill of that many.

    ``hand`` tells apart two who work under one name (a backfill by hand in two terminals).
    """

    d: date
    trace_id: str
    days: int | None = None
    only: Callable[[str], bool] = every
    believed: Believed = frozenset()
    hand: str = ""


class Step(NamedTuple):
    """A source and the days it will be asked for."""

    source: Source
    since: date
    units: list[Unit]

    @property
    def is_snapshot(self) -> bool:
        """Is what it says the truth of its day, as it is now: stock, a balance?"""
        return self.source.replaces and [unit.name for unit in self.units] == ["now"]


@dataclass(slots=True)
class Round:
    """What came of it. ``finish_at``: when what waits for the marketplace will have come; None where
    nothing waits."""

    sources: list[Collected] = field(default_factory=list)
    finish_at: datetime | None = None

    @property
    def is_busy(self) -> bool:
        return any(done.is_busy for done in self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetNight:
    """Collects cabinets. ``day_timezone`` says what yesterday is."""

    db: Database
    clock: Clock
    gateway: Gateway
    day_timezone: str

    def collect(self, account: StoredAccount, asked: Asked, progress: Progress) -> Round:
        """Every source of the cabinet in the order of the plan. Never raises an AmbarError: what a person
        should know stands in the round."""
        done, marketplace = Round(), account.marketplace.lower()
        try:
            with self._turn(account, asked).taken() as turn, self.gateway.sources(account) as sources:
                steps = self.plan(account, sources, asked)
                log.info(
                    "cabinet_planned", sources=len(steps), finish=str(self.forecast(account, steps, asked))
                )
                self._steps(account, steps, asked, turn, progress, done)
                waiting = {each.source for each in done.sources if each.wait_until}
                if waiting:
                    left = [step for step in steps if step.source.name in waiting]
                    done.finish_at = self.forecast(account, left, asked)
        except Busy as busy:
            log.info("cabinet_busy", account_id=account.id)
            done.sources.append(
                Collected(source=f"{marketplace}.turn", wait_until=busy.until, is_busy=True, note=str(busy))
            )
        except AmbarError as error:
            # The cabinet itself cannot be opened: an expired token, another master key.
            done.sources.append(
                Collected(
                    source=f"{marketplace}.token",
                    error=str(error),
                    is_refused=isinstance(error, TokenUnfit),
                )
            )
        return done

    def plan(self, account: StoredAccount, sources: list[Source], asked: Asked) -> list[Step]:
        """What will be asked, what slides away first."""
        steps = []
        with self.db.tenant(account.tenant_id) as tx:
            for source in (each for each in in_order(sources) if asked.only(each.name)):
                since = runs.began_with(tx, account.id, source.name, asked.trace_id)
                last = runs.complete_to(tx, account.id, source.name)
                since = since or first_day(source.name, last, asked.d, asked.days)
                step = Step(source, since, source.units(since, asked.d))
                if not (step.is_snapshot and asked.d != self._yesterday()):
                    steps.append(step)  # of another day nobody can say any more what is told as of now
        return steps

    def forecast(self, account: StoredAccount, steps: list[Step], asked: Asked) -> datetime:
        """When these steps can be finished, from what is not done yet and the seller's budget."""
        with self.db.tenant(account.tenant_id) as tx:
            size = workload.listed(tx, account.id)
            known = workload.done_units(tx, account.id, asked.trace_id)
        with self.db.platform() as tx:
            standing = rate_budget.standing(tx, account.marketplace, account.seller_key)
        limits, calls = self.gateway.limits(account), Counter[str]()
        for step in steps:
            left = [u for u in step.units if (step.source.name, run_name(step.source, u)) not in known]
            calls += calls_of(step.source.name, len(left), size, limits)
        return finish_at(calls, limits, standing, self.gateway.wall_clock.now())

    def _steps(
        self,
        account: StoredAccount,
        steps: list[Step],
        asked: Asked,
        turn: Turn,
        progress: Progress,
        done: Round,
    ) -> None:
        collector = Collector(
            db=self.db,
            clock=self.clock,
            account=Account(account.tenant_id, account.id, account.marketplace, account.name),
            trace_id=asked.trace_id,
            believed=asked.believed,
            beat=turn.beat,
        )
        for number, step in enumerate(steps, start=1):
            with self.db.tenant(account.tenant_id) as tx:
                if accounts.is_off(tx, account.id):
                    return  # its owner has switched it off just now
            told = collector.collect(step.source, step.since, asked.d, progress)
            done.sources.append(told)
            if told.is_refused:
                return  # the other doors would say the same
            if (told.wait_until or told.is_down) and self._names_nothing_yet(account, step.source):
                # Rows of goods that nobody has named would make goods of their own, and stay with them.
                done.sources += [replace(told, source=other.source.name) for other in steps[number:]]
                return
        for step in steps:
            if step.source.brings & ABOUT_OTHERS:
                collector.tell_again(step.source, step.since, asked.d)

    def _names_nothing_yet(self, account: StoredAccount, source: Source) -> bool:
        if "catalogue" not in source.brings:
            return False
        with self.db.tenant(account.tenant_id) as tx:
            return runs.complete_to(tx, account.id, source.name) is None

    def _turn(self, account: StoredAccount, asked: Asked) -> Turn:
        return Turn(
            db=self.db,
            clock=self.gateway.wall_clock,
            cabinet=account.name,
            name=f"collect:{account.tenant_id}:{account.id}",
            holder=asked.trace_id + asked.hand,
        )

    def _yesterday(self) -> date:
        return business_day(self.clock.now(), self.day_timezone) - timedelta(days=1)
