"""Closing the books and opening them again: what is refused then, and who did it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import BadInput, Conflict
from app.domain.warehouse.movements import Line, Reason, Status
from app.repositories.audit import list_entries
from app.services.ledger.period import close_period, open_period
from tests.support.shelf import Shelf

MOSCOW = ZoneInfo("Europe/Moscow")
FIRST = date(2026, 11, 1)
BEGINS = datetime(2026, 10, 31, 21, tzinfo=UTC)
"""The first of November in Moscow."""


def close(shelf: Shelf, day: date) -> bool:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        return close_period(tx, day, MOSCOW)


def reopen(shelf: Shelf, day: date | None) -> bool:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        return open_period(tx, day, MOSCOW)


def told(shelf: Shelf, item: int, place: int, at: datetime) -> Status:
    return shelf.do(Reason.RECEIPT, Line(item_id=item, qty=1, location_id=place), occurred_at=at).status


def test_a_period_is_closed_at_the_sellers_midnight(shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    assert close(shelf, FIRST)
    assert told(shelf, item, place, BEGINS) is Status.OK
    with pytest.raises(Conflict, match="закрыт"):
        told(shelf, item, place, BEGINS - timedelta(seconds=1))
    assert shelf.on_hand(item, place) == 1


def test_an_opened_period_takes_facts_again_and_no_older_ones(shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    close(shelf, FIRST)
    assert reopen(shelf, FIRST - timedelta(days=31))
    assert told(shelf, item, place, BEGINS - timedelta(days=31)) is Status.OK
    with pytest.raises(Conflict):
        told(shelf, item, place, BEGINS - timedelta(days=32))
    assert reopen(shelf, None)
    assert told(shelf, item, place, BEGINS - timedelta(days=400)) is Status.OK


def test_closing_and_opening_are_in_the_audit_and_repeats_are_not(shelf: Shelf) -> None:
    earlier = FIRST - timedelta(days=1)
    deeds = [close(shelf, FIRST), close(shelf, FIRST), close(shelf, earlier)]
    deeds += [reopen(shelf, FIRST + timedelta(days=1)), reopen(shelf, earlier), reopen(shelf, None)]
    assert deeds == [True, False, False, False, True, True]
    assert not reopen(shelf, None)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        entries = [(each.action, each.subject) for each in list_entries(tx, 10, 0)]
    assert entries[::-1] == [
        ("ledger.closed", "2026-11-01"),
        ("ledger.opened", "2026-10-31"),
        ("ledger.opened", ""),
    ]


def test_a_day_that_is_yet_to_begin_cannot_be_closed(shelf: Shelf) -> None:
    with pytest.raises(BadInput, match="ещё не наступило"):
        close(shelf, datetime.now(UTC).date() + timedelta(days=2))
