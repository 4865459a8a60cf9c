"""What administrators of the installation see and do: organisations by their state, and each other.

No figure of anybody's: an administrator reads an organisation's books only as a member of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from app.core.errors import Conflict, NotAllowed, NotFound
from app.db.session import Database, PlatformTx
from app.repositories.audit import append_audit
from app.services.jobs import COLLECT
from app.services.tenancy.people import Person

PAGE = 10
GIVEN_UP = ("dlq_pending", "dlq_recorded", "failed")
CANDIDATES = 20
"""People offered to choose from: the last who came; anybody else is made one by a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightState:
    """The last collection: of which day, its job's state, when it ended."""

    d: date | None
    state: str
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationState:
    """``cabinets``: how many in each state (active, refused, off)."""

    tenant_id: int
    name: str
    is_demo: bool
    people: int
    cabinets: Mapping[str, int]
    night: NightState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person known to the installation."""

    user_id: int
    telegram_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationReport:
    """Page ``page`` (from 0) of ``pages`` of the organisations, and all administrators."""

    organisations: tuple[OrganisationState, ...]
    total: int
    page: int
    pages: int
    admins: tuple[Known, ...]


def show_installation(db: Database, page: int) -> InstallationReport:
    """How every organisation fares, those whose night was given up first, then the newest.

    Cabinets are counted inside each organisation's own wall, one after another.
    """
    with db.platform() as tx:
        total = tx.run("SELECT count(*) FROM tenant").scalar_one()
        pages = max(1, -(-total // PAGE))
        page = min(max(0, page), pages - 1)
        rows = tx.run(
            "SELECT t.id, t.name, t.is_demo, n.d, n.state, n.finished_at,"
            " (SELECT count(*) FROM membership m WHERE m.tenant_id = t.id) AS people"
            "  FROM tenant t LEFT JOIN LATERAL (SELECT j.payload ->> 'd' AS d, j.state, j.finished_at"
            "   FROM job j WHERE j.tenant_id = t.id AND j.job_type = :collect ORDER BY j.id DESC LIMIT 1) n"
            "   ON true ORDER BY n.state = ANY(:failed) DESC NULLS LAST, t.id DESC"
            " LIMIT :limit OFFSET :offset",
            collect=COLLECT,
            failed=list(GIVEN_UP),
            limit=PAGE,
            offset=page * PAGE,
        ).all()
        admins = list_admins(tx)
    return InstallationReport(
        organisations=tuple(
            OrganisationState(
                tenant_id=row.id,
                name=row.name,
                is_demo=row.is_demo,
                people=row.people,
                cabinets=_cabinets(db, row.id),
                night=_night(row),
            )
            for row in rows
        ),
        total=total,
        page=page,
        pages=pages,
        admins=admins,
    )


def list_admins(tx: PlatformTx) -> tuple[Known, ...]:
    """Who administers the installation, in the order they came."""
    return _known(tx.run("SELECT id, telegram_id, name FROM app_user WHERE is_admin ORDER BY id").all())


def list_candidates(tx: PlatformTx) -> tuple[Known, ...]:
    """Who could be made an administrator by choosing: known people, the newest first."""
    rows = tx.run(
        "SELECT id, telegram_id, name FROM app_user WHERE NOT is_admin AND blocked_at IS NULL"
        " ORDER BY id DESC LIMIT :limit",
        limit=CANDIDATES,
    )
    return _known(rows.all())


def find_known(tx: PlatformTx, user_id: int) -> Known:
    """Raises NotFound."""
    rows = tx.run("SELECT id, telegram_id, name FROM app_user WHERE id = :id", id=user_id).all()
    if not rows:
        raise NotFound("Такого человека нет.")
    return _known(rows)[0]


def make_admin(tx: PlatformTx, actor: Person, user_id: int) -> Known:
    """Make a known person an administrator.

    Raises:
        NotAllowed: the actor is none (any more). NotFound: nobody of that number. Conflict: already so.
    """
    if not tx.run(
        "SELECT is_admin FROM app_user WHERE id = :id FOR SHARE", id=actor.user_id
    ).scalar_one_or_none():
        raise NotAllowed("Это может только администратор этого Ambar.")
    chosen = find_known(tx, user_id)
    made = tx.run(
        "UPDATE app_user SET is_admin = true WHERE id = :id AND NOT is_admin RETURNING 1", id=user_id
    ).one_or_none()
    if made is None:
        raise Conflict(f"{chosen.name} уже администратор.")
    append_audit(tx, "admin.made", chosen.name, after={"by": "choice"})
    return chosen


def remove_admin(tx: PlatformTx, telegram_id: int) -> Known:
    """Take administration away; by the operator's command line only.

    Raises NotFound for whoever is no administrator, Conflict for the last one.
    """
    rows = tx.run("SELECT id, telegram_id, name FROM app_user WHERE is_admin ORDER BY id FOR UPDATE").all()
    found = [row for row in rows if row.telegram_id == telegram_id]
    if not found:
        raise NotFound(f"Среди администраторов нет человека с id {telegram_id}. Список: ./ambar admin list")
    if len(rows) == 1:
        raise Conflict("Это единственный администратор: сначала назначьте другого (./ambar admin code).")
    tx.run("UPDATE app_user SET is_admin = false WHERE id = :id", id=found[0].id)
    (removed,) = _known(found)
    append_audit(tx, "admin.removed", removed.name)
    return removed


def _night(row: Row[Any]) -> NightState | None:
    if row.state is None:
        return None
    d = date.fromisoformat(row.d) if row.d else None
    return NightState(d=d, state=row.state, finished_at=row.finished_at)


def _cabinets(db: Database, tenant_id: int) -> dict[str, int]:
    with db.tenant(tenant_id) as tx:
        rows = tx.run(
            "SELECT state, count(*) AS n FROM marketplace_account WHERE tenant_id = :tenant_id GROUP BY state"
        )
        return {row.state: row.n for row in rows}


def _known(rows: Iterable[Row[Any]]) -> tuple[Known, ...]:
    return tuple(
        Known(user_id=row.id, telegram_id=row.telegram_id, name=row.name or f"id {row.telegram_id}")
        for row in rows
    )
