"""Many workers on one shelf, under a seed: hot and spread goods, repeats, killed connections and workers,
a business clock that jumps. Whoever loses an answer asks again under the same reference.

A step is a document of every worker, all at once; after it the ledger proves itself.
"""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Lock, Thread
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.clock import FixedClock
from app.core.errors import NotNow
from app.db.install import Urls
from app.db.session import Database
from app.domain.warehouse.movements import Line, Posted, Reason, Status, StockDocument
from app.services.ledger.posting import PostStock, StockDesk
from app.services.ledger.verify import verify_ledger
from tests.support.databases import superuser
from tests.support.shelf import NOON, Shelf

START = 200
TRIES = 200


class Died(Exception):
    """A worker that was killed with its work done and not committed."""


class Jumping(FixedClock):
    """A clock that somebody sets now and then."""

    def __init__(self, seed: int) -> None:
        super().__init__(NOON)
        self._random = random.Random(seed)

    def now(self):  # type: ignore[no-untyped-def]
        return NOON + timedelta(days=self._random.randint(-400, 3))


@dataclass(slots=True)
class Outcome:
    """What the workers were told: entries by reference, of those posted; how often a thing happened."""

    posted: dict[str, Posted] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class Hand:
    """A worker: what it will do is in its dice, and in the promises it was given."""

    number: int
    dice: random.Random
    post: PostStock
    desk: StockDesk
    holds: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Town:
    """A shelf, its goods, and who works there."""

    shelf: Shelf
    urls: Urls
    seed: int
    workers: int
    steps: int
    kills: bool = True
    outcome: Outcome = field(default_factory=Outcome)
    _calm: Lock = field(default_factory=Lock)

    def run(self) -> Outcome:
        """All documents of all workers, answered. Raises AssertionError where a proof finds a fault."""
        places = [self.shelf.place() for _ in range(3)]
        items = [self.shelf.item() for _ in range(8)]
        for item in items:
            self.shelf.receive(item, places[0], START)
        db = Database(
            self.shelf.db.engine.url.render_as_string(hide_password=False), pool_size=self.workers + 2
        )
        hands = [self._hand(db, number) for number in range(self.workers)]
        with self._killer(), ThreadPoolExecutor(self.workers) as pool:
            for step in range(self.steps):
                works = [pool.submit(self._work, db, each, step, items, places) for each in hands]
                for each in works:
                    each.result()
                with self._calm:
                    faults = verify_ledger(self.shelf.db, self.shelf.tenant_id).faults
                assert faults == (), f"LEDGER_SEED={self.seed}, step {step}"
        db.close()
        return self.outcome

    def _hand(self, db: Database, number: int) -> Hand:
        post = PostStock(clock=Jumping(self.seed + number), day_zone=ZoneInfo("Europe/Moscow"))
        dice = random.Random(f"{self.seed}/{number}")
        return Hand(number, dice, post, StockDesk(db=db, post=post))

    def _work(self, db: Database, hand: Hand, step: int, items: list[int], places: list[int]) -> None:
        document = self._document(hand.dice, f"{hand.number}/{step}", items, places, hand.holds)
        for _ in range(hand.dice.choice((1, 1, 1, 2, 3))):
            answer = self._answered(hand.dice, db, hand.desk, hand.post, document)
            self._note(document, answer, hand.holds)

    def _document(
        self, dice: random.Random, ref: str, items: list[int], places: list[int], holds: list[int]
    ) -> StockDocument:
        reasons = [
            Reason.RECEIPT, Reason.MOVE, Reason.OUTBOUND, Reason.WRITE_OFF, Reason.ADJUST, Reason.RESERVE,
            Reason.SHIP, Reason.RELEASE,
        ]  # fmt: skip
        reason = dice.choice(reasons)
        if reason in (Reason.SHIP, Reason.RELEASE):
            if holds:
                hold = holds.pop(dice.randrange(len(holds)))
                return StockDocument(
                    reason=reason, ref=ref, lines=[Line(hold_id=hold, qty=dice.randint(1, 2))]
                )
            reason = Reason.RESERVE
        lines = []
        for _ in range(dice.randint(1, 5)):
            start, end = dice.sample(places, 2)
            lines.append(
                Line(
                    item_id=items[0] if dice.random() < 0.5 else dice.choice(items),
                    qty=dice.randint(1, 4),
                    location_id=start,
                    to_location_id=end if reason is Reason.MOVE else None,
                )
            )
        atomic = reason is Reason.OUTBOUND and dice.random() < 0.3
        return StockDocument(reason=reason, ref=ref, lines=lines, atomic=atomic)

    def _answered(
        self, dice: random.Random, db: Database, desk: StockDesk, post: PostStock, document: StockDocument
    ) -> Posted:
        for _ in range(TRIES):
            try:
                if self.kills and dice.random() < 0.1:
                    with db.tenant(self.shelf.tenant_id) as tx:
                        post(tx, document)
                        raise Died
                return desk(self.shelf.tenant_id, document)
            except Died:
                self.outcome.happened["died"] += 1
            except NotNow:
                self.outcome.happened["crowded"] += 1
            except OperationalError:
                self.outcome.happened["cut off"] += 1
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                self.outcome.happened["cut off"] += 1
        raise AssertionError(f"{document.ref} got no answer")

    def _note(self, document: StockDocument, answer: Posted, holds: list[int]) -> None:
        with self.outcome.lock:
            for line in answer.lines:
                self.outcome.happened[line.status] += 1
            known = self.outcome.posted.get(document.ref)
            self.outcome.posted[document.ref] = answer
            if document.reason is Reason.RESERVE and known is None:
                holds += [entry.hold_id for line in answer.lines for entry in line.entries if entry.hold_id]

    @contextmanager
    def _killer(self) -> Iterator[None]:
        """Cuts connections of this database's workers, one now and then."""
        if not self.kills:
            yield
            return
        over = Event()

        def kill() -> None:
            dice = random.Random(self.seed)
            with superuser(self.urls.admin) as connection:
                while not over.wait(dice.uniform(0.05, 0.4)):
                    with self._calm:  # whoever proves the ledger is left alone
                        connection.execute(
                            text(
                                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                                " current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
                                " AND application_name LIKE 'ambar %' ORDER BY random() LIMIT 1"
                            )
                        )

        killer = Thread(target=kill)
        killer.start()
        try:
            yield
        finally:
            over.set()
            killer.join()

    def told(self) -> dict[int, tuple[int, int]]:
        """On hand and reserved of each balance, by what the workers were told alone."""
        sums: dict[int, tuple[int, int]] = {}
        for answer in self.outcome.posted.values():
            seen: set[tuple[int, int]] = set()
            for line in answer.lines:
                if line.status in (Status.OK, Status.IDEMPOTENT):
                    for entry in line.entries:
                        if (entry.stock_id, entry.version) not in seen:  # equal lines are answered alike
                            seen.add((entry.stock_id, entry.version))
                            there, held = sums.get(entry.stock_id, (0, 0))
                            sums[entry.stock_id] = (there + entry.delta, held + entry.reserved_delta)
        return sums
