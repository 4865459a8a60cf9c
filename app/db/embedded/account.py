"""As whom the server runs: PostgreSQL refuses to run as root, so root hands it to a system user."""

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import Conflict
from app.db.embedded.locks import locked

SYSTEM_ROOT = Path("/var/lib/ambar")
"""Root's own place for the embedded server: binaries, sockets, clusters of unreachable folders."""

SYSTEM_USER = "ambar"
_STAND_INS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The user the server's processes belong to."""

    uid: int
    gid: int

    @property
    def foreign(self) -> bool:
        """Whether that is somebody else than this process (we are root, it is not)."""
        return self.uid != os.geteuid()

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments for ``subprocess`` that make the child run as this user."""
        options: dict[str, Any] = {"cwd": "/", "umask": 0o077, "env": _server_environment()}
        if self.foreign:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a command as this user; its output is captured, its exit status is the caller's."""
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **self.popen_options(),
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can reach the folder. Asked of the kernel: ACLs count, not only modes."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0


def _server_environment() -> Mapping[str, str]:
    """Nothing of the caller's: PGPORT, PGOPTIONS or a missing LANG must not change the server."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def am_root() -> bool:
    return os.geteuid() == 0


@contextlib.contextmanager
def system_root() -> Iterator[Path]:
    """Root's place, made if missing, locked against another root process doing the same."""
    try:
        SYSTEM_ROOT.mkdir(parents=True, exist_ok=True)
        SYSTEM_ROOT.chmod(0o755)  # ours; a umask of 077 would shut the server's user out
    except OSError as error:
        raise Conflict(
            f"От имени root встроенному PostgreSQL нужна папка {SYSTEM_ROOT}, а создать её нельзя: "
            f"{error.strerror}. Запустите от обычного пользователя или укажите DATABASE_URL."
        ) from error
    with locked(SYSTEM_ROOT / "install.lock"):
        yield SYSTEM_ROOT


def account_for_new_cluster() -> Account:
    """Ourselves, or for root the system user, created on first use."""
    if not am_root():
        return Account(os.geteuid(), os.getegid())
    with system_root():
        user = _find(SYSTEM_USER) or _create() or next(filter(None, map(_find, _STAND_INS)), None)
    if user is None:
        raise Conflict(
            "PostgreSQL не работает от имени root, а завести системного пользователя не удалось. "
            f"Выполните «useradd --system {SYSTEM_USER}» или запустите Ambar от обычного пользователя."
        )
    account = Account(user.pw_uid, user.pw_gid)
    try:
        account.run(["/bin/true"])
    except (OSError, subprocess.SubprocessError) as error:  # a container's root without CAP_SETUID
        raise Conflict(
            f"PostgreSQL не работает от имени root, а стать пользователем {user.pw_name} система не даёт. "
            "Запустите Ambar от обычного пользователя или укажите DATABASE_URL."
        ) from error
    return account


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    """Create the system user with whichever tool the machine has; None where that is refused."""
    home, shell = str(SYSTEM_ROOT), "/usr/sbin/nologin"
    useradd = ["--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", shell]
    adduser = ["--system", "--group", "--no-create-home", "--home", home, "--shell", shell]
    for tool, options in (("useradd", useradd), ("adduser", adduser)):
        # sbin is not on everybody's PATH: su without a dash keeps the ordinary user's.
        found = shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if found is not None:
            subprocess.run([found, *options, SYSTEM_USER], capture_output=True, check=False)
            if user := _find(SYSTEM_USER):
                return user
    return None
