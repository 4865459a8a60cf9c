"""What a check is given and what it says."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection

from app.core.clock import Clock, SystemClock
from app.core.config import Settings
from app.core.master_key import KeyFiles
from app.core.paths import repo_root
from app.db.session import Database


class Level(StrEnum):
    """How bad it is: nothing to do, worth a look, does not work (or will not for long)."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """A Russian sentence; ``remedy`` is what to run or to write, exactly, or None."""

    level: Level
    said: str
    remedy: str | None = None
    check: str = ""


def ok(said: str) -> Finding:
    """As it should be."""
    return Finding(Level.OK, said)


def warn(said: str, remedy: str | None) -> Finding:
    """Works, but not for ever."""
    return Finding(Level.WARN, said, remedy)


def bad(said: str, remedy: str | None) -> Finding:
    """Does not work, or stops soon."""
    return Finding(Level.BAD, said, remedy)


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of a file system."""

    total: int
    free: int


def space_of(path: Path) -> Space:
    """Of the file system that the path is, or would be, on."""
    while not path.exists():
        path = path.parent
    usage = shutil.disk_usage(path)
    return Space(usage.total, usage.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What can be looked at without a database. ``clock`` is the machine's."""

    settings: Settings
    data: Path
    keys: KeyFiles
    clock: Clock = field(default_factory=SystemClock)
    requirements: Path = field(default_factory=lambda: repo_root() / "requirements.txt")
    space: Callable[[Path], Space] = space_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """The house with its database: the administrator's connection, and the application's door."""

    house: House
    admin: Connection
    db: Database
    is_embedded: bool


HouseCheck: TypeAlias = "Callable[[House], list[Finding]]"
WardCheck: TypeAlias = "Callable[[Ward], list[Finding]]"


def days(count: int) -> str:
    """«1 день», «3 дня», «12 дней»."""
    if count % 10 == 1 and count % 100 != 11:
        return f"{count} день"
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return f"{count} дня"
    return f"{count} дней"
