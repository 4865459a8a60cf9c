"""The processes of a night, and a killer among them.

Stands in for systemd: what dies is started again at once, whatever it died of. All are children of one server
that has imported the program and does nothing with it: a storm is about deaths, and has many births.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from sqlalchemy import text

from app.cli import main
from app.core.paths import repo_root
from tests.support.databases import superuser

READY = {"worker": b"worker_started", "relay": b"relay_started"}
LEASE_SECONDS = 3
LOOK_EVERY = 0.02


@cache
def _nursery() -> ForkServerContext:
    """Where the processes are born."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["app.cli.processes", "app.bot.serve", __name__])
    return context


def _live(command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
    """What ``python -m app`` does, in a process that was just born."""
    os.setsid()
    os.chdir(repo_root())
    out = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ambar", *command]
    main()


@dataclass(slots=True)
class Member:
    """One process under a name of its own: ``worker-a`` runs ``ambar worker``."""

    name: str
    command: tuple[str, ...]
    log: Path
    process: ForkServerProcess | None = None
    started_at: int = 0
    is_frozen: bool = False

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    @property
    def is_up(self) -> bool:
        """It has said that it works, since it was last started."""
        with self.log.open("rb") as written:
            written.seek(self.started_at)
            return READY[self.command[0]] in written.read()


@dataclass(slots=True)
class Household:
    """Start, look after, hurt. ``async with`` it; whatever is left at the end is killed."""

    environment: dict[str, str]
    folder: Path
    members: list[Member] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)
    _closing: bool = False

    def add(self, name: str, *command: str) -> None:
        log = self.folder / f"{name}.log"
        log.touch()
        member = Member(name, command, log)
        self.members.append(member)
        self._keepers.append(asyncio.create_task(self._keep(member)))

    async def __aenter__(self) -> "Household":
        return self

    async def __aexit__(self, *error: object) -> None:
        self._closing = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for member in self.members:
            if member.process is not None:
                member.process.kill()
                await asyncio.to_thread(member.process.join)
                member.process.close()

    async def _keep(self, member: Member) -> None:
        home = self.folder / member.name
        home.mkdir(exist_ok=True)
        while not self._closing:
            member.started_at = member.log.stat().st_size
            environment = {
                **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "NOTIFY"))},
                **self.environment,
                "AMBAR_DATA": str(home),
                "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
                "OUTBOX_POLL_INTERVAL_MS": "100",
                "WEB_PORT": "0",
            }
            member.process = _nursery().Process(target=_live, args=(member.command, environment, member.log))
            member.process.start()
            while (code := member.process.exitcode) is None:
                await asyncio.sleep(LOOK_EVERY)
            if not self._closing and code != -signal.SIGKILL:
                raise AssertionError(f"{member.name} ended by itself ({code}): {self.told(member)}")

    def check(self) -> None:
        """Raises what went wrong with somebody who died of anything but us."""
        for keeper in self._keepers:
            if keeper.done():
                keeper.result()

    def told(self, member: Member) -> str:
        """The end of its log."""
        return member.log.read_bytes()[-2000:].decode(errors="replace")

    async def kill(self, member: Member) -> None:
        assert member.process is not None
        if member.is_alive:
            self.deaths[member.command[0]] += 1
            member.process.kill()

    async def freeze(self, member: Member, seconds: float) -> None:
        """It stands still longer than its lease, and goes on in the belief that nothing has happened."""
        assert member.process is not None
        process = member.process
        if not process.is_alive():
            return
        self.deaths["frozen"] += 1
        member.is_frozen = True
        os.kill(process.pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        if member.process is process and process.is_alive():
            os.kill(process.pid, signal.SIGCONT)
        member.is_frozen = False


async def cut_connections(admin_url: str, chance: random.Random) -> None:
    """Some of the database's connections are gone."""

    def cut() -> None:
        with superuser(admin_url) as connection:
            pids = connection.execute(
                text(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND usename <> current_user"
                )
            ).scalars()
            for pid in [pid for pid in pids if chance.random() < 0.5]:
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    await asyncio.to_thread(cut)
