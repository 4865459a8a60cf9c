"""The walls between tenants as the database has them now, held against what the models ask for."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from app.db.models import Base
from app.db.roles import APP, BACKUP, OWNER, PLATFORM
from app.services.doctor.finding import Finding, Ward, bad, ok

UNWALLED = frozenset({"alembic_version"})
"""Alembic's own; no role that serves people reads it."""

WALL = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint)"
ITSELF = WALL.replace("tenant_id =", "id =", 1)

APPEND_ONLY = ("audit_entry", "figure_change", "raw_payload")
"""History: whoever serves people adds to it and edits nothing."""

_TABLES = """
    SELECT c.relname AS name, c.relispartition AS is_month,
           c.relrowsecurity AND c.relforcerowsecurity AS walled, pg_get_userbyid(c.relowner) AS owner
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""
_POLICIES = """
    SELECT tablename AS name, policyname AS policy, array_to_string(roles, ',') AS roles,
           coalesce(qual, '') AS seen, coalesce(with_check, '') AS written
    FROM pg_policies WHERE schemaname = 'public'
"""
_RIGHTS = """
    SELECT c.relname AS name, c.relispartition AS is_month, a.privilege_type AS permitted,
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS whose
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND a.grantee <> c.relowner
"""
_FUNCTIONS = """
    SELECT p.oid::regprocedure::text AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
_FIGURES = """
    SELECT c.relname AS name, c.relkind AS kind, c.relrowsecurity AND c.relforcerowsecurity AS walled,
           coalesce('security_barrier=true' = ANY(c.reloptions), false) AS barred,
           ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END
                 FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner ORDER BY 1) AS readers
    FROM pg_class c WHERE c.relnamespace = to_regnamespace('dw') AND c.relkind IN ('r', 'v', 'm') ORDER BY 1
"""


def check_walls(ward: Ward) -> list[Finding]:
    """Row security enabled and forced everywhere, the policies as they were made, no right too many."""
    connection = ward.admin
    found = [*_tables(connection), *_policies(connection), *_rights(connection), *_functions(connection)]
    found += _figures(connection)
    return found or [ok("Стены между организациями стоят: защита строк включена у всех таблиц.")]


def _tables(connection: Connection) -> Iterator[Finding]:
    there = set()
    for row in connection.execute(text(_TABLES)):
        there.add(row.name)
        if row.name in UNWALLED:
            continue
        if not row.walled:
            yield bad(
                f"Таблица {row.name}: защита строк выключена.",
                f"ALTER TABLE {row.name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
            )
        if row.owner != OWNER:
            yield bad(
                f"Таблица {row.name} принадлежит {row.owner}.", f"ALTER TABLE {row.name} OWNER TO {OWNER};"
            )
        if not row.is_month and row.name not in Base.metadata.tables:
            yield bad(
                f"Таблицы {row.name} Амбар не знает.", f"ALTER TABLE {row.name} SET SCHEMA …; — если она ваша"
            )
    for name in sorted(set(Base.metadata.tables) - there):
        yield bad(f"Таблицы {name} нет.", "./ambar restore ПОСЛЕДНЯЯ_КОПИЯ --replace")


def _policies(connection: Connection) -> Iterator[Finding]:
    """Of each table: the owner's policy, its wall, and nothing that opens it to others."""
    there: dict[str, set[tuple[str, ...]]] = {}
    for row in connection.execute(text(_POLICIES)):
        there.setdefault(row.name, set()).add((row.policy, row.roles, row.seen, row.written))
    for name, table in Base.metadata.tables.items():
        must, may = _wanted(name, str(table.info.get("wall")))
        found = there.get(name, set())
        for policy, role, seen, written in sorted(must - found):
            yield bad(
                f"Таблица {name}: правила {policy} нет или оно другое.",
                f"DROP POLICY IF EXISTS {policy} ON {name}; CREATE POLICY {policy} ON {name} TO {role} "
                f"USING {_bracketed(seen)}" + (f" WITH CHECK {_bracketed(written)};" if written else ";"),
            )
        for policy, *_ in sorted(found - must - may):
            if policy not in {each[0] for each in must - found}:
                yield bad(f"Таблица {name}: лишнее правило {policy}.", f"DROP POLICY {policy} ON {name};")


def _bracketed(expression: str) -> str:
    return expression if expression.startswith("(") else f"({expression})"


def _wanted(name: str, wall: str) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Policies that a table must have, and may have besides."""
    owner = ("owner_sees_all", OWNER, "true", "true")
    if wall == "tenant":
        return {owner, ("tenant_wall", APP, WALL, WALL)}, set()
    if wall == "shared":
        return {owner, ("everybody_reads", f"{APP},{PLATFORM}", "true", "")}, set()
    may = ("tenant_wall", APP, ITSELF, "") if name == "tenant" else ("tenant_wall", APP, WALL, WALL)
    return {owner, ("platform_sees_all", PLATFORM, "true", "true")}, {may}


def _rights(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(text(_RIGHTS)):
        dumped = row.whose == BACKUP and row.permitted == "SELECT"
        edits = row.name in APPEND_ONLY and row.permitted not in ("SELECT", "INSERT")
        stranger = row.whose not in (APP, PLATFORM)
        if dumped or not (stranger or row.is_month or edits or row.permitted in ("TRUNCATE", "TRIGGER")):
            continue
        why = "месяц читают по имени мимо стены" if row.is_month and not stranger else "лишнее право"
        yield bad(
            f"Таблица {row.name}: у {row.whose} право {row.permitted}, {why}.",
            f"REVOKE {row.permitted} ON {row.name} FROM {row.whose};",
        )


def _functions(connection: Connection) -> Iterator[Finding]:
    for name in connection.scalars(text(_FUNCTIONS)):
        yield bad(f"Функцию {name} может вызвать кто угодно.", f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC;")


def _figures(connection: Connection) -> Iterator[Finding]:
    """The schema of figures: its tables behind walls, its copy of the shelf behind a view with a barrier."""
    there = set()
    for row in connection.execute(text(_FIGURES)):
        there.add(row.name)
        name = f"dw.{row.name}"
        if row.kind == "r" and not row.walled:
            yield bad(
                f"Таблица {name}: защита строк выключена.",
                f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
            )
        if row.kind == "m" and row.readers:
            whose = ", ".join(row.readers)
            yield bad(f"Копию {name} читают мимо стены: {whose}.", f"REVOKE ALL ON {name} FROM {whose};")
        if row.kind == "v" and row.readers and not row.barred:
            yield bad(
                f"У представления {name} нет барьера.", f"ALTER VIEW {name} SET (security_barrier = true);"
            )
    if "current_stock" not in there:
        yield bad("Свода для аналитики (схемы dw) нет.", "./ambar restore ПОСЛЕДНЯЯ_КОПИЯ --replace")
