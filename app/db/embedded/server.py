"""The embedded server as the rest of Ambar sees it: enter, take a URL, leave."""

import atexit
import contextlib
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg2
from psycopg2 import errors, sql
from sqlalchemy import URL

from app.core.errors import Conflict
from app.db.embedded.account import Account, account_for_new_cluster
from app.db.embedded.binaries import binaries
from app.db.embedded.cluster import PORT, SUPERUSER, Cluster, let_run
from app.db.embedded.home import find_home, make_home, remove_home
from app.db.embedded.locks import hold_shared, locked, only_holder


class EmbeddedServer:
    """A use of the PostgreSQL whose data lie in ``data``.

    The first user starts the server, others attach, the last to leave stops it, whoever that is.
    A user ends with ``release``, with the ``with`` block, with the interpreter, or by a kill.
    ``fast`` gives up safety after a power cut: for tests only, and only if this user starts it.
    """

    def __init__(self, data: Path, *, fast: bool = False) -> None:
        self._data = data.absolute().resolve()
        self._fast = fast
        self._cluster: Cluster | None = None
        self._held: int | None = None
        self._process = 0
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @property
    def data(self) -> Path:
        """The data folder asked for (the cluster itself may lie elsewhere for root)."""
        return self._data

    @property
    def bin_dir(self) -> Path:
        """PostgreSQL's own programs of the server's version: psql, pg_dump, pg_restore and more."""
        return self._started().programs.bin_dir

    def start(self) -> None:
        """Attach to the server, starting it if it does not run; again, if it died meanwhile.

        Raises Conflict (the folder is taken, not writable, or of another major version) or
        NotNow (the server would not start), each with the sentence to show.
        """
        programs = binaries()
        home = find_home(self._data)
        if home is None:
            account = account_for_new_cluster()
            home = make_home(self._data, account)
        else:
            owner = home.pgdata.stat()
            account = Account(owner.st_uid, owner.st_gid)
        cluster = Cluster(home, account, programs)
        with locked(home.start_lock):
            if home.has_cluster():
                cluster.check_version()
            else:
                cluster.create(sync=not self._fast)
            if self._held is None:
                self._held = hold_shared(home.users_lock)
                self._process = os.getpid()
                atexit.register(self.release)
            self._cluster = cluster
            try:
                self._adopt(cluster.start(fast=self._fast))
            except BaseException:
                self._let_go()
                raise

    def _adopt(self, child: subprocess.Popen[bytes] | None) -> None:
        if child is not None:
            self._reap()
            self._child = child

    def _reap(self) -> None:
        """Take note of our child's end, so that no zombie of it stays."""
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=5)

    def release(self) -> None:
        """Stop using the server; the last user stops it. A second call does nothing.

        Nor does a call in a forked child, which shares the lock but is not the user.
        """
        if self._held is None or self._process != os.getpid():
            return
        cluster = self._started()
        try:
            with locked(cluster.home.start_lock):
                if only_holder(self._held):
                    self._stop(cluster)
        finally:
            self._let_go()

    def destroy(self) -> None:
        """Stop the server and delete its data for good: a fresh demo, a test that cleans up.

        Raises Conflict while another process uses them; then this one stops using them all the same.
        """
        cluster = self._started()
        assert self._held is not None
        try:
            with locked(cluster.home.start_lock):
                if not only_holder(self._held):
                    raise Conflict("Базой пользуется другой процесс Ambar: закройте его и повторите.")
                self._stop(cluster)
                remove_home(cluster.home, self._data)
        finally:
            self._let_go()

    def _stop(self, cluster: Cluster) -> None:
        cluster.stop()
        self._reap()

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
        if self._child is not None and self._child.returncode is None:
            let_run(self._child)
        self._held = self._cluster = self._child = None
        atexit.unregister(self.release)

    def url(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """A SQLAlchemy URL through the socket. The superuser's password is known, others' is asked for."""
        cluster = self._started()
        if password is None and user == SUPERUSER:
            password = cluster.password()
        return URL.create(
            "postgresql+psycopg2",
            username=user,
            password=password,
            database=database,
            query={"host": str(cluster.socket_folder()), "port": str(PORT)},
        ).render_as_string(hide_password=False)

    def _started(self) -> Cluster:
        if self._cluster is None:
            raise RuntimeError("the embedded server is not started")
        return self._cluster


def ensure_database(server: EmbeddedServer, name: str) -> None:
    """Create the database if it is missing, with a locale that knows Cyrillic whatever LANG is."""
    cluster = server._started()
    connection = psycopg2.connect(**cluster.connection("postgres"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL(
                        "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' "
                        "LOCALE_PROVIDER libc LOCALE 'C.UTF-8'"
                    ).format(sql.Identifier(name))
                )
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        pass  # another process was quicker
    finally:
        connection.close()
