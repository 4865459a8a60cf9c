"""/jobs and ``./ambar jobs``: what runs, waits and failed, and the two ways on for what failed."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import NotFound
from app.db.session import PlatformTx, TenantTx
from app.queue import board
from app.queue.board import BoardJob
from app.queue.port import JobQueue
from app.queue.states import State

SHOWN = 5
"""Jobs of each state on one screen; the counts are of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQuery:
    """The line of the organisation that one looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBoard:
    """``organisation`` None: everybody's. The lists are cut short, ``counts`` are whole."""

    organisation: int | None
    counts: Mapping[State, int]
    running: tuple[BoardJob, ...]
    waiting: tuple[BoardJob, ...]
    failed: tuple[BoardJob, ...]


@dataclass(frozen=True, slots=True)
class ShowBoard:
    """One organisation's line, within its wall."""

    def __call__(self, tx: TenantTx, query: BoardQuery) -> JobBoard:  # noqa: ARG002
        return _board(tx, tx.tenant_id)


def everybodys_board(tx: PlatformTx, shown: int = SHOWN) -> JobBoard:
    """All organisations' lines and the house's own."""
    return _board(tx, None, shown)


@dataclass(frozen=True, slots=True)
class JobDesk:
    """Decides what becomes of failed jobs.

    ``whose``: the organisation whose jobs this person may touch; None is an administrator, who may touch
    every one. Raises NotFound, Conflict.
    """

    queue: JobQueue

    def requeue(self, tx: PlatformTx, job_id: int, whose: int | None) -> None:
        """Back in line, its attempts anew."""
        _demand(tx, job_id, whose)
        self.queue.requeue(tx, job_id)

    def drop(self, tx: PlatformTx, job_id: int, whose: int | None) -> None:
        """Not worth another look."""
        _demand(tx, job_id, whose)
        self.queue.drop(tx, job_id)


def _demand(tx: PlatformTx, job_id: int, whose: int | None) -> None:
    """Another organisation's job is told from no job by nobody."""
    if board.job(tx, job_id, whose) is None:
        raise NotFound(f"Задачи {job_id} нет.")


def _board(tx: TenantTx | PlatformTx, organisation: int | None, shown: int = SHOWN) -> JobBoard:
    lists = {
        state: tuple(board.jobs(tx, state, shown, organisation))
        for state in (State.DOING, State.TODO, State.FAILED)
    }
    return JobBoard(
        organisation=organisation,
        counts=board.counts(tx, organisation),
        running=lists[State.DOING],
        waiting=lists[State.TODO],
        failed=lists[State.FAILED],
    )
