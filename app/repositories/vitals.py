"""What an operator's dashboard asks of the house as a whole: counts and ages, no names, no figures."""

from dataclasses import dataclass
from datetime import date, datetime

from app.db.session import PlatformTx, TenantTx


@dataclass(frozen=True, slots=True)
class JobCount:
    """Jobs of one type in one state."""

    job_type: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """What of a type could run now and waits; ``since`` is when the oldest of it fell due."""

    job_type: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Untold:
    """The outbox of one topic: ``since`` is when the oldest event that is still tried was written."""

    topic: str
    waiting: int
    given_up: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Closed:
    """Methods of a marketplace that asked for peace: by how many sellers, and the last until when."""

    marketplace: str
    method: str
    sellers: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Covered:
    """The last complete day of one source of one cabinet; None where there is none yet."""

    tenant_id: int
    account_id: int
    marketplace: str
    state: str
    source: str | None
    last: date | None


def job_counts(tx: PlatformTx) -> list[JobCount]:
    """All jobs that are kept."""
    rows = tx.run("SELECT job_type, state, count(*) FROM job GROUP BY job_type, state ORDER BY 1, 2")
    return [JobCount(*row) for row in rows]


def due_jobs(tx: PlatformTx, now: datetime) -> list[Due]:
    """By type."""
    rows = tx.run(
        "SELECT job_type, count(*), min(run_at) FROM job WHERE state = 'todo' AND run_at <= :now "
        "GROUP BY job_type ORDER BY 1",
        now=now,
    )
    return [Due(*row) for row in rows]


def open_dead_letters(tx: PlatformTx) -> dict[str, int]:
    """{job type: letters that nobody has dealt with}."""
    rows = tx.run(
        "SELECT job_type, count(*) FROM dead_letter WHERE resolution IS NULL GROUP BY job_type ORDER BY 1"
    )
    return {row[0]: row[1] for row in rows}


def untold_events(tx: PlatformTx) -> list[Untold]:
    """By topic."""
    rows = tx.run(
        "SELECT topic, count(*) FILTER (WHERE given_up_at IS NULL), "
        "count(*) FILTER (WHERE given_up_at IS NOT NULL), "
        "min(created_at) FILTER (WHERE given_up_at IS NULL) "
        "FROM outbox_event WHERE published_at IS NULL GROUP BY topic ORDER BY 1"
    )
    return [Untold(*row) for row in rows]


def closed_methods(tx: PlatformTx, now: datetime) -> list[Closed]:
    """Where calls have to wait, by marketplace and method."""
    rows = tx.run(
        "SELECT marketplace, method, count(*), max(next_allowed_at) FROM rate_budget "
        "WHERE next_allowed_at > :now GROUP BY marketplace, method ORDER BY 1, 2",
        now=now,
    )
    return [Closed(*row) for row in rows]


def last_firings(tx: PlatformTx) -> dict[str, datetime]:
    """{scheduled job: when it fired last}."""
    return {row[0]: row[1] for row in tx.run("SELECT job, max(fired_at) FROM firing GROUP BY job ORDER BY 1")}


def tenant_ids(tx: PlatformTx) -> list[int]:
    """Every organisation."""
    return [row[0] for row in tx.run("SELECT id FROM tenant ORDER BY id")]


def covered(tx: TenantTx) -> list[Covered]:
    """Every source of every cabinet of the organisation."""
    rows = tx.run(
        "SELECT a.tenant_id, a.id, a.marketplace, a.state, c.source, max(c.d) FROM marketplace_account a "
        "LEFT JOIN coverage c ON c.tenant_id = a.tenant_id AND c.account_id = a.id "
        "WHERE a.tenant_id = :tenant_id GROUP BY a.tenant_id, a.id, a.marketplace, a.state, c.source"
    )
    return [Covered(*row) for row in rows]


def schema_version(tx: PlatformTx) -> str | None:
    """The last migration that the database went through."""
    version: str | None = tx.run("SELECT ambar_schema_version()").scalar()
    return version
