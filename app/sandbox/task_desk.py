"""Reports that take a while: ordered, waited for, fetched, and gone some hours later."""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from app.sandbox.world import NAMESPACE

WAITING, MADE, KEPT = 5.0, 20.0, 7_200.0
SHORTEST_LIFE = 60.0

Q = TypeVar("Q")


class Task(NamedTuple, Generic[Q]):
    """A report ordered at ``made`` (seconds of the sandbox's clock), and what was asked for."""

    made: float
    asked: Q


@dataclass(slots=True)
class TaskDesk(Generic[Q]):
    """Takes orders of one kind, ``name``. Waiting times are divided by ``pace``, a task
    outlives them by far."""

    name: str
    clock: Callable[[], float]
    pace: float
    _tasks: dict[str, Task[Q]] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def order(self, asked: Q) -> str:
        """Create a task; returns its id."""
        task_id = str(uuid.uuid5(NAMESPACE, f"{self.name}-{next(self._numbers)}"))
        self._tasks[task_id] = Task(self.clock(), asked)
        return task_id

    def status(self, task_id: str) -> str | None:
        """``new``, ``processing`` or ``done``; None when there is no such task (any more)."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        age = self.clock() - task.made
        if age > max(KEPT / self.pace, SHORTEST_LIFE):
            del self._tasks[task_id]
            return None
        if age < WAITING / self.pace:
            return "new"
        return "processing" if age < MADE / self.pace else "done"

    def made(self, task_id: str) -> Q | None:
        """What a finished report was asked for, else None."""
        return self._tasks[task_id].asked if self.status(task_id) == "done" else None

    def expire(self) -> None:
        """Forget all tasks, as if their time had passed."""
        self._tasks.clear()
