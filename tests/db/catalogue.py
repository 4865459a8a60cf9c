"""What the catalogue of a database says of its walls, constraints, grants and functions.

Read as plain lines, so that a difference is a line of a diff. Months of partitioned tables are left
out: they come and go. Columns are left out too: alembic's own compare sees those.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

Catalogue = dict[str, list[str]]

_FIGURES = """
    SELECT format('%s: %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = to_regnamespace('dw') AND k.contype <> 'n'
    UNION ALL
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = to_regnamespace('dw')
    UNION ALL
    SELECT format('%s (%s) of %s %s row security %s', c.relname, c.relkind, pg_get_userbyid(c.relowner),
                  coalesce(array_to_string(c.reloptions, ','), '-'),
                  c.relrowsecurity AND c.relforcerowsecurity)
    FROM pg_class c WHERE c.relnamespace = to_regnamespace('dw') AND c.relkind IN ('r', 'v', 'm')
    UNION ALL
    SELECT format('%s: %s %s %s to %s using %s check %s', tablename, permissive, policyname, cmd,
                  array_to_string(roles, ','), coalesce(qual, '-'), coalesce(with_check, '-'))
    FROM pg_policies WHERE schemaname = 'dw'
    UNION ALL
    SELECT format('%s: %s to %s', c.relname, string_agg(a.privilege_type, ',' ORDER BY a.privilege_type),
                  CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END)
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = to_regnamespace('dw') AND a.grantee <> c.relowner GROUP BY c.relname, a.grantee
    UNION ALL
    SELECT format('schema %s: %s to %s', n.nspname, a.privilege_type,
                  CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END)
    FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'dw' AND a.grantee <> n.nspowner
    UNION ALL
    SELECT format('%s(%s) of %s%s set %s to %s', p.proname, pg_get_function_identity_arguments(p.oid),
                  pg_get_userbyid(p.proowner), CASE WHEN p.prosecdef THEN ' security definer' ELSE '' END,
                  coalesce(array_to_string(p.proconfig, '; '), '-'),
                  (SELECT coalesce(string_agg(who, ',' ORDER BY who), '-')
                   FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a,
                        LATERAL (SELECT CASE a.grantee WHEN 0 THEN 'public'
                                        ELSE pg_get_userbyid(a.grantee)::text END AS who) named
                   WHERE a.grantee <> p.proowner))
    FROM pg_proc p WHERE p.pronamespace = to_regnamespace('dw')
"""
"""All of the schema of figures: no model says what is in it."""

_TABLES = """
    SELECT c.oid, c.relname AS name, c.relkind AS kind, c.relispartition AS is_partition,
           c.relrowsecurity AND c.relforcerowsecurity AS walled, pg_get_userbyid(c.relowner) AS owner
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f')
    ORDER BY c.relname
"""

_SECTIONS: Mapping[str, str] = {
    # NOT NULL is a constraint of its own from PostgreSQL 18 on; alembic compares nullability.
    "constraints": """
        SELECT format('%s: %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND k.contype <> 'n'
    """,
    "indexes": """
        SELECT pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
    """,
    "partitioning": """
        SELECT format('%s: %s', c.relname, pg_get_partkeydef(c.oid))
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'p'
    """,
    "row_security": """
        SELECT format('%s: %s', c.relname, CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'forced'
                      WHEN c.relrowsecurity THEN 'enabled' ELSE 'off' END)
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    """,
    "policies": """
        SELECT format('%s: %s %s %s to %s using %s check %s', tablename, permissive, policyname, cmd,
                      array_to_string(roles, ','), coalesce(qual, '-'), coalesce(with_check, '-'))
        FROM pg_policies WHERE schemaname = 'public'
    """,
    # The owner's own rights are left out: PostgreSQL 17 added one (MAINTAIN).
    "grants": """
        SELECT format('%s: %s to %s%s', c.relname,
                      string_agg(a.privilege_type, ',' ORDER BY a.privilege_type),
                      CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END,
                      CASE WHEN bool_or(a.is_grantable) THEN ' with grant option' ELSE '' END)
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND a.grantee <> c.relowner
        GROUP BY c.relname, a.grantee
    """,
    "column_grants": """
        SELECT format('%s.%s: %s', c.relname, t.attname, t.attacl)
        FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND t.attacl IS NOT NULL
    """,
    "default_grants": """
        SELECT format('%s of %s: %s to %s', d.defaclobjtype, pg_get_userbyid(d.defaclrole), a.privilege_type,
                      CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END)
        FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole
    """,
    "functions": """
        SELECT format('%s(%s) of %s%s%s set %s to %s', p.proname, pg_get_function_identity_arguments(p.oid),
                      pg_get_userbyid(p.proowner), CASE WHEN p.prosecdef THEN ' security definer' ELSE '' END,
                      CASE WHEN p.proisstrict THEN ' strict' ELSE '' END,
                      coalesce(array_to_string(p.proconfig, '; '), '-'),
                      (SELECT coalesce(string_agg(who, ',' ORDER BY who), '-')
                       FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a,
                            LATERAL (SELECT CASE a.grantee WHEN 0 THEN 'public'
                                            ELSE pg_get_userbyid(a.grantee)::text END AS who) named
                       WHERE a.grantee <> p.proowner))
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    """,
    "triggers": """
        SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND NOT c.relispartition
    """,
    "figures": _FIGURES,
    "views": """
        SELECT format('%s (%s) %s', c.relname, c.relkind, coalesce(array_to_string(c.reloptions, ','), '-'))
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')
    """,
}


def read_catalogue(connection: Connection) -> Catalogue:
    """Every section, its lines sorted here and not by the server's collation."""
    return {name: sorted(connection.scalars(text(sql))) for name, sql in _SECTIONS.items()}


def read_tables(connection: Connection) -> list[Row[Any]]:
    """Every table of ours by name, partitions included."""
    return list(connection.execute(text(_TABLES)))
