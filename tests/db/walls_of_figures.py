"""The sweep over the schema of figures: what would let one organisation see another's, as sentences.

No model says what is in it, so it is swept by what it is: tables stand behind their walls, a materialized
view is nobody's, and a view over it lets through what is the tenant's own.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from app.db.roles import APP, BACKUP, OWNER, PLATFORM

NOBODYS = {"refreshed": "when what was refreshed: nothing of any tenant"}

WALL = "tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint"
_BEHIND = {
    f"owner_sees_all {OWNER} ALL true true",
    f"tenant_wall {APP} ALL ({WALL}) ({WALL})",
}
_READ_BY_ALL = {
    f"owner_sees_all {OWNER} ALL true true",
    f"everybody_reads {APP},{PLATFORM} SELECT true -",
}

_RELATIONS = """
    SELECT c.relname AS name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
        c.relrowsecurity AND c.relforcerowsecurity AS walled,
        coalesce(array_to_string(c.reloptions, ','), '') AS options,
        CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition,
        ARRAY(SELECT concat_ws(' ', p.policyname, array_to_string(p.roles, ','), p.cmd, coalesce(p.qual, '-'),
                  coalesce(p.with_check, '-'))
              FROM pg_policies p WHERE p.schemaname = 'dw' AND p.tablename = c.relname) AS policies,
        ARRAY(SELECT a.privilege_type || ' to ' || CASE a.grantee WHEN 0 THEN 'public'
                  ELSE pg_get_userbyid(a.grantee)::text END
              FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner) AS grants,
        ARRAY(SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
              LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum = x.indkey[0]
              WHERE x.indrelid = c.oid AND (x.indisunique OR x.indisexclusion)
                  AND t.attname IS DISTINCT FROM 'tenant_id') AS stray_keys
    FROM pg_class c WHERE c.relnamespace = 'dw'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    ORDER BY c.relname
"""


def breaches_of_figures(connection: Connection) -> Iterator[str]:
    """Everything in the schema that is not as it must be, a sentence each."""
    for row in connection.execute(text(_RELATIONS)):
        if row.owner != OWNER:
            yield f"dw.{row.name} belongs to {row.owner}"
        yield from (f"dw.{row.name}: {each} is granted" for each in row.grants if each not in _may_hold(row))
        if row.kind in "rp":
            wanted = _READ_BY_ALL if row.name in NOBODYS else _BEHIND
            if not row.walled:
                yield f"dw.{row.name}: row security is not enabled and forced"
            if set(row.policies) != wanted:
                yield f"dw.{row.name}: policies {sorted(set(row.policies) ^ wanted)}"
        if row.kind in "rpm" and row.name not in NOBODYS:
            yield from (f"dw.{row.name}: key {each} does not begin with tenant_id" for each in row.stray_keys)
        walled = "security_barrier=true" in row.options and WALL in (row.definition or "")
        if row.kind == "v" and not walled and "security_invoker=true" not in row.options:
            yield f"view dw.{row.name} sees with its owner's eyes"
    functions = text(
        "SELECT p.proname AS name, pg_get_userbyid(p.proowner) AS owner,"
        " coalesce(array_to_string(p.proconfig, ';'), '') AS config,"
        " has_function_privilege('public', p.oid, 'EXECUTE')"
        f" OR has_function_privilege('{APP}', p.oid, 'EXECUTE') AS is_open"
        " FROM pg_proc p WHERE p.pronamespace = 'dw'::regnamespace"
    )
    for row in connection.execute(functions):
        if row.is_open:
            yield f"function dw.{row.name} may be called by whoever serves people"
        if row.owner != OWNER or "search_path=pg_catalog, public, pg_temp" not in row.config:
            yield f"function dw.{row.name} of {row.owner} looks up names in the caller's search path"


def _may_hold(row: object) -> set[str]:
    """Who may have which right to it: to read, at most."""
    name, kind = row.name, row.kind  # type: ignore[attr-defined]
    if name in NOBODYS:
        return {f"SELECT to {role}" for role in (APP, PLATFORM, BACKUP)}
    if kind in "rp":
        return {f"SELECT to {APP}", f"SELECT to {BACKUP}"}
    if kind == "S":
        return {f"SELECT to {BACKUP}"}
    barred = kind == "v" and "security_barrier=true" in row.options  # type: ignore[attr-defined]
    return {f"SELECT to {APP}"} if barred else set()
