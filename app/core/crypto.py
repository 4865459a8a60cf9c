"""Secrets at rest: AES-256-GCM with the row's identity as associated data.

The associated data binds a ciphertext to its row: copied into another tenant's row it does not
open. ``key_id`` names the master key, so that keys can be rotated while processes run.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.errors import Conflict
from app.core.master_key import KEY_BYTES, KeyFiles, make_key, name_key, read_key

__all__ = ["KEY_BYTES", "NONCE_BYTES", "Sealed", "Vault", "open_vault"]

NONCE_BYTES = 12


class Sealed(NamedTuple):
    """An encrypted secret and which key sealed it."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals with the current master key of 32 bytes, opens with whichever key sealed.

    With ``files`` a process follows a rotation without a restart: what it read at its start is only
    where it looks first. A vault without files knows one key.
    """

    key: bytes = field(repr=False)
    files: KeyFiles | None = None

    @property
    def key_id(self) -> str:
        """The name of the key that was current when the vault was opened."""
        return name_key(self.key)

    def encrypt(self, plaintext: bytes, aad: bytes) -> Sealed:
        """Seal under a fresh random nonce with the key that is current now.

        The file is read each time: a token sealed from memory with a key that was replaced since
        would be lost with that key.
        """
        key = self.key if self.files is None else read_key(self.files.current)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(name_key(key), nonce, AESGCM(key).encrypt(nonce, plaintext, aad))

    def decrypt(self, sealed: Sealed, aad: bytes) -> bytes:
        """Open what ``encrypt`` sealed with the same associated data.

        Raises:
            Conflict: another master key, or the row is not the one it was sealed for.
        """
        key = self.key if sealed.key_id == self.key_id else self._find(sealed.key_id)
        try:
            return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, aad)
        except InvalidTag:
            raise Conflict("Зашифрованный токен повреждён или взят из чужой строки.") from None

    def _find(self, key_id: str) -> bytes:
        key = self.files.find(key_id) if self.files is not None else None
        if key is None:
            raise Conflict(
                f"Токен зашифрован другим главным ключом ({key_id}, сейчас {self.key_id}). "
                "Верните прежний master.key или подключите кабинет заново."
            )
        return key


def open_vault(path: Path, old: Path | None = None) -> tuple[Vault, bool]:
    """The vault of the master key in ``path``, made (mode 0600) if there is none; was it made now?

    ``old`` is where the former key lies during a rotation; by default beside ``path``.

    Raises:
        Conflict: the file is not a key.
    """
    made = not path.exists() and make_key(path)
    return Vault(read_key(path), KeyFiles(path, old or path.with_name(path.name + ".old"))), made
