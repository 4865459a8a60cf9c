"""The sweep over the catalogue: what breaks DESIGN rule 6, as sentences; none in a sound database."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from app.db.models import Base
from app.db.roles import APP, BACKUP, OWNER, PLATFORM
from tests.db.catalogue import read_tables
from tests.db.walls_of_figures import breaches_of_figures

PLATFORM_TABLES: Mapping[str, str] = {
    "tenant": "the list of tenants itself",
    "app_user": "who is telegram 555, asked before a tenant is known",
    "membership": "in which organisations a person is, asked before one is chosen",
    "admin_code": "the first administrator has no organisation yet",
    "fsm_entry": "a conversation may begin before an organisation is there",
    "rate_budget": "a marketplace counts a seller's calls whoever connected the cabinet",
    "job": "the worker asks which tenant has work",
    "outbox_event": "the relay delivers for all",
    "firing": "the schedule is the house's",
    "lease": "leadership is the house's",
    "dead_letter": "an administrator looks after what was given up, whoever it belongs to",
    "audit_entry": "what the house did, and about the house itself",
    "invite": "who brings a code is not a member yet",
    "api_token": "a program is nobody until its token is found",
}
"""Tables that the platform role reads whole, and why."""

SHARED_TABLES: Mapping[str, str] = {"installation": "one row about the database, nothing of any tenant"}

UNWALLED_TABLES: Mapping[str, str] = {"alembic_version": "alembic's own; no role that serves people reads it"}

WALL = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint)"
TENANT_WALL = ("tenant_wall", APP, "ALL", WALL, WALL)
OWNER_SEES_ALL = ("owner_sees_all", OWNER, "ALL", "true", "true")
PLATFORM_SEES_ALL = ("platform_sees_all", PLATFORM, "ALL", "true", "true")
ITSELF = ("tenant_wall", APP, "SELECT", WALL.replace("tenant_id =", "id =", 1), "")
EVERYBODY_READS = ("everybody_reads", f"{APP},{PLATFORM}", "SELECT", "true", "")

Policy = tuple[str, str, str, str, str]


def breaches(connection: Connection) -> list[str]:
    """Everything that is not as it must be, a sentence each."""
    return [
        *_tables(connection),
        *_rights(connection),
        *_keys(connection),
        *_views(connection),
        *breaches_of_figures(connection),
    ]


def _tables(connection: Connection) -> Iterator[str]:
    declared = {name: table.info.get("wall") for name, table in Base.metadata.tables.items()}
    policies = _policies(connection)
    for table in read_tables(connection):
        if table.owner != OWNER:
            yield f"{table.name} belongs to {table.owner}"
        if table.name in UNWALLED_TABLES:
            continue
        if not table.walled:
            yield f"{table.name}: row security is not enabled and forced"
        found = policies.get(table.name, set())
        if table.is_partition:
            if found:
                yield f"partition {table.name} has policies of its own"
        elif table.name not in declared:
            yield f"{table.name} is in no model"
        elif found != (wanted := _wanted(table.name, str(declared[table.name]), found)):
            yield f"{table.name}: policies {sorted(found ^ wanted)}"


def _wanted(name: str, wall: str, found: set[Policy]) -> set[Policy]:
    """The policies that the table's wall asks for."""
    if name in SHARED_TABLES:
        return {OWNER_SEES_ALL, EVERYBODY_READS} if wall == "shared" else set()
    if name not in PLATFORM_TABLES:
        return {OWNER_SEES_ALL, TENANT_WALL} if wall == "tenant" else set()
    if wall != "platform":
        return set()
    # Of some platform tables the application sees its own tenant's rows; nothing else may be there.
    return {OWNER_SEES_ALL, PLATFORM_SEES_ALL} | (found & {ITSELF if name == "tenant" else TENANT_WALL})


def _policies(connection: Connection) -> dict[str, set[Policy]]:
    found: dict[str, set[Policy]] = {}
    for row in connection.execute(
        text(
            "SELECT tablename, policyname, array_to_string(roles, ',') AS roles, cmd, "
            "coalesce(qual, '') AS qual, coalesce(with_check, '') AS with_check "
            "FROM pg_policies WHERE schemaname = 'public'"
        )
    ):
        found.setdefault(row.tablename, set()).add(
            (row.policyname, row.roles, row.cmd, row.qual, row.with_check)
        )
    return found


def _rights(connection: Connection) -> Iterator[str]:
    for row in connection.execute(
        text(
            "SELECT c.relname AS name, c.relispartition, c.relkind, a.privilege_type AS right, "
            "  CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END AS grantee "
            "FROM pg_class c, aclexplode(c.relacl) a "
            "WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner "
            "UNION ALL SELECT c.relname || '.' || t.attname, false, 'c', a.privilege_type, "
            "  CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END "
            "FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a "
            "WHERE c.relnamespace = 'public'::regnamespace"
        )
    ):
        if row.grantee not in _may_hold(row):
            yield f"{row.name}: {row.right} is granted to {row.grantee}"
    for row in connection.execute(
        text(
            "SELECT p.proname AS name, pg_get_userbyid(p.proowner) AS owner, p.prosecdef, "
            "  coalesce(array_to_string(p.proconfig, ';'), '') AS config, "
            "  has_function_privilege('public', p.oid, 'EXECUTE') AS open "
            "FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
        )
    ):
        if row.open:
            yield f"function {row.name} may be called by PUBLIC"
        if row.owner != OWNER:
            yield f"function {row.name} belongs to {row.owner}"
        if row.prosecdef and "search_path=pg_catalog, public, pg_temp" not in row.config:
            yield f"function {row.name} looks up names in the caller's search path"


def _may_hold(row: object) -> set[str]:
    """Who may have that right: nobody reads a month by name but the dump."""
    name, right = row.name, row.right  # type: ignore[attr-defined]
    allowed = {BACKUP} if right == "SELECT" else set()
    if row.relispartition or row.relkind not in "rp" or right == "TRUNCATE":  # type: ignore[attr-defined]
        return allowed
    if name in PLATFORM_TABLES or name in SHARED_TABLES:
        allowed |= {PLATFORM}
    if name not in PLATFORM_TABLES or right in ("SELECT", "INSERT"):
        allowed |= {APP}
    return allowed if right in ("SELECT", "INSERT", "UPDATE", "DELETE") else set()


def _keys(connection: Connection) -> Iterator[str]:
    """``tenant_id`` leads every primary, unique and foreign key of what is a tenant's."""
    ours = [name for name, table in Base.metadata.tables.items() if table.info.get("wall") == "tenant"]
    for row in connection.execute(
        text(
            "SELECT c.relname AS name, i.relname AS key FROM pg_index x "
            "JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid "
            "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0] "
            "WHERE x.indisunique AND c.relname = ANY(:ours) AND a.attname IS DISTINCT FROM 'tenant_id' "
            "UNION ALL SELECT c.relname, k.conname FROM pg_constraint k "
            "JOIN pg_class c ON c.oid = k.conrelid "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] "
            "JOIN pg_class f ON f.oid = k.confrelid "
            "JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = k.confkey[1] "
            "WHERE k.contype = 'f' AND c.relname = ANY(:ours) AND (a.attname <> 'tenant_id' "
            "  OR (f.relname, b.attname) <> ('tenant', 'id') AND b.attname <> 'tenant_id')"
        ),
        {"ours": ours},
    ):
        yield f"{row.name}: key {row.key} does not begin with tenant_id"


def _views(connection: Connection) -> Iterator[str]:
    """A plain view runs as its owner, and a materialized one has no row security at all."""
    for row in connection.execute(
        text(
            "SELECT c.relname AS name, c.relkind, "
            "coalesce(array_to_string(c.reloptions, ','), '') AS options "
            "FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')"
        )
    ):
        if row.relkind == "v" and "security_invoker=true" not in row.options:
            yield f"view {row.name} sees with its owner's eyes"
