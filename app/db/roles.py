"""The four roles of DESIGN rule 6: made once per cluster, outside the migrations.

*owner* owns the schema, *app* serves people and the night under the tenant wall, *platform* knows
what must be known before a tenant is, *backup* reads everything for a dump.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.core.errors import NotAllowed

OWNER, APP, PLATFORM, BACKUP = "ambar_owner", "ambar_app", "ambar_platform", "ambar_backup"

_CREATE = {
    OWNER: f"CREATE ROLE {OWNER} NOLOGIN",
    APP: f"CREATE ROLE {APP} NOLOGIN",
    PLATFORM: f"CREATE ROLE {PLATFORM} NOLOGIN",
    BACKUP: f"CREATE ROLE {BACKUP} NOLOGIN BYPASSRLS",
}

_SCHEMA_RIGHTS = {OWNER: ("USAGE", "CREATE"), APP: ("USAGE",), PLATFORM: ("USAGE",), BACKUP: ("USAGE",)}
"""PUBLIC may use the schema on most servers; a hardened one has taken that away."""

_GRANTS_SAY_INHERIT = 160000
"""From this version on a membership itself says whether its rights are inherited."""

_DENIED = "42501"
_ANOTHER_WAS_QUICKER = frozenset({"42710", "23505", "XX000"})
"""Duplicate object, its unique violation, "tuple concurrently updated": roles are cluster-wide, and
two databases may be installed at once."""


@dataclass(frozen=True, slots=True)
class RoleGap:
    """What is missing: statements in the order in which they must run."""

    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Login:
    """Who is connected, and to which database; both as SQL spells them."""

    name: str
    database: str
    is_superuser: bool
    inherits: bool
    server: int


def find_gap(connection: Connection) -> RoleGap:
    """Compare the cluster with what a migration needs, for the connected user."""
    login = _login(connection)
    there = set(
        connection.scalars(
            text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": list(_CREATE)}
        )
    )
    statements = [sql for name, sql in _CREATE.items() if name not in there]
    lacking = [name for name in _CREATE if not _may_become(connection, login, name, there)]
    statements += _memberships(login, lacking)
    if OWNER not in there or not _may_create(connection):
        statements.append(f"GRANT CREATE ON DATABASE {login.database} TO {OWNER}")
    statements += [
        f"GRANT {', '.join(rights)} ON SCHEMA public TO {name}"
        for name, rights in _SCHEMA_RIGHTS.items()
        if name not in there or not _has(connection, name, rights)
    ]
    return RoleGap(tuple(statements))


def ensure_roles(connection: Connection) -> None:
    """Make what is missing; where that is not allowed, say which statements an administrator must run.

    Raises:
        NotAllowed: with the statements, one a line.
    """
    for _attempt in range(3):
        gap = find_gap(connection)
        try:
            for statement in gap.statements:
                connection.execute(text(statement))
        except DBAPIError as error:
            connection.rollback()
            code = getattr(error.orig, "pgcode", None)
            if code == _DENIED:
                raise NotAllowed(refusal(find_gap(connection))) from error
            if code not in _ANOTHER_WAS_QUICKER:
                raise
        else:
            connection.commit()
            break
    remaining = find_gap(connection)
    if remaining.statements:  # a GRANT without the right to grant is a mere warning
        connection.rollback()
        raise NotAllowed(refusal(remaining))


def refusal(gap: RoleGap) -> str:
    """The sentence for an operator whose database user may not create roles."""
    lines = "\n".join(f"  {statement};" for statement in gap.statements)
    return (
        "Для миграции нужны роли, а этому пользователю базы нельзя их создавать.\n"
        "Выполните от имени администратора PostgreSQL (psql в этой базе) и повторите:\n" + lines
    )


def _login(connection: Connection) -> _Login:
    row = connection.execute(
        text(
            "SELECT quote_ident(rolname) AS name, rolsuper, rolinherit, "
            "quote_ident(current_database()) AS database, "
            "current_setting('server_version_num')::int AS server FROM pg_roles WHERE rolname = session_user"
        )
    ).one()
    return _Login(row.name, row.database, row.rolsuper, row.rolinherit, row.server)


def _memberships(login: _Login, roles: list[str]) -> list[str]:
    """Grants that let the login become each role, and that give it nothing until it does.

    Inherited rights would be a hole: a statement outside a transaction of ours would run with the
    owner's policy and see every tenant.
    """
    if login.server >= _GRANTS_SAY_INHERIT:
        return [f"GRANT {role} TO {login.name} WITH INHERIT FALSE, SET TRUE" for role in roles]
    closing = [f"ALTER ROLE {login.name} NOINHERIT"] if roles and login.inherits else []
    return closing + [f"GRANT {role} TO {login.name}" for role in roles]


def _may_become(connection: Connection, login: _Login, role: str, there: set[str]) -> bool:
    """May it SET ROLE? Being a member is not enough from 16 on: who creates a role gets it without SET."""
    if login.is_superuser or role not in there:
        return login.is_superuser
    kind = "SET" if login.server >= _GRANTS_SAY_INHERIT else "MEMBER"
    can = text("SELECT pg_has_role(session_user, :role, :kind)")
    return bool(connection.scalar(can, {"role": role, "kind": kind}))


def _may_create(connection: Connection) -> bool:
    """May the owner make the schema of figures, and the extension that it needs?"""
    ask = text("SELECT has_database_privilege(:role, current_database(), 'CREATE')")
    return bool(connection.scalar(ask, {"role": OWNER}))


def _has(connection: Connection, role: str, rights: tuple[str, ...]) -> bool:
    ask = text("SELECT has_schema_privilege(:role, 'public', :right)")
    return all(connection.scalar(ask, {"role": role, "right": right}) for right in rights)
