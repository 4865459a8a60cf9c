"""Whatever is said about a movement is answered by a question or a draft, and what is drawn can be posted."""

import random
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.bot.parse_moves import read_words
from app.core.clock import FixedClock
from app.core.trace import Actor, acting
from app.domain.warehouse.movements import Line, Reason, Status
from app.services.ledger.verify import verify_ledger
from app.services.warehouse.drafts import DraftRef, PostDraft
from app.services.warehouse.moves import DrawMove, MoveOrder
from app.services.warehouse.said import Kind, Said
from tests.support.shelf import NOON, Shelf

STEPS = 6
WORDS = (
    "KRS-42", "кресло", "4601234567893", "4601234567839", "Стул 7", "A-01", "а-01", "B-02", "Z-99", "+",
    "-", "?", "0", "1", "3", "20", "-5", "2,5", "1000000", "99999999999999999999", "до",
    "до 31.05.2027", "до 01.01.2020", "31.02.2027", "05.2027", "без срока", "из", "из A-01", "в B-02",
    "на", "на WB", "на Ozon 2000012345", "на 3 дня", "#1", "№2", "резерв 1", "заказ", "12-0001", "шт",
    "🙂", "'; DROP TABLE stock; --", "%", "\x1d", "\0", "{}", "~",
)  # fmt: skip


@pytest.fixture
def shelf(db):
    made = Shelf(db)
    chair, stool = made.item("KRS-42"), made.item("Стул 7")
    here, there = made.place("A-01"), made.place("B-02")
    made.receive(chair, here, 40)
    made.receive(stool, here, 10, made.lot(stool, date(2027, 5, 31)))
    made.receive(stool, there, 5, made.lot(stool, date(2026, 1, 1)))
    for _ in range(8):
        made.do(Reason.RESERVE, Line(item_id=chair, qty=2))
    with db.tenant(made.tenant_id) as tx:
        barcode = "INSERT INTO item_barcode (tenant_id, barcode, item_id) VALUES (:tenant_id, :code, :item)"
        tx.run(barcode, code="4601234567893", item=chair)
        tx.run("INSERT INTO customer_order (tenant_id, number) VALUES (:tenant_id, '12-0001')")
    return made


@pytest.mark.parametrize("rounds", [8, pytest.param(400, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", Kind)
def test_nothing_that_is_said_breaks_anything(db, shelf, kind, rounds, record_property):
    """Lines and answers put together by chance; buttons tapped by chance; everything drawn is posted."""
    seed = 7 if rounds < 100 else random.randrange(2**32)
    record_property("told", f"seed {seed}")
    chance, clock, zone = random.Random(seed), FixedClock(NOON), ZoneInfo("Europe/Moscow")
    draw, post = DrawMove(clock=clock, day_zone=zone), PostDraft(post=shelf.post, clock=clock)
    drawn = 0
    with acting(Actor(7, "Вера")):
        for _ in range(rounds):
            order = MoveOrder(said=Said(kind=kind), words=_line(kind, chance))
            for _ in range(STEPS):
                with db.tenant(shelf.tenant_id) as tx:
                    step = draw(tx, order)
                    assert (step.asks is None) == (step.draft_id is not None)
                    if step.draft_id is not None:
                        drawn += 1
                        done = post(tx, DraftRef(draft_id=step.draft_id, kind=kind))
                        assert done.posted.status in (Status.OK, Status.INSUFFICIENT_STOCK)
                        break
                    assert step.sentence
                    if step.choices and chance.random() < 0.7:
                        picked = chance.choice(step.choices).value
                        order = MoveOrder(said=step.said, picked=picked, asked=step.asks)
                    else:
                        order = MoveOrder(said=step.said, words=_line(kind, chance), asked=step.asks)
    assert not verify_ledger(db, shelf.tenant_id).faults
    assert drawn, "a chance that never draws anything shows nothing"


def _line(kind, chance):
    said = " ".join(chance.choice(WORDS) for _ in range(chance.randint(0, 5)))
    return read_words(kind, said, date(2026, 11, 20))
