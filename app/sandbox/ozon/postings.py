"""Postings: how orders of the log are numbered, by which scheme each goes, and how far it has come."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import FBS, NEVER, RFBS, Lines
from app.sandbox.world import MOSCOW, World

TAKEN_INTO_WORK = 300
"""Seconds from the order to the seller's seeing it."""


def schemes(lines: Lines) -> list[str]:
    """The scheme of each line: "FBO", "FBS" or "RFBS"."""
    return ["FBS" if flag & FBS else "RFBS" if flag & RFBS else "FBO" for flag in lines["flags"].tolist()]


def numbers(lines: Lines) -> list[str]:
    """The posting of each line; its order's number is the same without the last part."""
    days, firsts = lines["day"].tolist(), lines["posting"].tolist()
    return [f"{80_000_000 + first}-{1_000 + day}-1" for day, first in zip(days, firsts, strict=True)]


def spans(lines: Lines) -> Iterator[tuple[int, int]]:
    """Where the postings of lines begin and end; lines of one stand together."""
    posting = lines["day"].astype(np.int64) * (1 << 32) + lines["posting"]
    starts = np.flatnonzero(np.diff(posting, prepend=-1)).tolist()
    return pairwise([*starts, len(lines)])


def statuses(lines: Lines, now: int) -> list[str]:
    """What is known before day ``now``; a posting that came back stays delivered."""
    waits = np.where((lines["flags"] & (FBS | RFBS)) != 0, "awaiting_packaging", "awaiting_deliver")
    told = np.where(lines["day"] == now - 1, waits, "delivering")
    told = np.where((lines["sold"] != NEVER) & (lines["sold"] < now), "delivered", told)
    told = np.where((lines["cancel"] != NEVER) & (lines["cancel"] < now), "cancelled", told)
    return [str(word) for word in told.tolist()]


def moments(lines: Lines) -> Ints:
    """Seconds of the orders from midnight (Moscow) of the world's origin."""
    return np.asarray(lines["day"].astype(np.int64) * 86_400 + lines["sec"], dtype=np.int64)


def seconds(world: World, moment: datetime) -> float:
    """An instant on the same scale."""
    return (moment - datetime.combine(world.origin, time.min, MOSCOW)).total_seconds()


def stamp(world: World, second: float) -> str:
    """The instant as Ozon writes it."""
    moment = datetime.combine(world.origin, time.min, MOSCOW) + timedelta(seconds=second)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
