"""The sandbox's memory between two starts: which world it is and what day it has got to."""

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.sandbox.world import DEMO_DAY, World


class WrongState(Exception):
    """The file tells of another world, or cannot be read. The text is for a person."""


@dataclass(frozen=True, slots=True)
class StateFile:
    """A small JSON file; None keeps nothing."""

    path: Path | None

    def open(self, seed: int | None, skus: int | None, days: int | None, today: date | None) -> World:
        """The world of the file where there is one, else a new one (and its file).

        What is given must agree with the file; None agrees with anything. ``today`` matters only
        for a new world. Raises WrongState.
        """
        if self.path is None or not self.path.exists():
            world = World(
                seed=7 if seed is None else seed,
                skus=300 if skus is None else skus,
                days=90 if days is None else days,
                today=today or DEMO_DAY,
            )
            self.save(world)
            return world
        kept = self._read()
        for name, given, known in (
            ("seed", seed, kept.seed), ("skus", skus, kept.skus), ("days", days, kept.days),
        ):  # fmt: skip
            if given is not None and given != known:
                raise WrongState(
                    f"В файле {self.path} другая песочница: {name}={known}, а просят {given}. "
                    "Уберите файл или параметр."
                )
        return World(kept.seed, kept.skus, kept.days, kept.today, kept.born)

    def save(self, world: World) -> None:
        """Write it so that a crash leaves the old file or the new one."""
        if self.path is None:
            return
        assert world.born is not None
        kept = {
            "seed": world.seed,
            "skus": world.skus,
            "days": world.days,
            "born": world.born.isoformat(),
            "today": world.today.isoformat(),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(self.path.name + ".new")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(draft, self.path)

    def _read(self) -> "_Kept":
        assert self.path is not None
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            return _Kept(
                seed=int(kept["seed"]),
                skus=int(kept["skus"]),
                days=int(kept["days"]),
                today=date.fromisoformat(kept["today"]),
                born=date.fromisoformat(kept["born"]),
            )
        except (ValueError, KeyError, TypeError):
            raise WrongState(f"Файл песочницы {self.path} испорчен: удалите его.") from None


@dataclass(frozen=True, slots=True)
class _Kept:
    seed: int
    skus: int
    days: int
    today: date
    born: date
