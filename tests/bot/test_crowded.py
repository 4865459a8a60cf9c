"""A deed of the chat that another's transaction got in the way of is done again, not told as a fault."""

import threading
from dataclasses import replace

import anyio

from app.services.tenancy.people import find_person
from tests.support.worlds import make_cabinet

ROW = "UPDATE marketplace_account SET name = name || :mark WHERE tenant_id = :tenant_id AND id = :id"


class Crossing:
    """Marks two rows in an order of its own; the first time it waits between them."""

    def __init__(self, rows, mark, meeting):
        self.rows, self.mark, self.meeting = rows, mark, meeting
        self.tries = 0

    def __call__(self, tx, order):
        self.tries += 1
        first, second = self.rows
        tx.run(ROW, id=first, mark=self.mark)
        if self.tries == 1:
            self.meeting.wait(10)
        tx.run(ROW, id=second, mark=self.mark)
        return self.mark


async def test_two_deeds_that_lock_each_other_out_are_both_done(chat, seller):
    here, there = seller.cabinet, make_cabinet(chat.db, "WB", seller.tenant_id, "seller-2")
    meeting = threading.Barrier(2)
    deeds = {
        "a": Crossing((here.id, there.id), "a", meeting),
        "b": Crossing((there.id, here.id), "b", meeting),
    }
    with chat.db.platform() as tx:
        person = find_person(tx, seller.id)
    office = chat.dispatcher["office"]
    desks = {
        mark: replace(office, cases={Crossing: deed}).desk(chat.bot, person) for mark, deed in deeds.items()
    }

    async with anyio.create_task_group() as both:
        for mark in deeds:
            both.start_soon(desks[mark].run, Crossing, None)

    assert sorted(deed.tries for deed in deeds.values()) == [1, 2]
    with chat.db.tenant(seller.tenant_id) as tx:
        names = tx.run("SELECT name FROM marketplace_account WHERE tenant_id = :tenant_id").scalars().all()
    assert {tuple(sorted(name[-2:])) for name in names} == {("a", "b")}
