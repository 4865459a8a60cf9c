"""The seeded simulation, the storm of repeats, and provoked deadlocks; verified to the last piece."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.domain.warehouse.movements import Line, Reason, Status, StockDocument
from app.services.ledger.posting import again_when_crowded
from app.services.ledger.verify import verify_ledger
from tests.ledger.simulation import START, Town
from tests.support.shelf import Shelf

Told = Callable[[str, object], None]
SEED = int(os.environ.get("LEDGER_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


def simulate(db: Database, urls: Urls, seed: int, workers: int, steps: int) -> Counter[str]:
    """One run; what happened in it."""
    shelf = Shelf(db)
    town = Town(shelf, urls, seed, workers, steps)
    outcome = town.run()
    with db.tenant(shelf.tenant_id) as tx:
        rows = tx.run("SELECT id, on_hand, reserved FROM stock WHERE tenant_id = :tenant_id").all()
        received = tx.run(
            "SELECT stock_id FROM stock_ledger WHERE tenant_id = :tenant_id AND ref LIKE 'RECEIPT-%'"
        ).scalars()
        begun = dict.fromkeys(received, START)
    told = town.told()
    wanted = {row.id: (row.on_hand - begun.get(row.id, 0), row.reserved) for row in rows}
    assert {key: told.get(key, (0, 0)) for key in wanted} == wanted, f"LEDGER_SEED={seed}"
    return outcome.happened


def test_workers_that_die_and_repeat_lose_and_double_nothing(
    db: Database, urls: Urls, record_property: Told
) -> None:
    happened = simulate(db, urls, SEED, 16, 5)
    record_property("told", f"LEDGER_SEED={SEED}: {dict(happened)}")
    assert happened[Status.OK] > 50
    assert happened[Status.IDEMPOTENT] > 20
    assert happened["died"] > 0


@pytest.mark.soak
def test_thousands_of_seeds(db: Database, urls: Urls, record_property: Told) -> None:
    for seed in range(SEED, SEED + int(os.environ.get("LEDGER_SEEDS", "2000"))):
        simulate(db, urls, seed, 16, 12)
    record_property("told", f"LEDGER_SEED={SEED} and on")


def storm(db: Database, seed: int, requests: int) -> None:
    """Documents of every kind, each asked for 1 to 5 times, mixed, by 8 clients."""
    shelf = Shelf(db)
    dice = random.Random(seed)
    item, here, there = shelf.item(), shelf.place(), shelf.place()
    shelf.receive(item, here, 10_000)
    promised = [
        shelf.do(Reason.RESERVE, Line(item_id=item, qty=5, location_id=here)) for _ in range(requests)
    ]
    kinds: list[tuple[Reason, int, int, dict[str, int | None]]] = [
        (Reason.RECEIPT, 1, 0, {}),
        (Reason.RETURN, 1, 0, {}),
        (Reason.ADJUST, 1, 0, {}),
        (Reason.OUTBOUND, -1, 0, {}),
        (Reason.WRITE_OFF, -1, 0, {}),
        (Reason.TO_MARKETPLACE, -1, 0, {}),
        (Reason.MOVE, -1, 0, {"to_location_id": there}),
        (Reason.RESERVE, 0, 1, {}),
        (Reason.SHIP, -1, -1, {"hold_id": None}),
        (Reason.RELEASE, 0, -1, {"hold_id": None}),
    ]
    wanted, asked = [10_000, 5 * requests], []
    for n in range(requests):
        reason, there_by, held_by, more = dice.choice(kinds)
        if "hold_id" in more:
            more = {"hold_id": promised[n].lines[0].entries[0].hold_id}
        qty = dice.randint(1, 5)
        line = Line(item_id=item, location_id=here, qty=qty, **more)
        asked.append(StockDocument(reason=reason, ref=f"storm-{n}", lines=[line]))
        wanted = [wanted[0] + there_by * qty, wanted[1] + held_by * qty]
    repeated = [each for each in asked for _ in range(dice.randint(1, 5))]
    dice.shuffle(repeated)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: (each.ref, shelf.desk(shelf.tenant_id, each)), repeated))
    firsts = Counter(ref for ref, answer in answers if answer.status is Status.OK)
    assert firsts == {each.ref: 1 for each in asked}, f"LEDGER_SEED={seed}"
    assert {answer.status for _, answer in answers} <= {Status.OK, Status.IDEMPOTENT}
    balance = shelf.balance(item, here)
    assert balance is not None
    assert [balance.on_hand, balance.reserved] == wanted, f"LEDGER_SEED={seed}"
    assert verify_ledger(db, shelf.tenant_id).faults == ()


def test_a_storm_of_repeats_posts_each_request_once(db: Database) -> None:
    storm(db, SEED, 40)


@pytest.mark.soak
def test_very_many_storms(db: Database, record_property: Told) -> None:
    for seed in range(SEED, SEED + int(os.environ.get("LEDGER_SEEDS", "2000"))):
        storm(db, seed, 100)
    record_property("told", f"LEDGER_SEED={SEED} and on")


def test_a_deadlock_between_two_callers_is_tried_again_by_them(db: Database) -> None:
    """Two documents in one transaction, in opposite orders: no order of ours can prevent that."""
    shelf = Shelf(db)
    items, place = [shelf.item() for _ in range(2)], shelf.place()
    for each in items:
        shelf.receive(each, place, 100)
    pauses: list[float] = []
    met = Barrier(2)

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)  # who is back at once may take the row before the one that waited for it

    def both(number: int) -> Callable[[], int]:
        first_try = [True]

        def once() -> int:
            with db.tenant(shelf.tenant_id) as tx:
                for which in items[:: 1 - 2 * number]:
                    line = Line(item_id=which, qty=1, location_id=place)
                    ref = f"two-{number}-{which}"
                    shelf.post(tx, StockDocument(reason=Reason.WRITE_OFF, ref=ref, lines=[line]))
                    if first_try:
                        first_try.clear()
                        met.wait(10)
            return number

        return once

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda n: again_when_crowded(both(n), pause), range(2)))
    assert done == [0, 1]
    assert pauses, "one of them was the deadlock's victim"
    assert [shelf.on_hand(each, place) for each in items] == [98, 98]
    assert verify_ledger(db, shelf.tenant_id).faults == ()
