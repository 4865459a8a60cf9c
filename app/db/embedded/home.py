"""Where one cluster lies: beside the asked data folder, or, for root, where its user can go."""

import hashlib
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import Conflict
from app.core.paths import cluster_dir
from app.db.embedded.account import SYSTEM_ROOT, Account, am_root, system_root

_SIGNPOST = "postgres-location.txt"
_SOCKET_NAME_LIMIT = 80
"""Of the 107 bytes of a socket's path, what its folder may take; the rest is ``/.s.PGSQL.5432``."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one cluster. It belongs to whoever starts Ambar, ``data`` to the server's user."""

    path: Path

    @property
    def pgdata(self) -> Path:
        return self.path / "data"

    @property
    def password_file(self) -> Path:
        return self.path / "superuser.password"

    @property
    def log_file(self) -> Path:
        return self.path / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held while the server is being started or stopped."""
        return self.path / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by everybody who uses the server."""
        return self.path / "users.lock"

    @property
    def asked_for(self) -> Path:
        """Names the data folder of a cluster that lies elsewhere."""
        return self.path / "asked-for.txt"

    def has_cluster(self) -> bool:
        return self.pgdata.is_dir()

    def digest(self) -> str:
        return _digest(self.path)


def find_home(data: Path) -> Home | None:
    """The cluster that this data folder already has.

    An existing one wins over where a new one would go: a folder that became reachable, or was
    moved, must not seem empty.
    """
    inside = Home(cluster_dir(data))
    try:
        if inside.path.is_dir() and inside.path.stat().st_uid != os.geteuid() and not am_root():
            raise _taken(data)
        if inside.has_cluster():
            return inside
        elsewhere = _signposted(data)
    except PermissionError:
        raise _taken(data) from None
    if elsewhere is None:
        return None
    if not am_root():
        raise _taken(data)
    return elsewhere


def make_home(data: Path, account: Account) -> Home:
    """A place for a new cluster that ``account`` can reach. Made twice at once it is the same one."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise Conflict(f"AMBAR_DATA должна быть папкой, а это файл: {data}") from error
    except OSError as error:
        raise Conflict(
            f"Папку данных {data} не создать: {error.strerror}. Укажите другую в AMBAR_DATA."
        ) from error
    inside = Home(cluster_dir(data))
    if account.foreign and not account.can_enter(data):
        return _make_elsewhere(data)
    try:
        inside.path.mkdir(mode=0o711 if account.foreign else 0o700, exist_ok=True)
        if account.foreign:
            inside.path.chmod(0o711)  # despite a umask of 077: the server's user passes, but lists nothing
    except OSError as error:
        raise Conflict(
            f"В папку данных {data} не записать: {error.strerror}. Укажите другую в AMBAR_DATA."
        ) from error
    return inside


def remove_home(home: Home, data: Path) -> None:
    """Delete a cluster whose server is stopped, and what points to it. The data folder stays."""
    shutil.rmtree(home.path)
    (data / _SIGNPOST).unlink(missing_ok=True)


def _make_elsewhere(data: Path) -> Home:
    with system_root() as root:
        home = Home(root / "clusters" / _digest(data))
        for folder in (home.path.parent, home.path):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o711)
        home.asked_for.write_bytes(os.fsencode(data))
        (data / _SIGNPOST).write_text(
            f"{home.path}\n\nБаза этой папки данных лежит там: Ambar запущен от root, PostgreSQL работает\n"
            "от системного пользователя, а в эту папку ему не войти. Чужих прав доступа Ambar не меняет.\n",
            encoding="utf-8",
            errors="surrogateescape",
        )
    return home


def _signposted(data: Path) -> Home | None:
    """The cluster elsewhere that a signpost in the folder names.

    Only the name is believed: whoever can write the signpost must not send root anywhere else.
    """
    try:
        line = (data / _SIGNPOST).read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except (FileNotFoundError, NotADirectoryError):
        return None
    name = line.rpartition("/")[2]
    if not re.fullmatch(r"[0-9a-f]{12}", name):
        return None
    home = Home(SYSTEM_ROOT / "clusters" / name)
    if not am_root() or not home.has_cluster():
        return home if not am_root() else None
    first = Path(os.fsdecode(home.asked_for.read_bytes()))
    if first != data:
        if (first / _SIGNPOST).exists():
            raise Conflict(
                f"Папка {data} — копия {first}, а база у них общая: {home.path}. "
                "Для копии данных есть команды backup и restore; укажите другую папку в AMBAR_DATA."
            )
        home.asked_for.write_bytes(os.fsencode(data))  # the folder was moved, and its cluster with it
    return home


def socket_folder(home: Home, account: Account) -> Path:
    """A short folder that only the server's user may enter, made if missing.

    Short, because a socket's path has 107 bytes and a data folder any number. A folder that
    somebody else put under our name is left alone, and the next name is tried.
    """
    for base, name in _socket_bases(home):
        for suffix in ("", "-2", "-3", "-4", "-5"):
            folder = base / f"{name}{suffix}"
            if len(os.fsencode(folder)) > _SOCKET_NAME_LIMIT:
                continue
            try:
                folder.mkdir(mode=0o700)
                if account.foreign:
                    os.chown(folder, account.uid, account.gid)
            except FileExistsError:
                pass
            except OSError:
                break
            if private_to(folder, account):
                return folder
    raise Conflict("Негде создать сокет PostgreSQL: в /tmp не записать. Укажите свой сервер в DATABASE_URL.")


def _socket_bases(home: Home) -> list[tuple[Path, str]]:
    if am_root():
        with system_root() as root:
            run = root / "run"
            run.mkdir(exist_ok=True)
            run.chmod(0o755)
        return [(run, home.digest())]
    # Not XDG_RUNTIME_DIR first: it goes away with the session, and a server must outlive that.
    places = [os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0], "/tmp"]
    places += [os.environ.get("XDG_RUNTIME_DIR", ""), "/var/tmp"]
    return [(Path(place), f"ambar-{os.geteuid()}-{home.digest()}") for place in places if place]


def private_to(folder: Path, account: Account) -> bool:
    """Whether the folder is a real one, the account's own, and shut to everybody else."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and not found.st_mode & 0o077


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _taken(data: Path) -> Conflict:
    return Conflict(
        f"Папка данных {data} занята: база в ней принадлежит другому пользователю. "
        "Запустите Ambar от его имени или укажите другую папку в AMBAR_DATA."
    )
