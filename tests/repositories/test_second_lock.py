"""Every statement of a tenant's transaction names its tenant: read out of the source, no exception unsaid.

That the reading is worth something is shown on every statement there is: without one of its bindings it
is found open.
"""

import re
from collections.abc import Mapping

import pytest

from app.core.paths import repo_root
from tests.repositories.second_lock import (
    BEGINS,
    Statement,
    statements,
    statements_of_queue,
    tables_left_open,
)

ROOT = repo_root()
FOLDERS = ("app/repositories", "app/services", "app/bot", "app/cache", "app/cli", "app/scheduler", "app/web")
FILES = ("app/db/figures.py",)

OPEN: Mapping[tuple[str, str], str] = {
    ("app/repositories/sku_refs.py", "INSERT INTO in_ref ("): "reads a stage of this very transaction",
    (
        "app/repositories/upkeep.py",
        "state = 'failed'",
    ): "a piece of what the platform deletes",
    (
        "app/services/tenancy/api_tokens.py",
        "t.token_hash = :hash",
    ): "the platform's: a program is nobody's until its token is found",
    ("app/services/doctor/database.py", "last_value"): "a sequence, read by the operator's own connection",
}
"""File and a piece of the statement → why it names no tenant."""

BINDING = re.compile(r"(?:\b\w+\.)?\b(?:tenant_id|(?<=t\.)id|(?<=WHERE )id) = :tenant_id\b")


@pytest.fixture(scope="module")
def swept() -> list[Statement]:
    files = [
        path
        for folder in FOLDERS
        for kind in ("*.py", "*.sql")
        for path in sorted((ROOT / folder).rglob(kind))
    ]
    files += [ROOT / name for name in FILES]
    found = [each for path in files for each in statements(path, ROOT)]
    for module in sorted((ROOT / "app/queue").glob("*.py")):
        found += statements_of_queue(module, ROOT)
    assert len(found) > 150, "the sweep has lost its way"
    return found


def excuse(each: Statement) -> tuple[str, str] | None:
    file, sql = re.split(r":", each.place)[0], " ".join(each.sql.split())
    return next((known for known in OPEN if known[0] == file and known[1] in sql), None)


def test_every_statement_of_a_tenant_names_its_tenant(swept: list[Statement]) -> None:
    open_ones = {
        f"{each.place} {wrong}: {' '.join(each.sql.split())[:120]}"
        for each in swept
        if excuse(each) is None
        for wrong in tables_left_open(each.sql)
    }
    assert open_ones == set()


def test_no_exception_outlives_its_statement(swept: list[Statement]) -> None:
    needed = {excuse(each) for each in swept if tables_left_open(each.sql)}
    assert needed - {None} == set(OPEN)


def test_the_queues_statements_of_tenants_are_among_them(swept: list[Statement]) -> None:
    named = {each.place for each in swept}
    assert {f"app/queue/job.sql: {name}" for name in ("enqueue", "find_active", "status")} <= named
    assert "app/queue/job.sql: claim" not in named, "the worker's hands are the platform's"


def test_a_statement_that_loses_any_of_its_bindings_is_noticed(swept: list[Statement]) -> None:
    unnoticed, tried = set(), 0
    for each in filter(lambda each: BEGINS.match(each.sql), swept):  # a piece's tables may be elsewhere
        for found in BINDING.finditer(each.sql):
            tried += 1
            damaged = each.sql[: found.start()] + "true" + each.sql[found.end() :]
            if not tables_left_open(damaged):
                unnoticed.add(f"{each.place}: {' '.join(damaged.split())[:150]}")
    assert tried > 150
    assert unnoticed == set()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT * FROM card WHERE tenant_id = :tenant_id",
        "SELECT * FROM in_cards",
        "SELECT name FROM tenant WHERE id = :tenant_id",
        "SELECT * FROM card c JOIN sku s ON s.tenant_id = c.tenant_id WHERE c.tenant_id = :tenant_id",
        "INSERT INTO card (tenant_id, article) VALUES (:tenant_id, 'FROM sku')",
        "SELECT * FROM job WHERE (CAST(:tenant_id AS bigint) IS NULL OR tenant_id = :tenant_id)",
        "UPDATE card SET a = b WHERE tenant_id = :tenant_id AND (a = 1 OR b = 2)",
        "SELECT a IS DISTINCT FROM card FROM sku WHERE tenant_id = :tenant_id",
    ],
)
def test_what_is_bound_is_let_through(sql: str) -> None:
    assert tables_left_open(sql) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM card",
        "SELECT * FROM tenant WHERE tenant_id = :tenant_id",
        "SELECT * FROM card WHERE tenant_id = :tenant_id OR article = 'x'",
        "SELECT * FROM card WHERE (tenant_id = :tenant_id OR article = 'x')",
        "SELECT * FROM card WHERE article = 'tenant_id = :tenant_id'",
        "SELECT * FROM card -- WHERE tenant_id = :tenant_id",
        "SELECT * FROM card c JOIN sku s ON s.card_id = c.id WHERE c.tenant_id = :tenant_id",
        "SELECT * FROM card c, sku s WHERE c.tenant_id = :tenant_id",
        "SELECT * FROM card WHERE tenant_id = :tenant_id AND id IN (SELECT card_id FROM sku)",
        "SELECT * FROM card WHERE tenant_id = :tenant_id UNION ALL SELECT * FROM card",
        "INSERT INTO card (article) VALUES ('x')",
        "INSERT INTO card (tenant_id, article) VALUES (1, 'x')",
        "INSERT INTO card (tenant_id, article) SELECT :tenant_id, article FROM sku",
        "INSERT INTO card (tenant_id, n) SELECT :tenant_id, n FROM card",
        "UPDATE card SET article = ''",
        "UPDATE card c SET article = s.article FROM sku s WHERE c.tenant_id = :tenant_id AND s.id = c.id",
        "DELETE FROM card",
        "DELETE FROM card; SELECT * FROM card WHERE tenant_id = :tenant_id",
        "MERGE INTO card c USING in_cards s ON c.id = s.id WHEN MATCHED THEN DELETE",
        "WITH c AS (SELECT * FROM card) SELECT * FROM sku WHERE tenant_id = :tenant_id",
        "SELECT (SELECT max(d) FROM coverage) FROM sku WHERE tenant_id = :tenant_id",
    ],
)
def test_what_is_open_is_found(sql: str) -> None:
    assert tables_left_open(sql) != []
