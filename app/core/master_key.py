"""Where master keys lie: the one that seals, the former one while it is being replaced, retired ones.

A key file holds 64 hexadecimal digits and is only its owner's to read. Every file appears whole or
not at all, so a rotation may be killed anywhere: what lies there then opens every token.
"""

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import Conflict, NotAllowed, NotFound

KEY_BYTES = 32


def name_key(key: bytes) -> str:
    """A name of the key that tells nothing of it: the start of its SHA-256."""
    return hashlib.sha256(b"ambar-key:" + key).hexdigest()[:12]


def read_key(path: Path) -> bytes:
    """The key in this file.

    Raises:
        NotFound: there is no such file. Conflict: it is not a key.
    """
    try:
        key = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        raise NotFound(f"Файла главного ключа {path} нет: верните его на место.") from None
    except PermissionError:
        raise NotAllowed(f"Файл главного ключа {path} нельзя прочитать: он другого пользователя.") from None
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Conflict(f"В файле {path} не главный ключ: нужны {KEY_BYTES * 2} шестнадцатеричных знака.")
    return key


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The files of one installation. ``current`` seals; ``old`` is there during a rotation."""

    current: Path
    old: Path

    def retired(self, key_id: str) -> Path:
        """Where a key waits to be destroyed once nothing is sealed with it."""
        return self.current.with_name(f"{self.current.name}.{key_id}")

    def find(self, key_id: str) -> bytes | None:
        """The key of this name, read from the disk now; None where no file holds it."""
        for path in (self.current, self.old, self.retired(key_id)):
            if path.exists() and name_key(key := read_key(path)) == key_id:
                return key
        return None

    def pending(self) -> bytes | None:
        """The former key, if a rotation has begun and is not finished."""
        if not self.old.exists():
            return None
        old = read_key(self.old)
        return None if old == read_key(self.current) else old

    def switch(self, new: bytes | None = None) -> None:
        """From here on a new key (made here unless given) seals and the current one becomes the old.

        Where that has happened already, and the rotation is not finished, nothing happens. Killed
        between its steps it leaves the former key current, and a new one that has sealed nothing.

        Raises:
            Conflict: the key given is the current one, or another rotation is not finished.
            NotAllowed: the folder is not ours to write into.
        """
        if self.pending() is not None:
            if new is not None and new != read_key(self.current):
                raise Conflict("Прошлая смена ключа не закончена: выполните ./ambar keys rotate без --new.")
            return
        current = read_key(self.current)
        if new == current:
            raise Conflict("Этот ключ уже главный: дайте другой.")
        draft = self.current.with_name(self.current.name + ".new")
        try:
            if new is not None or not draft.exists():
                _put(draft, new or secrets.token_bytes(KEY_BYTES), like=self.current)
            _put(self.old, current, like=self.current)
            os.replace(draft, self.current)
            _settle(self.current.parent)
        except OSError as error:
            raise NotAllowed(
                f"Не записать ключ в {self.current.parent}: {error.strerror}. Укажите в MASTER_KEY_FILE "
                "сам файл ключа (не копию, которую systemd даёт службе) и запустите от имени его владельца."
            ) from None

    def retire(self) -> Path | None:
        """The old key gives up its place; where it waits to be destroyed. None where there is none."""
        old = self.pending()
        if old is None:
            self.old.unlink(missing_ok=True)
            return None
        waits = self.retired(name_key(old))
        os.replace(self.old, waits)
        _settle(waits.parent)
        return waits


def make_key(path: Path) -> bool:
    """A new key, whole from the first moment it is there; False where another process was quicker.

    Bot and worker start together: one must not read what the other has half written.
    """
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
    try:
        _write(descriptor, secrets.token_bytes(KEY_BYTES))
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    _settle(path.parent)
    return True


def _put(path: Path, key: bytes, *, like: Path) -> None:
    """Write a key file; whoever may read ``like`` (a service's user, when root rotates) may read it."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        model = like.stat()
        if (model.st_uid, model.st_gid) != (os.geteuid(), os.getegid()) and os.geteuid() == 0:
            os.fchown(descriptor, model.st_uid, model.st_gid)
        os.fchmod(descriptor, model.st_mode & 0o777)
        _write(descriptor, key)
        os.replace(draft, path)
    except OSError:
        os.unlink(draft)
        raise
    _settle(path.parent)


def _write(descriptor: int, key: bytes) -> None:
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """A name is on the disk when its folder is: a power cut must not bring back the order of before."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
