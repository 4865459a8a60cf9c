"""A job's states and the steps between them: the one place that knows.

The database's CHECK knows the states too (``app.db.models.platform.JOB_STATES``); a test holds the
two equal.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a job stands. ``DLQ_*`` are passed through inside one transaction, on the way to FAILED."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    DLQ_PENDING = "dlq_pending"
    DLQ_RECORDED = "dlq_recorded"
    FAILED = "failed"


STEPS: Mapping[State, frozenset[State]] = {
    State.TODO: frozenset({State.DOING}),
    State.DOING: frozenset({State.DONE, State.TODO, State.DLQ_PENDING}),
    State.DLQ_PENDING: frozenset({State.DLQ_RECORDED}),
    State.DLQ_RECORDED: frozenset({State.FAILED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset({State.TODO}),
}
"""From FAILED only a person's hand leads on: a dead letter is put back in line under its own number."""

ENDS = frozenset({State.DONE, State.FAILED})
"""States that a job never leaves by itself."""


def check_step(was: State, to: State) -> None:
    """Refuse a step that is not on the map.

    Raises:
        ValueError: a fault of ours, never of a person.
    """
    if to not in STEPS[was]:
        raise ValueError(f"a job does not go from {was} to {to}")
