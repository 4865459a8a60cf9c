"""Who is acting and under which trace: carried along a thread of work, from the update to the SQL.

The trace id lives in structlog's context, so that every line of the log has it; the actor beside it.
Both follow ``anyio.to_thread`` hops, neither follows a bare ``threading.Thread``.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose hand it is. ``user_id`` None is the house itself: a job, an operator's command."""

    user_id: int | None
    name: str


HOUSE = Actor(None, "Амбар")

_actor: ContextVar[Actor] = ContextVar("actor", default=HOUSE)


def new_trace() -> str:
    """An id that ties a request to everything done for it."""
    return secrets.token_hex(8)


def current_trace() -> str:
    """The trace of the work in hand, or a new one where nothing has named it yet."""
    return str(structlog.contextvars.get_contextvars().get("trace_id") or new_trace())


def current_actor() -> Actor:
    """Whose hand it is now."""
    return _actor.get()


def set_actor(actor: Actor) -> None:
    """From here on in this context (an update's task) it is this person."""
    _actor.set(actor)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """This actor within the block."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)
