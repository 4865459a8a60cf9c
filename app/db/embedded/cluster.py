"""One cluster's processes: create it, start its server, see whether it runs, stop it.

Callers hold the start lock of its home; nothing here decides who may stop a server.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from app.core.errors import Conflict, NotNow
from app.db.embedded.account import SYSTEM_USER, Account
from app.db.embedded.binaries import Binaries
from app.db.embedded.home import Home, private_to, socket_folder
from app.db.embedded.locks import open_private

SUPERUSER = "postgres"
PORT = 5432  # only the socket's name; and PGPORT of the caller's environment must not change it

_START_SECONDS = 300.0  # recovery after a crash replays up to max_wal_size
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.02
_LOG_LIMIT_BYTES = 10_000_000

_SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "max_connections": 200,
    "shared_buffers": "128MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "max_locks_per_transaction": 128,  # monthly partitions: one query locks dozens
    "wal_level": "minimal",  # nobody replicates; COPY into a new table skips the log
    "max_wal_senders": 0,
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # The log goes by hand to whoever helps: no statements, no row values, hence no secrets in it.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, the user its server runs as, and the programs to do it with."""

    home: Home
    account: Account
    programs: Binaries

    def check_version(self) -> None:
        """Refuse data of another major version, which the programs could not read. Reads one file."""
        path = self.home.pgdata / "PG_VERSION"
        try:
            theirs = path.read_text().strip()
        except FileNotFoundError:
            raise Conflict(
                f"В папке {self.home.pgdata} нет файла PG_VERSION: это не база PostgreSQL или она "
                "повреждена. Восстановите копию или укажите другую папку в AMBAR_DATA."
            ) from None
        if theirs != self.programs.major:
            raise Conflict(
                f"База в папке {self.home.pgdata} создана PostgreSQL {theirs}, а с этим Ambar идёт "
                f"PostgreSQL {self.programs.major}. Прежней версией Ambar сделайте копию "
                "(./ambar backup) и этой восстановите её (./ambar restore) в новую папку AMBAR_DATA, "
                f"или укажите в DATABASE_URL сервер PostgreSQL {theirs}."
            )

    def create(self, *, sync: bool) -> None:
        """Run initdb aside and put the result in place whole: an interrupted one leaves no trace."""
        unfinished = self.home.path / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.account.foreign:
            os.chown(unfinished, self.account.uid, self.account.gid)
        password = secrets.token_urlsafe(24)
        _write_private(self.home.password_file, password)
        with self._password_for_initdb(password) as password_file:
            # libc's C.UTF-8 by name: with LANG unset initdb would take C, where lower(), ILIKE,
            # trigrams and full text do not know Cyrillic.
            command: list[str | Path] = [
                *(self.programs.program("initdb"), "-D", unfinished, "-U", SUPERUSER),
                *("--auth=scram-sha-256", f"--pwfile={password_file}"),
                *("--encoding=UTF8", "--locale-provider=libc", "--locale=C.UTF-8"),
                *([] if sync else ["--no-sync"]),
                "--no-instructions",
            ]
            done = self.account.run(command)
        if done.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise NotNow(f"PostgreSQL не смог создать базу в {self.home.path}: {_last_line(done.stderr)}")
        unfinished.rename(self.home.pgdata)

    def start(self, *, fast: bool) -> subprocess.Popen[bytes] | None:
        """Start the server unless it runs, and return when it answers: our new child, if it is one."""
        deadline = time.monotonic() + _START_SECONDS
        while self.processes() and time.monotonic() < deadline:
            if self.answers():
                return None
            time.sleep(_POLL_SECONDS)  # starting, recovering or on its way out
        self._check_way_in()
        self._clear_stale_pid_file()
        server = self._launch(fast=fast)
        while not self.answers():
            if server.poll() is not None:
                raise NotNow(
                    f"Встроенный PostgreSQL не запустился: {self._complaint()} Журнал: {self.home.log_file}"
                )
            if time.monotonic() > deadline:
                let_run(server)
                raise NotNow(f"Встроенный PostgreSQL долго не отвечает. Журнал: {self.home.log_file}")
            time.sleep(_POLL_SECONDS)
        return server

    def stop(self) -> None:
        """Stop the server: politely, then at once (it recovers when started next)."""
        folder = self.socket_folder()
        for sent, patience in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10.0)):
            running = self.processes()
            # The postmaster is the one whose parent is none of them. A number from a file is not
            # signalled: it may have become anybody's.
            for pid in running:
                with contextlib.suppress(OSError):
                    if _parent(pid) not in running:
                        os.kill(pid, sent)
            deadline = time.monotonic() + patience
            while self.processes():
                if time.monotonic() > deadline:
                    break
                time.sleep(_POLL_SECONDS)
            else:
                break
        if folder is not None:
            with contextlib.suppress(OSError):
                folder.rmdir()  # empty after a polite stop

    def answers(self) -> bool:
        """Whether a connection succeeds: the one meaning of "running"."""
        if self.socket_folder() is None:
            return False
        try:
            psycopg2.connect(**self.connection("postgres"), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def connection(self, database: str) -> dict[str, Any]:
        """Keyword arguments of ``psycopg2.connect`` for the superuser."""
        return {
            "host": str(self.socket_folder()),
            "port": PORT,
            "user": SUPERUSER,
            "password": self.password(),
            "dbname": database,
        }

    def password(self) -> str:
        try:
            return self.home.password_file.read_text().strip()
        except OSError as error:
            raise Conflict(
                f"Пароль базы не прочесть: {self.home.password_file} ({error.strerror}). "
                "Верните файл из копии."
            ) from error

    def socket_folder(self) -> Path | None:
        """Where the server that runs listens: from its own pid file, so that all agree on it."""
        folder = self._pid_file()[1]
        return folder if folder is not None and private_to(folder, self.account) else None

    def processes(self) -> set[int]:
        """The processes of this cluster's server: named postgres, working in its folder."""
        try:
            ours = self.home.pgdata.stat()
        except FileNotFoundError:
            return set()
        found = set()
        for entry in os.listdir("/proc"):
            if entry.isdecimal():
                # Gone meanwhile, a zombie, or another user's: not ours.
                with contextlib.suppress(OSError):
                    if os.path.samestat(os.stat(f"/proc/{entry}/cwd"), ours):
                        named = Path(f"/proc/{entry}/comm").read_text().strip()
                        found |= {int(entry)} if named == "postgres" else set()
        return found

    def _launch(self, *, fast: bool) -> subprocess.Popen[bytes]:
        folder = socket_folder(self.home, self.account)
        for leftover in folder.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)
        settings = _SETTINGS | {"unix_socket_directories": folder} | (_FAST if fast else {})
        if _small_shared_memory():
            settings["max_parallel_workers_per_gather"] = 0
        command = [str(self.programs.program("postgres")), "-D", str(self.home.pgdata)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with contextlib.suppress(FileNotFoundError):
            if self.home.log_file.stat().st_size > _LOG_LIMIT_BYTES:
                self.home.log_file.rename(self.home.log_file.with_suffix(".log.1"))
        log = open_private(self.home.log_file, os.O_WRONLY | os.O_APPEND)
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
                **self.account.popen_options(),
            )
        finally:
            os.close(log)

    def _check_way_in(self) -> None:
        """An existing cluster may have been moved or given away since its server last ran."""
        if self.account.uid == 0:
            raise Conflict(
                f"Файлы базы в {self.home.pgdata} принадлежат root, а PostgreSQL от root не работает. "
                f"Верните их прежнему владельцу, например: chown -R {SYSTEM_USER}: '{self.home.pgdata}'"
            )
        if self.account.foreign and not self.account.can_enter(self.home.pgdata):
            raise Conflict(
                f"Пользователю с номером {self.account.uid}, от которого работает PostgreSQL, не войти в "
                f"{self.home.pgdata}: закрыта одна из папок на пути. Откройте её (chmod o+x) или укажите "
                "другую папку в AMBAR_DATA."
            )

    def _clear_stale_pid_file(self) -> None:
        """Remove a pid file whose number now belongs to somebody else, or that is cut short.

        PostgreSQL itself overrules one with a dead number, but believes any living process of its
        user, and a zombie, to be its postmaster. None of this cluster is left when this is called.
        """
        pid, _ = self._pid_file()
        if pid == 0 or Path(f"/proc/{pid}").exists():
            (self.home.pgdata / "postmaster.pid").unlink(missing_ok=True)

    def _pid_file(self) -> tuple[int, Path | None]:
        """The number (0: unreadable) and the socket's folder that ``postmaster.pid`` tells."""
        try:
            lines = (self.home.pgdata / "postmaster.pid").read_text(errors="replace").splitlines()
        except OSError:
            return 0, None
        pid = int(lines[0]) if lines and lines[0].isdecimal() else 0
        return pid, Path(lines[4]) if len(lines) > 4 and lines[4].startswith("/") else None

    @contextlib.contextmanager
    def _password_for_initdb(self, password: str) -> Iterator[Path]:
        """A password file that the server's user can read, for as long as initdb needs it."""
        if not self.account.foreign:
            yield self.home.password_file
            return
        path = self.home.path / "initdb.password"
        try:
            _write_private(path, password, self.account)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _complaint(self) -> str:
        lines = self.home.log_file.read_text(errors="replace").splitlines()
        fatal = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
        return (fatal or lines[-1:] or ["без объяснений."])[-1].strip()


def let_run(server: subprocess.Popen[bytes]) -> None:
    """Part from a child that others still use: Popen would complain of one left running."""
    server.returncode = 0


def _write_private(path: Path, text: str, reader: Account | None = None) -> None:
    descriptor = open_private(path, os.O_WRONLY | os.O_TRUNC)
    try:
        if reader is not None:
            os.fchown(descriptor, reader.uid, reader.gid)
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])


def _small_shared_memory() -> bool:
    """Docker gives /dev/shm 64 MB, where a parallel hash join fails for want of space."""
    try:
        room = os.statvfs("/dev/shm")
    except OSError:
        return True
    return room.f_frsize * room.f_blocks < 512 * 1024 * 1024


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line or "FATAL" in line]
    return (errors or lines or ["без объяснений"])[-1]
