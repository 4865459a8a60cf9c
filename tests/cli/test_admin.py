"""``ambar admin``: a code for the first administrator, the list, and whom to take out."""

from datetime import UTC, datetime
from functools import partial

import pytest

from app.core.errors import Conflict, NotFound
from app.db.session import Database
from app.services.tenancy.registration import claim_admin
from tests.cli.conftest import Ambar


@pytest.fixture
def ambar(in_process: Ambar) -> Ambar:
    return partial(in_process, "admin")


def claim(db: Database, telegram_id: int, name: str, said: str) -> None:
    with db.platform() as tx:
        claim_admin(tx, telegram_id, name, said.split("/start ")[1].split()[0], datetime.now(UTC))


def test_an_administrator_is_made_listed_and_removed(db: Database, ambar: Ambar) -> None:
    with db.platform() as tx:
        tx.run("UPDATE app_user SET is_admin = false")
    assert "Администраторов нет" in ambar("list")
    for telegram_id, name in ((11, "Яна"), (12, "Вера")):
        said = ambar("code")
        assert "одноразовый" in said
        claim(db, telegram_id, name, said)
    assert ambar("list").splitlines() == ["11  Яна", "12  Вера"]
    assert ambar("remove", "11").strip() == "Яна больше не администратор."
    assert ambar("list").splitlines() == ["12  Вера"]
    with db.platform() as tx:
        rows = tx.run(
            "SELECT action FROM audit_entry WHERE action LIKE 'admin.%' AND tenant_id IS NULL ORDER BY id"
        )
        assert rows.scalars().all() == [
            "admin.code",
            "admin.made",
            "admin.code",
            "admin.made",
            "admin.removed",
        ]


def test_whom_one_cannot_remove(db: Database, ambar: Ambar) -> None:
    with db.platform() as tx:
        tx.run("UPDATE app_user SET is_admin = false")
        tx.run("INSERT INTO app_user (telegram_id, name, is_admin) VALUES (13, 'Анна', true)")
    with pytest.raises(Conflict, match="единственный администратор"):
        ambar("remove", "13")
    with pytest.raises(NotFound, match="нет человека с id 99"):
        ambar("remove", "99")
