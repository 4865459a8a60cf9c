"""A new master key while Ambar works: killed anywhere it is begun again, and no token is ever shut."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL

from app.core import master_key
from app.core.crypto import Sealed, Vault, open_vault
from app.core.errors import Conflict, NotFound
from app.core.master_key import KeyFiles, name_key, read_key
from app.core.paths import master_key_file, old_key_file, repo_root
from app.db.install import Urls
from app.db.session import Database
from app.repositories.seals import SEALED_TABLES
from app.services.keys import RotateKeys, keys_in_use
from app.services.tenancy.connect import CheckedToken, StoreAccount, account_aad
from tests.conftest import fresh_database
from tests.support.worlds import make_cabinet, make_tenant

CABINETS = 5


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def urls(server_url: URL, template: str) -> Iterator[Urls]:
    """A database for each test: a rotation speaks of every organisation there is."""
    with fresh_database(server_url, template) as made:
        yield made


@pytest.fixture
def db(urls: Urls) -> Iterator[Database]:
    database = Database(urls.app, pool_size=5)
    yield database
    database.close()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """As a process that started before the rotation holds it."""
    return open_vault(tmp_path / "master.key")[0]


@pytest.fixture
def tenants(db: Database, vault: Vault) -> list[int]:
    made = [make_tenant(db, name) for name in ("Первая", "Вторая")]
    for tenant in made:
        for number in range(CABINETS):
            connect(db, vault, tenant, f"seller-{number}")
    return made


def connect(db: Database, vault: Vault, tenant: int, seller: str) -> None:
    checked = CheckedToken(
        marketplace="WB", seller_key=seller, name=f"Кабинет {seller}", kind="", scopes=(), missing_scopes=(),
        expires_at=None, notes=(), secret=secret(tenant, seller),
    )  # fmt: skip
    with db.tenant(tenant) as tx:
        StoreAccount(vault=vault)(tx, checked)


def secret(tenant: int, seller: str) -> str:
    return f"token of {seller} of {tenant}"


def tokens(db: Database, vault: Vault, tenant: int) -> dict[str, str]:
    """What each of the tenant's cabinets opens to."""
    with db.tenant(tenant) as tx:
        rows = tx.run("SELECT seller_key, key_id, nonce, ciphertext FROM marketplace_account").all()
    return {
        row.seller_key: vault.decrypt(
            Sealed(row.key_id, bytes(row.nonce), bytes(row.ciphertext)),
            account_aad(tenant, "WB", row.seller_key),
        ).decode()
        for row in rows
    }


def everything_opens(db: Database, vault: Vault, tenants: list[int]) -> None:
    for tenant in tenants:
        assert tokens(db, vault, tenant) == {
            f"seller-{n}": secret(tenant, f"seller-{n}") for n in range(CABINETS)
        }


def files_of(vault: Vault) -> KeyFiles:
    assert vault.files is not None
    return vault.files


def rotation(db: Database, vault: Vault, batch: int = 2) -> RotateKeys:
    return RotateKeys(db=db, files=files_of(vault), batch=batch)


def test_every_token_of_every_organisation_is_sealed_anew(
    db: Database, vault: Vault, tenants: list[int]
) -> None:
    done = rotation(db, vault)()
    assert done.resealed == 2 * CABINETS
    assert done.key_id != vault.key_id
    assert done.unopened == ()
    used = keys_in_use(db, files_of(vault))
    assert (used.current, used.old, used.sealed) == (done.key_id, None, {done.key_id: 2 * CABINETS})
    fresh, made = open_vault(files_of(vault).current)
    assert not made
    assert fresh.key_id == done.key_id
    everything_opens(db, fresh, tenants)
    with db.platform() as tx:
        noted = tx.run("SELECT tenant_id, before, after FROM audit_entry WHERE action = 'keys.rotated'").one()
    assert noted.tenant_id is None
    assert noted.before == {"key_id": vault.key_id}
    assert noted.after == {"key_id": done.key_id, "tokens": 2 * CABINETS, "unopened": 0}


def test_the_former_key_waits_under_its_name_until_it_is_destroyed(
    db: Database, vault: Vault, tenants: list[int]
) -> None:
    files = files_of(vault)
    done = rotation(db, vault)()
    assert done.retired == files.current.with_name(f"master.key.{vault.key_id}")
    assert read_key(done.retired) == vault.key
    assert not files.old.exists()
    done.retired.unlink()
    everything_opens(db, open_vault(files.current)[0], tenants)
    second = rotation(db, vault)()
    assert second.key_id not in (done.key_id, vault.key_id)


def test_a_process_that_started_before_reads_and_seals_on(
    db: Database, vault: Vault, tenants: list[int]
) -> None:
    done = rotation(db, vault)()
    assert done.resealed == 2 * CABINETS
    everything_opens(db, vault, tenants)
    connect(db, vault, tenants[0], "later")  # the old vault in memory
    with db.tenant(tenants[0]) as tx:
        sealed_with = tx.run("SELECT key_id FROM marketplace_account WHERE seller_key = 'later'").scalar()
    assert sealed_with == done.key_id, "sealed with a key that is about to be destroyed"


def test_killed_between_batches_it_goes_on_where_it_stood(
    db: Database, vault: Vault, tenants: list[int]
) -> None:
    def die(done: int) -> None:
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        rotation(db, vault)(told=die)
    files = files_of(vault)
    used = keys_in_use(db, files)
    assert used.old == vault.key_id
    assert used.sealed == {used.current: 4, vault.key_id: 2 * CABINETS - 4}
    everything_opens(db, vault, tenants)
    everything_opens(db, open_vault(files.current)[0], tenants)

    again = rotation(db, vault)()
    assert again.key_id == used.current, "the second attempt made a third key"
    assert again.resealed == 2 * CABINETS - 4
    everything_opens(db, open_vault(files.current)[0], tenants)


@pytest.mark.parametrize("step", range(1, 6))
def test_killed_at_any_step_of_the_files_no_token_is_shut(
    db: Database, vault: Vault, tenants: list[int], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The steps are renames: the new key beside, the old one beside, the switch, the retirement."""
    real, calls = os.replace, iter(range(1, 100))

    def replace(*names: Any) -> None:
        if next(calls) == step:
            raise Killed
        real(*names)

    with monkeypatch.context() as dying:
        dying.setattr(master_key.os, "replace", replace)
        try:
            rotation(db, vault)()
            assert step > 4
        except Killed:
            assert step <= 4
    files = files_of(vault)
    everything_opens(db, vault, tenants)
    everything_opens(db, open_vault(files.current)[0], tenants)
    if step <= 4:
        done = rotation(db, vault)()
        assert done.retired is not None
        assert name_key(read_key(done.retired)) == vault.key_id
    everything_opens(db, open_vault(files.current)[0], tenants)
    assert sorted(keys_in_use(db, files).sealed.values()) == [2 * CABINETS]


def test_killed_by_the_system_in_the_middle_and_finished_by_another_process(
    db: Database, urls: Urls, vault: Vault, tenants: list[int]
) -> None:
    files = files_of(vault)
    engine = create_engine(urls.admin, poolclass=pool.NullPool)
    with engine.connect() as holder:  # the rotation stops at the second organisation's first row
        holder.execute(
            text("SELECT FROM marketplace_account WHERE tenant_id = :t FOR UPDATE"), {"t": tenants[1]}
        )
        running = start(urls, files, "keys rotate")
        try:
            end = time.monotonic() + 30
            while keys_in_use(db, files).sealed.get(vault.key_id) != CABINETS:
                assert running.poll() is None, running.communicate()
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            running.send_signal(signal.SIGKILL)
            running.communicate()
        holder.rollback()
    engine.dispose()
    everything_opens(db, vault, tenants)
    said, errors = start(urls, files, "keys rotate", "keys status").communicate(timeout=60)
    assert "Traceback" not in errors, errors
    assert f"перешифровано токенов: {CABINETS}" in said
    assert "shred -u" in said
    assert f"токенов {2 * CABINETS}" in said
    assert "больше ничего не открывает" in said
    assert files.current.read_text().strip() not in said + errors
    everything_opens(db, open_vault(files.current)[0], tenants)


ONE_AFTER_ANOTHER = """
import sys
from app.cli import build
for words in sys.argv[1:]:
    build()(words.split(), standalone_mode=False)
"""
"""Commands in one process: imports take seconds."""


def start(urls: Urls, files: KeyFiles, *commands: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "PYTHONPATH": str(repo_root()),
        "AMBAR_ENV_FILE": "/nonexistent",
        "DATABASE_URL": urls.app,
        "MASTER_KEY_FILE": str(files.current),
        "AMBAR_DATA": str(files.current.parent),
    }
    return subprocess.Popen(
        [sys.executable, "-c", ONE_AFTER_ANOTHER, *commands],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_row_copied_into_another_organisation_does_not_open_there(
    db: Database, urls: Urls, vault: Vault, tenants: list[int]
) -> None:
    mine, others = tenants
    with create_engine(urls.admin, poolclass=pool.NullPool).begin() as thief:
        thief.execute(
            text(
                "UPDATE marketplace_account t SET nonce = s.nonce, ciphertext = s.ciphertext "
                "FROM marketplace_account s WHERE s.tenant_id = :mine AND t.tenant_id = :others "
                "AND s.seller_key = t.seller_key AND t.seller_key = 'seller-0'"
            ),
            {"mine": mine, "others": others},
        )
    with pytest.raises(Conflict, match="из чужой строки"):
        tokens(db, vault, others)
    done = rotation(db, vault)()
    assert [(lost.tenant_id, lost.name) for lost in done.unopened] == [(others, "Кабинет seller-0")]
    assert done.resealed == 2 * CABINETS - 1
    assert done.retired is not None
    with pytest.raises(Conflict, match="из чужой строки"):
        tokens(db, vault, others)


def test_a_token_of_a_lost_key_is_told_of_and_does_not_stop_the_others(
    db: Database, vault: Vault, tenants: list[int]
) -> None:
    make_cabinet(db, tenant_id=tenants[0], seller_key="lost")  # sealed with the key "none"
    done = rotation(db, vault)()
    assert [lost.key_id for lost in done.unopened] == ["none"]
    assert done.resealed == 2 * CABINETS
    assert keys_in_use(db, files_of(vault)).lost == {"none"}


def test_a_key_of_ones_own_is_taken_and_a_used_one_is_not(
    db: Database, vault: Vault, tenants: list[int]
) -> None:
    with pytest.raises(Conflict, match="уже главный"):
        rotation(db, vault)(vault.key)
    mine = bytes(range(32))
    assert rotation(db, vault).prepare(mine) == name_key(mine)
    everything_opens(db, vault, tenants)
    with pytest.raises(Conflict, match="не закончена"):
        rotation(db, vault)(bytes(32))
    assert rotation(db, vault)(mine).key_id == name_key(mine)


def test_the_new_files_are_for_the_same_eyes(db: Database, vault: Vault, tenants: list[int]) -> None:
    files = files_of(vault)
    if os.geteuid() == 0:  # root rotates for the service's user
        os.chown(files.current, 1, 1)
    before = files.current.stat()
    retired = rotation(db, vault)().retired
    assert retired is not None
    for path in (files.current, retired):
        found = path.stat()
        assert stat.S_IMODE(found.st_mode) == 0o600
        assert (found.st_uid, found.st_gid) == (before.st_uid, before.st_gid)


def test_without_its_file_a_process_does_not_seal_from_memory(vault: Vault) -> None:
    files_of(vault).current.unlink()
    with pytest.raises(NotFound, match="верните его"):
        vault.encrypt(b"x", b"row")


def test_every_sealed_column_is_rotated(urls: Urls) -> None:
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        found = connection.scalars(
            text(
                "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
                "AND column_name IN ('ciphertext', 'nonce', 'key_id') GROUP BY 1"
            )
        )
        assert set(found) == set(SEALED_TABLES)


def test_systemds_credential_is_found_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, data = tmp_path / "credentials", tmp_path / "data"
    given.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert master_key_file(None, data) == data / "master.key"
    (given / "master.key").write_text("ab" * 32)
    assert master_key_file(None, data) == given / "master.key"
    assert old_key_file(None, given / "master.key") == given / "master.key.old"
    assert master_key_file(tmp_path / "mine", data) == tmp_path / "mine"
