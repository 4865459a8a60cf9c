"""How the house is: is it ready to serve, what waits, how fresh the data are. For operators, by HTTP."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.core.clock import Clock, business_day
from app.db.session import Database
from app.repositories import vitals
from app.repositories.vitals import Closed, Covered, Due, JobCount, Untold

log = structlog.get_logger(__name__)

OFF = "off"
"""The state of a cabinet that nobody collects."""

_NO_ROLE = frozenset({"42501", "42704", "22023", "28000"})
_NO_SCHEMA = frozenset({"42P01", "42883", "3F000"})


@dataclass(frozen=True, slots=True)
class Readiness:
    """{part: what is wrong with it, or None}."""

    parts: dict[str, str | None]

    @property
    def is_ready(self) -> bool:
        return not any(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What waits and what has stopped, at one instant."""

    now: datetime
    jobs: list[JobCount]
    due: list[Due]
    dead_letters: dict[str, int]
    outbox: list[Untold]
    closed: list[Closed]
    firings: dict[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The whole installation: ``lag`` {source: days from its last complete day to yesterday, of the
    cabinet that is furthest behind}, ``cabinets`` {(marketplace, state): how many}, ``empty``
    {marketplace: cabinets at work that have no complete day yet}."""

    lag: dict[str, int]
    cabinets: dict[tuple[str, str], int]
    empty: dict[str, int]


def look_ready(db: Database, head: str) -> Readiness:
    """Database, roles, schema: the first that is wrong is told, the rest cannot be known."""
    parts: dict[str, str | None] = {"database": None, "roles": None, "schema": None}

    def version() -> str | None:
        with db.platform() as tx:
            return vitals.schema_version(tx)

    def serve() -> None:
        with db.tenant(0) as tx:
            tx.run("SELECT day_timezone FROM installation")

    try:
        found = version()
        serve()
    except (DBAPIError, PoolExhausted) as error:
        part, problem = _problem(error)
        log.warning("not_ready", part=part, error=type(error).__name__)
        return Readiness({**parts, part: problem})
    if found != head:
        parts["schema"] = f"в базе миграция {found}, программе нужна {head}: выполните ./ambar migrate"
    return Readiness(parts)


def take_vitals(db: Database, clock: Clock) -> Vitals:
    """One look, one transaction."""
    now = clock.now()
    with db.platform() as tx:
        return Vitals(
            now=now,
            jobs=vitals.job_counts(tx),
            due=vitals.due_jobs(tx, now),
            dead_letters=vitals.open_dead_letters(tx),
            outbox=vitals.untold_events(tx),
            closed=vitals.closed_methods(tx, now),
            firings=vitals.last_firings(tx),
        )


def take_freshness(db: Database, clock: Clock, day_timezone: str) -> Freshness:
    """Every organisation is asked inside its own wall: no role sees all of them."""
    yesterday = business_day(clock.now(), day_timezone) - timedelta(days=1)
    with db.platform() as tx:
        tenants = vitals.tenant_ids(tx)
    told: list[Covered] = []
    for tenant_id in tenants:
        with db.tenant(tenant_id) as tx:
            told += vitals.covered(tx)
    return _freshness(told, yesterday)


def _freshness(told: list[Covered], yesterday: date) -> Freshness:
    lag: defaultdict[str, int] = defaultdict(int)
    empty: Counter[str] = Counter()
    cabinets = {(each.tenant_id, each.account_id): (each.marketplace, each.state) for each in told}
    for each in told:
        if each.state == OFF:
            continue
        if each.source is None or each.last is None:
            empty[each.marketplace] += 1
        else:
            lag[each.source] = max(lag[each.source], (yesterday - each.last).days)
    return Freshness(lag=dict(lag), cabinets=dict(Counter(cabinets.values())), empty=dict(empty))


def _problem(error: DBAPIError | PoolExhausted) -> tuple[str, str]:
    """Which part it is, and a sentence that names no host, no user, no statement."""
    code = getattr(error.orig, "pgcode", None) if isinstance(error, DBAPIError) else None
    if code in _NO_ROLE:
        return "roles", "нет ролей или прав на них: выполните ./ambar migrate"
    if code in _NO_SCHEMA:
        return "schema", "схемы нет или она старая: выполните ./ambar migrate"
    return "database", "база данных не отвечает"
