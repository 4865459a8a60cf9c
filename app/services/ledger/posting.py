"""Posting a document: inside a caller's transaction, or in one of its own that is tried again.

Who opens the transaction is who tries again: a deadlock or a serialisation failure has undone all of it.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from app.core.clock import Clock
from app.core.errors import BadInput, Conflict, NotFound, NotNow
from app.db.session import Database, TenantTx
from app.domain.warehouse.movements import LineAnswer, Posted, StockDocument
from app.repositories import ledger
from app.services.ledger.prepare import prepare

CROWDED = frozenset({"40001", "40P01"})
"""serialization_failure, deadlock_detected: the same again may well succeed."""

T = TypeVar("T")

TRIES = 8
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostStock:
    """Post a document within a transaction that somebody else opened and will commit.

    ``day_zone`` is whose day decides that a lot has expired.
    """

    clock: Clock
    day_zone: ZoneInfo

    def __call__(self, tx: TenantTx, document: StockDocument) -> Posted:
        """All answers are ordinary: a shortage or a conflict is said line by line.

        Raises BadInput, NotFound (no such item, place, lot), Conflict (closed period, not to be reversed);
        the transaction stays usable, and nothing of the document is in it.
        """
        prepared = prepare(document)
        today = self.clock.now().astimezone(self.day_zone).date()
        with _told(), tx.session.begin_nested():
            answers = ledger.post(tx, document, prepared.lines, today)
        return _in_order(answers, prepared.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDesk:
    """Posts each document in a transaction of its own."""

    db: Database
    post: PostStock
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, tenant_id: int, document: StockDocument) -> Posted:
        """See ``PostStock``. Raises NotNow where the database was too crowded for all our tries.

        Where the connection was lost (DBAPIError), the same again under its reference says what became of it.
        """
        prepared = prepare(document)
        today = self.post.clock.now().astimezone(self.post.day_zone).date()

        def once() -> list[LineAnswer]:
            return ledger.post_alone(self.db, tenant_id, document, prepared.lines, today)

        with _told():
            return _in_order(again_when_crowded(once, self.sleep), prepared.places)


def again_when_crowded(once: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """``once`` is a transaction of its own; again after a pause where others were in its way."""
    for attempt in range(TRIES):
        try:
            return once()
        except DBAPIError as error:
            if _code(error) not in CROWDED:
                raise
        # Full jitter: two that met once must not meet again.
        sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)))
    raise NotNow("Склад сейчас занят другими движениями. Повторите через минуту.")


def _in_order(answers: list[LineAnswer], places: tuple[int, ...]) -> Posted:
    return Posted(tuple(answers[place] for place in places) if places else tuple(answers))


@contextmanager
def _told() -> Iterator[None]:
    """What the kernel refuses, as the sentence to show."""
    try:
        yield
    except DBAPIError as error:
        match _code(error):
            case "AM001":
                raise Conflict("Этот период закрыт: движения задним числом в него не внести.") from error
            case "AM002":
                raise Conflict("Этот документ отменить нельзя: его нет, или его уже отменили.") from error
            case "23503":
                raise NotFound("Такого товара, места или партии нет.") from error
            case "22023" | "22003":
                raise BadInput("Количество в строке не годится.") from error
        raise


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "pgcode", None)
