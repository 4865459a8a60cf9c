"""A real pgbouncer in transaction mode before the run's server, on a socket of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import URL

PORT = 6432
SESSIONS = 3
"""Fewer than any pool of ours: transactions of many clients meet in the same sessions all the time."""


def program() -> str:
    """Where pgbouncer is; the test is skipped, loudly, where it is not."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("НЕТ PGBOUNCER: работа за ним не проверена (apt-get install pgbouncer)")
    return found


@contextmanager
def bouncer(server: URL, logins: Mapping[str, str], sessions: int = SESSIONS) -> Iterator[URL]:
    """The same server through pgbouncer: ``server``'s URL with another host, port and no login.

    It refuses to run as root, and the server's socket folder is shut to others: it runs as whoever
    owns that folder.
    """
    command = program()
    behind = str(server.query.get("host") or server.host)
    folder = Path(tempfile.mkdtemp(prefix="ambar-bouncer-"))
    owner = _owner(behind)
    (folder / "users.txt").write_text("".join(f'"{name}" "{word}"\n' for name, word in logins.items()))
    (folder / "pgbouncer.ini").write_text(
        f"""
[databases]
* = host={behind} port={server.query.get("port") or server.port or 5432}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {PORT}
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 300
query_wait_timeout = 30
log_connections = 0
log_disconnections = 0
"""
    )
    for path in (folder, *folder.iterdir()):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.chown(path, *owner)
    log = (folder.with_name(folder.name + ".log")).open("wb")
    as_owner = {"user": owner[0], "group": owner[1], "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen(
        [command, str(folder / "pgbouncer.ini")], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **as_owner
    )
    try:
        through = server.set(
            host=None, port=None, query={"host": str(folder), "port": str(PORT)}, username=None, password=None
        )
        _wait(process, folder, Path(log.name), logins)
        yield through
    finally:
        process.terminate()
        process.wait(10)
        log.close()
        Path(log.name).unlink()
        shutil.rmtree(folder)


def _owner(behind: str) -> tuple[int, int]:
    """Whose socket folder it is; before a server on the net anybody but root will do."""
    if behind.startswith("/"):
        found = os.stat(behind)
        return found.st_uid, found.st_gid
    return (65534, 65534) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def _wait(process: "subprocess.Popen[bytes]", folder: Path, log: Path, logins: Mapping[str, str]) -> None:
    end = time.monotonic() + 10
    name, word = next(iter(logins.items()))
    while True:
        try:
            psycopg2.connect(host=str(folder), port=PORT, user=name, password=word, dbname="postgres").close()
            return
        except psycopg2.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(log.read_text(errors="replace")) from None
            time.sleep(0.02)
