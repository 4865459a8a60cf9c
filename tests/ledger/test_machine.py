"""All operations in any order against a model of a shelf that a child could keep: a dictionary."""

from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.db.session import Database
from app.domain.warehouse.movements import Line, Posted, Reason, Status, StockDocument
from app.services.ledger.verify import verify_ledger
from tests.support.shelf import Shelf

OK, SAME, CONFLICT, SHORT = Status.OK, Status.IDEMPOTENT, Status.CONFLICT, Status.INSUFFICIENT_STOCK
TAKES = (Reason.OUTBOUND, Reason.TO_MARKETPLACE, Reason.WRITE_OFF)
BRINGS = (Reason.RECEIPT, Reason.RETURN)

thing = st.integers(0, 1)
spot = st.integers(0, 2)
pieces = st.integers(1, 6)


class Machine(RuleBasedStateMachine):
    """``there`` is on hand by (item, place), ``held`` the open promises, ``said`` what was answered."""

    db: Database

    @initialize()
    def open_shop(self) -> None:
        self.shelf = Shelf(self.db)
        self.items = [self.shelf.item() for _ in range(2)]
        self.places = [self.shelf.place() for _ in range(3)]
        self.there: dict[tuple[int, int], int] = {}
        self.moved: dict[tuple[int, int], int] = {}
        self.held: dict[int, tuple[tuple[int, int], int]] = {}
        self.said: list[tuple[StockDocument, Posted]] = []
        self.reversed: set[str] = set()
        self.numbers = count(1)

    def line(self, key: tuple[int, int], qty: int, **more: int) -> Line:
        return Line(item_id=self.items[key[0]], location_id=self.places[key[1]], qty=qty, **more)

    def free(self, key: tuple[int, int]) -> int:
        return self.there.get(key, 0) - sum(qty for at, qty in self.held.values() if at == key)

    def post(self, reason: Reason, *lines: Line, **more: object) -> Posted:
        document = StockDocument(reason=reason, ref=f"d{next(self.numbers)}", lines=lines, **more)  # type: ignore[arg-type]
        answer = self.shelf.desk(self.shelf.tenant_id, document)
        self.said.append((document, answer))
        return answer

    def put(self, key: tuple[int, int], qty: int) -> None:
        self.there[key] = self.there.get(key, 0) + qty
        self.moved[key] = self.moved.get(key, 0) + 1

    @rule(reason=st.sampled_from(BRINGS), item=thing, place=spot, qty=pieces)
    def bring(self, reason: Reason, item: int, place: int, qty: int) -> None:
        assert self.post(reason, self.line((item, place), qty)).status is OK
        self.put((item, place), qty)

    @rule(
        reason=st.sampled_from(TAKES),
        item=thing,
        place=spot,
        quantities=st.lists(pieces, min_size=1, max_size=3),
    )
    def take(self, reason: Reason, item: int, place: int, quantities: list[int]) -> None:
        """Several lines on one balance: each takes what those before it left."""
        key = (item, place)
        if reason is Reason.OUTBOUND:  # whose equal lines are one
            quantities = [sum(quantities)]
        lines = [self.line(key, qty, ref_line=n) for n, qty in enumerate(quantities, 1)]
        answers = self.post(reason, *lines).lines
        for qty, answer in zip(quantities, answers, strict=True):
            fits = qty <= self.free(key)
            assert answer.status is (OK if fits else SHORT)
            assert answer.missing == (0 if fits else qty - self.free(key))
            if fits:
                self.put(key, -qty)

    @rule(
        reason=st.sampled_from([Reason.PUTAWAY, Reason.MOVE]),
        item=thing,
        start=spot,
        by=st.integers(1, 2),
        qty=pieces,
    )
    def move(self, reason: Reason, item: int, start: int, by: int, qty: int) -> None:
        end = (start + by) % 3
        fits = qty <= self.free((item, start))
        line = self.line((item, start), qty, to_location_id=self.places[end])
        assert self.post(reason, line).status is (OK if fits else SHORT)
        if fits:
            self.put((item, start), -qty)
            self.put((item, end), qty)

    @rule(item=thing, place=spot, qty=st.integers(-6, 6).filter(bool))
    def adjust(self, item: int, place: int, qty: int) -> None:
        fits = -qty <= self.free((item, place))
        assert self.post(Reason.ADJUST, self.line((item, place), qty)).status is (OK if fits else SHORT)
        if fits:
            self.put((item, place), qty)

    @rule(item=thing, place=spot, qty=st.integers(0, 9), stale=st.booleans())
    def count_goods(self, item: int, place: int, qty: int, stale: bool) -> None:
        key = (item, place)
        seen = self.moved.get(key, 0)
        answer = self.post(Reason.COUNT, self.line(key, qty, version=seen + stale))
        promised = self.there.get(key, 0) - self.free(key)
        if stale:
            assert answer.status is CONFLICT
        elif qty < promised:
            assert (answer.status, answer.lines[0].missing) == (SHORT, promised - qty)
        else:
            assert answer.status is OK
            if qty != self.there.get(key, 0):
                self.put(key, qty - self.there.get(key, 0))

    @rule(item=thing, place=spot, qty=pieces)
    def reserve(self, item: int, place: int, qty: int) -> None:
        key = (item, place)
        fits = qty <= self.free(key)
        answer = self.post(Reason.RESERVE, self.line(key, qty))
        assert answer.status is (OK if fits else SHORT)
        if fits:
            hold = answer.lines[0].entries[0].hold_id
            assert hold is not None
            self.held[hold] = (key, qty)
            self.moved[key] = self.moved.get(key, 0) + 1

    @precondition(lambda self: self.held)
    @rule(reason=st.sampled_from([Reason.SHIP, Reason.RELEASE]), pick=st.integers(0), qty=pieces)
    def use_promise(self, reason: Reason, pick: int, qty: int) -> None:
        hold = sorted(self.held)[pick % len(self.held)]
        key, left = self.held[hold]
        answer = self.post(reason, Line(hold_id=hold, qty=qty))
        assert answer.status is (OK if qty <= left else SHORT)
        if qty <= left:
            self.held[hold] = (key, left - qty)
            self.put(key, -qty if reason is Reason.SHIP else 0)
            if qty == left:
                del self.held[hold]

    @precondition(lambda self: self.said)
    @rule(pick=st.integers(0), more=st.booleans())
    def repeat(self, pick: int, more: bool) -> None:
        """A document that was posted whole changes nothing; with another quantity it is refused."""
        document, answer = self.said[pick % len(self.said)]
        if {line.status for line in answer.lines} != {OK}:
            return
        lines = document.lines
        if more and document.reason is not Reason.REVERSAL:
            lines = [line._replace(qty=line.qty + 7) for line in lines]  # never to nothing
        again = self.shelf.desk(
            self.shelf.tenant_id,
            StockDocument(reason=document.reason, ref=document.ref, lines=lines, reverses=document.reverses),
        )
        changed = more and document.reason is not Reason.REVERSAL
        assert {line.status for line in again.lines} == {CONFLICT if changed else SAME}
        if not changed:
            assert [line.entries for line in again.lines] == [line.entries for line in answer.lines]

    @precondition(lambda self: self.said)
    @rule(pick=st.integers(0))
    def undo(self, pick: int) -> None:
        document, answer = self.said[pick % len(self.said)]
        entries = [
            entry for line in answer.lines if line.status is OK for entry in line.entries if entry.delta
        ]
        one_way = document.reason in (Reason.RESERVE, Reason.RELEASE, Reason.REVERSAL)
        if one_way or not entries or document.ref in self.reversed:
            return
        with self.db.tenant(self.shelf.tenant_id) as tx:
            sql = "SELECT id FROM stock_document WHERE tenant_id = :tenant_id AND ref = :ref"
            number = tx.run(sql, ref=document.ref).scalar_one()
            keys = {
                row.id: (self.items.index(row.item_id), self.places.index(row.location_id))
                for row in tx.run("SELECT id, item_id, location_id FROM stock WHERE tenant_id = :tenant_id")
            }
        back: dict[tuple[int, int], int] = {}
        fits = True
        for entry in reversed(entries):
            key = keys[entry.stock_id]
            back[key] = back.get(key, 0) - entry.delta
            fits = fits and (entry.delta < 0 or self.free(key) + back[key] >= 0)
        assert self.post(Reason.REVERSAL, reverses=number).status is (OK if fits else SHORT)
        if fits:
            self.reversed.add(document.ref)
            for entry in entries:
                self.put(keys[entry.stock_id], -entry.delta)

    @invariant()
    def the_shelf_holds_what_the_child_says(self) -> None:
        if not hasattr(self, "shelf"):
            return
        with self.db.tenant(self.shelf.tenant_id) as tx:
            rows = tx.run(
                "SELECT item_id, location_id, on_hand, reserved, version FROM stock"
                " WHERE tenant_id = :tenant_id"
            ).all()
        found = {
            (self.items.index(row.item_id), self.places.index(row.location_id)): (
                row.on_hand,
                row.on_hand - row.reserved,
                row.version,
            )
            for row in rows
        }
        wanted = {key: (self.there.get(key, 0), self.free(key), self.moved.get(key, 0)) for key in found}
        assert found == wanted
        assert all(qty == 0 for key, qty in self.there.items() if key not in found)

    def teardown(self) -> None:
        if hasattr(self, "shelf"):
            assert verify_ledger(self.db, self.shelf.tenant_id).faults == ()


@pytest.fixture
def machine(db: Database) -> type[Machine]:
    Machine.db = db
    return Machine


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def play(machine: type[Machine], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=QUIET
        ),
    )


def test_any_order_of_documents_keeps_the_books(machine: type[Machine]) -> None:
    play(machine, 12, 25)


@pytest.mark.soak
def test_any_order_of_very_many_documents_keeps_the_books(machine: type[Machine]) -> None:
    play(machine, 1000, 60)
