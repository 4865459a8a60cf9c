"""Calling out a job when, and only when, its transaction has committed."""

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.queue.port import JobNote, Tx, Wakeups

_NOTES = "jobs to call out"


def announce_after_commit(tx: Tx, wakeups: Wakeups, note: JobNote) -> None:
    """Call ``note`` out once ``tx`` is committed; nothing is said of a transaction rolled back."""
    noted: list[JobNote] | None = tx.session.info.get(_NOTES)
    if noted is None:
        noted = tx.session.info[_NOTES] = []
        event.listen(tx.session, "after_commit", lambda session: _announce(session, wakeups))
    noted.append(note)


def _announce(session: Session, wakeups: Wakeups) -> None:
    if session.in_nested_transaction():  # only a savepoint was released
        return
    notes: list[JobNote] = session.info[_NOTES]
    session.info[_NOTES] = []
    if notes:
        wakeups.announce(notes)
