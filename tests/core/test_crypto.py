"""Secrets at rest: what one row's seal opens, no other row, key or damage does."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.crypto import KEY_BYTES, NONCE_BYTES, Sealed, Vault, open_vault
from app.core.errors import Conflict

VAULT = Vault(bytes(range(KEY_BYTES)))
OTHER = Vault(bytes(KEY_BYTES))
TOKEN = b"eyJhbGciOi.a-seller's-token"
ROW = b"marketplace_account:1:7"


@given(st.binary(max_size=2000), st.binary(max_size=80))
def test_what_was_sealed_opens_again(secret: bytes, row: bytes) -> None:
    assert VAULT.decrypt(VAULT.encrypt(secret, row), row) == secret


def test_the_seal_shows_nothing_of_the_secret_and_is_never_the_same_twice() -> None:
    first, second = VAULT.encrypt(TOKEN, ROW), VAULT.encrypt(TOKEN, ROW)
    assert TOKEN not in first.ciphertext
    assert len(first.nonce) == NONCE_BYTES
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext


def test_copied_into_another_row_it_does_not_open() -> None:
    sealed = VAULT.encrypt(TOKEN, ROW)
    with pytest.raises(Conflict, match="из чужой строки"):
        VAULT.decrypt(sealed, b"marketplace_account:2:7")


@pytest.mark.parametrize("part", ["nonce", "ciphertext"])
def test_one_changed_bit_and_it_does_not_open(part: str) -> None:
    sealed = VAULT.encrypt(TOKEN, ROW)
    damaged = bytearray(getattr(sealed, part))
    damaged[0] ^= 1
    with pytest.raises(Conflict, match="повреждён"):
        VAULT.decrypt(sealed._replace(**{part: bytes(damaged)}), ROW)


def test_another_master_key_is_named_and_the_way_out_too() -> None:
    with pytest.raises(Conflict) as caught:
        OTHER.decrypt(VAULT.encrypt(TOKEN, ROW), ROW)
    said = str(caught.value)
    assert VAULT.key_id in said
    assert OTHER.key_id in said
    assert "подключите кабинет заново" in said


def test_a_lie_about_the_key_does_not_help() -> None:
    with pytest.raises(Conflict, match="повреждён"):
        OTHER.decrypt(VAULT.encrypt(TOKEN, ROW)._replace(key_id=OTHER.key_id), ROW)


def test_the_keys_name_tells_nothing_of_the_key() -> None:
    assert VAULT.key_id != OTHER.key_id
    assert VAULT.key.hex()[:8] not in VAULT.key_id
    assert len(VAULT.key_id) == 12


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    vault, made = open_vault(path)
    assert made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again, made_again = open_vault(path)
    assert (again, made_again) == (vault, False)
    assert again.decrypt(vault.encrypt(TOKEN, ROW), ROW) == TOKEN


def test_a_vault_does_not_show_its_key_in_a_log() -> None:
    assert repr(VAULT.key)[2:-1] not in repr(VAULT)


@pytest.mark.parametrize("content", ["", "not a key", "ab" * (KEY_BYTES - 1), "zz" * KEY_BYTES, "тайна"])
def test_a_file_that_is_no_key_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Conflict, match=r"master\.key не главный ключ"):
        open_vault(path)
    assert path.read_text(encoding="utf-8") == content


def test_a_key_file_of_bytes_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Conflict, match="не главный ключ"):
        open_vault(path)


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as starts:
        opened = list(starts.map(lambda _: open_vault(path), range(40)))
    assert len({vault.key for vault, _ in opened}) == 1
    assert [made for _, made in opened].count(True) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_seal_is_stored_as_three_columns() -> None:
    assert Sealed._fields == ("key_id", "nonce", "ciphertext")
