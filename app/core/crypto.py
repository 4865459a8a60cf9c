"""Secrets at rest: AES-256-GCM with the row's identity as associated data.

The associated data binds a ciphertext to its row: copied into another tenant's row it does not
open. ``key_id`` names the master key, so that keys can be rotated.
"""

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.errors import Conflict

KEY_BYTES = 32
NONCE_BYTES = 12


class Sealed(NamedTuple):
    """An encrypted secret and which key sealed it."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens with one master key of 32 bytes."""

    key: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """A name of the key that tells nothing of it: the start of its SHA-256."""
        return hashlib.sha256(b"ambar-key:" + self.key).hexdigest()[:12]

    def encrypt(self, plaintext: bytes, aad: bytes) -> Sealed:
        """Seal under a fresh random nonce."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(self.key_id, nonce, AESGCM(self.key).encrypt(nonce, plaintext, aad))

    def decrypt(self, sealed: Sealed, aad: bytes) -> bytes:
        """Open what ``encrypt`` sealed with the same associated data.

        Raises:
            Conflict: another master key, or the row is not the one it was sealed for.
        """
        if sealed.key_id != self.key_id:
            raise Conflict(
                f"Токен зашифрован другим главным ключом ({sealed.key_id}, сейчас {self.key_id}). "
                "Верните прежний master.key или подключите кабинет заново."
            )
        try:
            return AESGCM(self.key).decrypt(sealed.nonce, sealed.ciphertext, aad)
        except InvalidTag:
            raise Conflict("Зашифрованный токен повреждён или взят из чужой строки.") from None


def open_vault(path: Path) -> tuple[Vault, bool]:
    """The vault of the master key in ``path``, made (mode 0600) if there is none; was it made now?

    Raises:
        Conflict: the file is not a key.
    """
    made = not path.exists() and _make_key(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Conflict(f"В файле {path} не главный ключ: нужны {KEY_BYTES * 2} шестнадцатеричных знака.")
    return Vault(key), made


def _make_key(path: Path) -> bool:
    """A new key, whole from the first moment it is there; False where another process was quicker.

    Bot and worker start together: one must not read what the other has half written.
    """
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True
