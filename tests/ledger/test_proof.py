"""The ledger proves itself: damage is found, a sealed day cannot be rewritten, balances come back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from app.db.install import Urls
from app.domain.warehouse.movements import Line, Reason
from app.repositories import ledger_proof
from app.services.ledger.snapshot import query_stock_as_of
from app.services.ledger.verify import rebuild_ledger, verify_ledger
from tests.support.databases import superuser
from tests.support.shelf import Shelf

Deed = Callable[[str], None]


@pytest.fixture
def deed(urls: Urls, shelf: Shelf) -> Deed:
    """A statement of somebody who may do anything; ``{t}`` is the tenant."""

    def do(sql: str) -> None:
        with superuser(urls.admin) as connection:
            assert connection.execute(text(sql.format(t=f"tenant_id = {shelf.tenant_id}"))).rowcount > 0

    return do


@pytest.fixture
def lived_in(shelf: Shelf) -> Shelf:
    """A shelf with a document of most kinds."""
    item, here, there = shelf.item(), shelf.place(), shelf.place()
    shelf.receive(item, here, 10)
    shelf.do(Reason.PUTAWAY, Line(item_id=item, qty=6, location_id=here, to_location_id=there))
    held = shelf.do(Reason.RESERVE, Line(item_id=item, qty=3, location_id=there))
    hold = held.lines[0].entries[0].hold_id
    shelf.do(Reason.SHIP, Line(hold_id=hold, qty=1))
    shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=2, location_id=here), ref="SO")
    return shelf


def faults(shelf: Shelf) -> set[str]:
    return {fault.question for fault in verify_ledger(shelf.db, shelf.tenant_id).faults}


def test_a_sound_ledger_has_no_faults(lived_in: Shelf) -> None:
    proof = verify_ledger(lived_in.db, lived_in.tenant_id)
    assert (proof.entries, proof.faults) == (6, ())


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("UPDATE stock SET on_hand = on_hand + 1 WHERE {t} AND reserved = 0", {"balances"}),
        ("UPDATE stock SET version = version + 1 WHERE {t} AND reserved = 0", {"balances"}),
        ("UPDATE stock_ledger SET after_qty = after_qty + 1 WHERE {t} AND ref = 'SO'", {"chain"}),
        ("UPDATE stock_ledger SET version = version + 1 WHERE {t} AND ref = 'SO'", {"chain", "documents"}),
        ("UPDATE stock_ledger SET item_id = item_id + 1 WHERE {t} AND ref = 'SO'", {"chain"}),
        ("DELETE FROM stock_ledger WHERE {t} AND ref = 'SO'", {"balances", "documents"}),
        (
            "DELETE FROM stock_ledger WHERE {t} AND reason = 'PUTAWAY' AND delta < 0",
            {"balances", "chain", "transfers", "documents"},
        ),
        ("UPDATE hold SET left_qty = left_qty - 1 WHERE {t}", {"holds"}),
        ("DELETE FROM stock_document_line WHERE {t} AND ref = 'SO'", {"documents"}),
        ("UPDATE stock_document_line SET delta = -3 WHERE {t} AND ref = 'SO'", {"documents"}),
        ("DELETE FROM stock_document WHERE {t} AND ref = 'SO'", {"documents"}),
    ],
)
def test_damage_is_found(lived_in: Shelf, deed: Deed, damage: str, noticed: set[str]) -> None:
    deed(damage)
    assert faults(lived_in) == noticed


def test_balances_come_back_from_the_entries(lived_in: Shelf, deed: Deed) -> None:
    deed("UPDATE stock SET on_hand = 0, reserved = 0, version = 0 WHERE {t}")
    deed("UPDATE hold SET left_qty = 0, shipped_qty = 0 WHERE {t}")
    assert faults(lived_in) == {"balances"}
    for wrong in (3, 0):
        with lived_in.db.tenant(lived_in.tenant_id) as tx:
            assert rebuild_ledger(tx) == wrong
    assert faults(lived_in) == set()


def sealed(shelf: Shelf, deed: Deed) -> None:
    """The shelf's life, two days ago and under its seal."""
    deed("UPDATE stock_ledger SET posted_at = posted_at - interval '2 days' WHERE {t}")
    with shelf.db.tenant(shelf.tenant_id) as tx:
        assert ledger_proof.seal(tx, datetime.now(UTC).date()) == 2
        assert ledger_proof.seal(tx, datetime.now(UTC).date()) == 0
    assert faults(shelf) == set()


@pytest.mark.parametrize(
    "damage",
    [
        # What adds up all the same: only the seal can tell.
        "UPDATE stock_ledger SET occurred_at = occurred_at - interval '1 day' WHERE {t} AND ref = 'SO'",
        "UPDATE stock_ledger SET actor_id = 7 WHERE {t} AND ref = 'SO'",
        "UPDATE stock_ledger SET posted_at = posted_at + interval '1 microsecond' WHERE {t} AND ref = 'SO'",
        "UPDATE ledger_seal SET previous = 'x' WHERE {t} AND previous <> ''",
        "DELETE FROM ledger_seal WHERE {t} AND previous = ''",
    ],
)
def test_a_sealed_day_cannot_be_rewritten(lived_in: Shelf, deed: Deed, damage: str) -> None:
    sealed(lived_in, deed)
    deed(damage)
    assert {"seals"} <= faults(lived_in) <= {"seals", "before_seals"}


def test_an_entry_slipped_in_before_the_first_seal_is_found(lived_in: Shelf, deed: Deed) -> None:
    sealed(lived_in, deed)
    deed("UPDATE ledger_seal SET d = d + 1 WHERE {t} AND d = (SELECT max(d) FROM ledger_seal WHERE {t})")
    assert "seals" in faults(lived_in)


def test_today_is_not_sealed(lived_in: Shelf) -> None:
    with lived_in.db.tenant(lived_in.tenant_id) as tx:
        assert tx.run("SELECT ambar_ledger_seal(:d)", d=date(2100, 1, 1)).scalar_one() == 0


def test_stock_as_of_any_instant_by_the_books_and_by_the_facts(shelf: Shelf) -> None:
    item, here = shelf.item(), shelf.place()
    long_ago = datetime.now(UTC) - timedelta(days=30)
    begun = datetime.now(UTC)
    shelf.do(Reason.RECEIPT, Line(item_id=item, qty=10, location_id=here), occurred_at=long_ago)
    between = datetime.now(UTC)
    shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=4, location_id=here))
    shelf.do(Reason.RESERVE, Line(item_id=item, qty=1, location_id=here))
    after = datetime.now(UTC)
    # A fact that came late: it was already so twenty days ago.
    late = long_ago + timedelta(days=10)
    shelf.do(Reason.WRITE_OFF, Line(item_id=item, qty=2, location_id=here), occurred_at=late)

    def was(at: datetime, by: str) -> list[tuple[int, int]]:
        with shelf.db.tenant(shelf.tenant_id) as tx:
            found = query_stock_as_of(tx, [item], at, by)  # type: ignore[arg-type]
        return [(each.on_hand, each.reserved) for each in found]

    day = timedelta(days=1)
    books = [was(at, "posted") for at in (begun, between, after, after + day)]
    assert books == [[], [(10, 0)], [(6, 1)], [(4, 1)]]
    assert [was(at, "occurred") for at in (long_ago - day, long_ago, late, between, after)] == [
        [],
        [(10, 0)],
        [(8, 0)],
        [(8, 0)],
        [(4, 1)],
    ]
    # A fact of a time yet to come: in the books at once, on the shelf when its time comes.
    shelf.do(
        Reason.RECEIPT, Line(item_id=item, qty=5, location_id=here), occurred_at=datetime.now(UTC) + 2 * day
    )
    now = datetime.now(UTC)
    assert [was(now, "posted"), was(now, "occurred"), was(now + 3 * day, "occurred")] == [
        [(9, 1)],
        [(4, 1)],
        [(9, 1)],
    ]
