"""The four roles of DESIGN rule 6: made once per cluster, outside the migrations.

*owner* owns the schema, *app* serves people and the night under the tenant wall, *platform* knows
what must be known before a tenant is, *backup* reads everything for a dump.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.core.errors import NotAllowed

OWNER, APP, PLATFORM, BACKUP = "ambar_owner", "ambar_app", "ambar_platform", "ambar_backup"

_CREATE = {
    OWNER: f"CREATE ROLE {OWNER} NOLOGIN",
    APP: f"CREATE ROLE {APP} NOLOGIN",
    PLATFORM: f"CREATE ROLE {PLATFORM} NOLOGIN",
    BACKUP: f"CREATE ROLE {BACKUP} NOLOGIN BYPASSRLS",
}


@dataclass(frozen=True, slots=True)
class RoleGap:
    """What is missing: statements in the order in which they must run."""

    statements: tuple[str, ...]


def find_gap(connection: Connection) -> RoleGap:
    """Compare the cluster with what a migration needs, for the connected user."""
    there = set(
        connection.scalars(
            text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": list(_CREATE)}
        )
    )
    user = connection.scalar(text("SELECT quote_ident(session_user)"))
    statements = [sql for name, sql in _CREATE.items() if name not in there]
    missing_memberships = [name for name in _CREATE if name not in there or not _is_member(connection, name)]
    statements += [f"GRANT {name} TO {user}" for name in missing_memberships]
    if OWNER not in there or not _may_create(connection):
        statements.append(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
    return RoleGap(tuple(statements))


def ensure_roles(connection: Connection) -> None:
    """Make what is missing; where that is not allowed, say which statements an administrator must run.

    Raises:
        NotAllowed: with the statements, one a line.
    """
    gap = find_gap(connection)
    if not gap.statements:
        return
    if not _may_make_roles(connection):
        raise NotAllowed(refusal(gap))
    for statement in gap.statements:
        connection.execute(text(statement))
    connection.commit()


def refusal(gap: RoleGap) -> str:
    """The sentence for an operator whose database user may not create roles."""
    lines = "\n".join(f"  {statement};" for statement in gap.statements)
    return (
        "Для миграции нужны роли, а этому пользователю базы нельзя их создавать.\n"
        "Выполните от имени администратора PostgreSQL (psql в этой базе) и повторите:\n" + lines
    )


def _is_member(connection: Connection, role: str) -> bool:
    member = text(
        "SELECT rolsuper OR pg_has_role(session_user, :role, 'MEMBER') "
        "FROM pg_roles WHERE rolname = session_user"
    )
    return bool(connection.scalar(member, {"role": role}))


def _may_create(connection: Connection) -> bool:
    return bool(
        connection.scalar(text("SELECT has_schema_privilege(:role, 'public', 'CREATE')"), {"role": OWNER})
    )


def _may_make_roles(connection: Connection) -> bool:
    """Only a superuser may make BYPASSRLS roles on every version from 15 on."""
    return bool(connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")))
