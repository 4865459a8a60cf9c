"""``ambar token``: a token is made, listed with its last use, and revoked."""

from functools import partial

import pytest

from app.core.clock import SystemClock
from app.core.errors import BadInput, NotFound
from app.db.session import Database
from app.services.tenancy.api_tokens import find_caller
from tests.cli.conftest import Ambar
from tests.support.worlds import make_tenant


@pytest.fixture
def ambar(in_process: Ambar) -> Ambar:
    return partial(in_process, "token")


def test_a_token_is_made_listed_and_revoked(db: Database, ambar: Ambar) -> None:
    org = str(make_tenant(db))
    assert "Токенов нет" in ambar("list", "--org", org)
    secret = ambar("make", "Сканер", "--org", org, "--role", "manager").strip()
    now = SystemClock().now()
    caller = find_caller(db, secret, now)
    assert caller is not None
    assert (str(caller.tenant_id), caller.role, caller.name) == (org, "manager", "Сканер")
    (listed,) = ambar("list", "--org", org).splitlines()
    assert f"…{secret[-4:]}" in listed
    assert "менеджер" in listed
    assert "последний запрос" in listed
    assert secret not in listed
    said = ambar("revoke", str(caller.token_id), "--org", org)
    assert said.strip() == "Токен «Сканер» больше не действует."
    assert find_caller(db, secret, now) is None
    with db.platform() as tx:
        told = tx.run(
            "SELECT action, actor FROM audit_entry WHERE tenant_id = :org AND action LIKE 'token.%'"
            " ORDER BY id",
            org=int(org),
        ).all()
    assert [tuple(row) for row in told] == [
        ("token.made", "командная строка"),
        ("token.revoked", "командная строка"),
    ]


def test_another_organisations_token_is_not_revoked(db: Database, ambar: Ambar) -> None:
    secret = ambar("make", "x", "--org", str(make_tenant(db))).strip()
    now = SystemClock().now()
    caller = find_caller(db, secret, now)
    assert caller is not None
    assert caller.role == "storekeeper"
    with pytest.raises(NotFound):
        ambar("revoke", str(caller.token_id), "--org", str(make_tenant(db, "Другая")))
    assert find_caller(db, secret, now) is not None


def test_what_is_not_there_is_said(db: Database, ambar: Ambar) -> None:
    with pytest.raises(NotFound, match="Организации № 999999 нет"):
        ambar("make", "x", "--org", "999999")
    with pytest.raises(BadInput, match="storekeeper"):
        ambar("make", "x", "--org", str(make_tenant(db)), "--role", "boss")
