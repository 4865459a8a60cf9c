"""Every trap of the designs this ledger grew from (facts/ledger.md, section 1), shown not to be here."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from app.db.install import Urls
from app.db.session import Database
from app.domain.warehouse.movements import Line, Posted, Reason, Status, StockDocument
from app.services.ledger.verify import verify_ledger
from tests.support.databases import superuser
from tests.support.refusals import CHECK_VIOLATED, DENIED, refused
from tests.support.shelf import Shelf
from tests.support.worlds import make_tenant

OK, SAME, SHORT = Status.OK, Status.IDEMPOTENT, Status.INSUFFICIENT_STOCK


@pytest.fixture
def item(shelf: Shelf) -> int:
    return shelf.item()


@pytest.fixture
def here(shelf: Shelf) -> int:
    return shelf.place()


def at_once(works: list[Callable[[], Posted]]) -> list[Posted]:
    """All begin together."""
    start = Barrier(len(works))

    def run(work: Callable[[], Posted]) -> Posted:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_s1_a_repeat_is_known_whenever_it_comes(shelf: Shelf, item: int, here: int, urls: Urls) -> None:
    """The anchor is no part of the partitioned table: the time of a repeat is in no key, nor is its month."""
    line = Line(item_id=item, qty=5, location_id=here)
    shelf.do(Reason.RECEIPT, line, ref="S1")
    assert shelf.do(Reason.RECEIPT, line, ref="S1").status is SAME
    with superuser(urls.admin) as connection:  # as if a month had passed since the first
        for table in ("stock_document", "stock_ledger"):
            connection.execute(text(f"UPDATE {table} SET posted_at = posted_at - interval '10 days'"))
        kinds = connection.execute(
            text("SELECT relkind FROM pg_class WHERE relname IN ('stock_document', 'stock_document_line')")
        )
        assert {row.relkind for row in kinds} == {"r"}
    assert shelf.do(Reason.RECEIPT, line, ref="S1").status is SAME
    assert shelf.on_hand(item, here) == 5


def test_s2_and_s4_a_promise_moves_the_reserve_and_its_shipping_both(
    shelf: Shelf, item: int, here: int
) -> None:
    shelf.receive(item, here, 10)
    promised = shelf.do(Reason.RESERVE, Line(item_id=item, qty=4, location_id=here), ref="S2")
    assert shelf.entries("S2") == [(0, 4, 10)]
    assert shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=6, location_id=here)).status is OK
    hold = promised.lines[0].entries[0].hold_id
    shelf.do(Reason.SHIP, Line(hold_id=hold, qty=4), ref="S4")
    assert shelf.entries("S4") == [(-4, -4, 0)]
    balance = shelf.balance(item, here)
    assert balance is not None
    assert (balance.on_hand, balance.reserved) == (0, 0)


def test_s3_a_lot_may_be_promised_to_many(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 10)
    answers = [shelf.do(Reason.RESERVE, Line(item_id=item, qty=1, location_id=here)) for _ in range(11)]
    assert [each.status for each in answers] == [OK] * 10 + [SHORT]


def test_s6_a_month_read_by_name_and_a_definers_function_show_nothing_of_others(
    shelf: Shelf, item: int, here: int, db: Database, urls: Urls
) -> None:
    shelf.do(Reason.RECEIPT, Line(item_id=item, qty=5, location_id=here), ref="S6")
    with superuser(urls.admin) as connection:
        month = connection.scalar(text("SELECT tableoid::regclass::text FROM stock_ledger LIMIT 1"))
    with refused(DENIED), db.tenant(shelf.tenant_id) as tx:
        tx.run(f"SELECT * FROM {month}")
    stranger = Shelf(db, make_tenant(db))
    place = stranger.place()
    assert stranger.do(Reason.OUTBOUND, Line(item_id=item, qty=1)).status is SHORT
    assert stranger.do(Reason.OUTBOUND, Line(item_id=item, qty=1, location_id=here)).status is SHORT
    mine = stranger.do(Reason.RECEIPT, Line(item_id=stranger.item(), qty=5, location_id=place), ref="S6")
    assert mine.status is OK, "another's reference is not ours"
    for table in ("stock", "stock_ledger", "stock_document", "stock_document_line"):
        with db.tenant(stranger.tenant_id) as tx:
            assert tx.run(f"SELECT count(*) FROM {table}").scalar_one() == 1


def test_s7_a_fact_of_last_year_is_posted_today(shelf: Shelf, item: int, here: int) -> None:
    old = datetime.now(UTC) - timedelta(days=400)
    line = Line(item_id=item, qty=5, location_id=here)
    assert shelf.do(Reason.RECEIPT, line, occurred_at=old).status is OK


def test_s8_a_held_balance_is_waited_for_not_passed_over(shelf: Shelf, item: int, here: int) -> None:
    """SKIP LOCKED would call it a shortage."""
    shelf.receive(item, here, 10)
    lines = [Line(item_id=item, qty=1, location_id=here)]
    answers = at_once([lambda: shelf.do(Reason.OUTBOUND, *lines) for _ in range(8)])
    assert [each.status for each in answers] == [OK] * 8


def test_w1_two_equal_requests_at_once_post_once(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 100)
    for n in range(5):
        line = Line(item_id=item, qty=-10, location_id=here)
        both = at_once([lambda: shelf.do(Reason.ADJUST, line, ref=f"W1-{n}") for _ in range(2)])  # noqa: B023
        assert sorted(each.status for each in both) == [SAME, OK]
    assert shelf.on_hand(item, here) == 50
    assert verify_ledger(shelf.db, shelf.tenant_id).faults == ()


def test_w2_a_clash_of_line_numbers_is_told_not_renumbered(shelf: Shelf, item: int, here: int) -> None:
    shelf.do(Reason.RECEIPT, Line(item_id=item, qty=5, location_id=here, ref_line=1), ref="W2")
    other = Line(item_id=shelf.item(), qty=5, location_id=here, ref_line=1)
    assert shelf.do(Reason.RECEIPT, other, ref="W2").status is Status.CONFLICT


def test_after_a_tenants_transaction_nobody_posts(db: Database, shelf: Shelf, item: int, here: int) -> None:
    """The setting is then '' and not NULL."""
    sql = (
        "SELECT * FROM ambar_ledger_post('RECEIPT', 'x', '{1}', '{1}', '{1}', '{0}', '{0}', '{1}', '{0}',"
        " '{-1}', false, false, NULL, NULL, NULL, NULL, NULL, '', NULL, '', '')"
    )
    with refused(DENIED, saying="no tenant"), db.tenant(shelf.tenant_id) as tx:
        tx.run("SET LOCAL app.tenant_id = ''")
        tx.run(sql)
    with refused(DENIED), db.platform() as house:
        house.run(sql)


def test_lines_in_any_order_never_lock_each_other(shelf: Shelf, here: int) -> None:
    items = [shelf.item() for _ in range(6)]
    for each in items:
        shelf.receive(each, here, 1000)
    crowded: list[float] = []
    shelf.desk = replace(shelf.desk, sleep=crowded.append)
    lines = [Line(item_id=each, qty=1, location_id=here) for each in items]
    for _ in range(5):
        at_once(
            [lambda: shelf.do(Reason.WRITE_OFF, *lines), lambda: shelf.do(Reason.WRITE_OFF, *lines[::-1])] * 4
        )
    assert crowded == []
    assert [shelf.on_hand(each, here) for each in items] == [960] * 6


@pytest.mark.parametrize("clients", [1, 4, 8, 32])
def test_of_the_last_pieces_exactly_so_many_are_sold(
    urls: Urls, shelf: Shelf, item: int, here: int, clients: int
) -> None:
    """Every client on a connection of its own, so that all of them are at the balance at once."""
    last = 5
    shelf.receive(item, here, last)
    line = Line(item_id=item, qty=1, location_id=here)
    own = Database(urls.app, pool_size=clients)
    desk = replace(shelf.desk, db=own)
    start = Barrier(clients)

    def sell(client: int) -> list[Status]:
        start.wait()
        asked = range(client, max(clients, last + 2), clients)
        refs = [StockDocument(reason=Reason.OUTBOUND, ref=f"last-{n}", lines=[line]) for n in asked]
        return [desk(shelf.tenant_id, each).status for each in refs]

    with ThreadPoolExecutor(clients) as pool:
        told = [status for some in pool.map(sell, range(clients)) for status in some]
    own.close()
    assert sorted(told) == [SHORT] * (len(told) - last) + [OK] * last
    assert shelf.on_hand(item, here) == 0
    assert verify_ledger(shelf.db, shelf.tenant_id).faults == ()


def test_the_balance_itself_refuses_what_no_shelf_can_hold(
    urls: Urls, shelf: Shelf, item: int, here: int
) -> None:
    shelf.receive(item, here, 1)
    with superuser(urls.admin) as connection:
        for deed in ("on_hand = -1", "reserved = 2", "reserved = -1"):
            with refused(CHECK_VIOLATED, saying="ck_stock_balance"):
                connection.execute(text(f"UPDATE stock SET {deed} WHERE tenant_id = {shelf.tenant_id}"))


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE stock SET on_hand = 100",
        "UPDATE stock_ledger SET delta = 1",
        "DELETE FROM stock_ledger",
        "INSERT INTO stock (tenant_id, item_id, location_id) VALUES (:tenant_id, 1, 1)",
        "UPDATE hold SET left_qty = 0",
        "DELETE FROM stock_document_line",
        "UPDATE ledger_period SET closed_before = now()",
        "DELETE FROM ledger_seal",
        "SELECT ambar_ledger_alone()",
    ],
)
def test_nobody_but_the_posting_function_writes(shelf: Shelf, deed: str) -> None:
    with refused(DENIED), shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run(deed)
