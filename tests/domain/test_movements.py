"""A posted document in words: the worst of its lines, and how many pieces a line moved."""

import pytest

from app.domain.warehouse.movements import (
    Entry,
    Line,
    LineAnswer,
    Posted,
    Reason,
    Status,
    StockDocument,
)


def entry(delta: int, reserved_delta: int = 0) -> Entry:
    return Entry(1, delta, reserved_delta, 10, 0, 1, None)


def answer(status: Status = Status.OK, *entries: Entry) -> LineAnswer:
    return LineAnswer(ref_line=1, status=status, missing=0, entries=entries)


@pytest.mark.parametrize(
    ("entries", "pieces"),
    [
        ((entry(5),), 5),
        ((entry(-5),), 5),
        ((entry(-3), entry(-4)), 7),
        ((entry(-5), entry(5)), 5),
        ((entry(0, 4),), 4),
        ((entry(-4, -4),), 4),
        ((), 0),
    ],
    ids=["put", "taken", "taken from two lots", "moved", "promised", "a promise shipped", "nothing"],
)
def test_pieces_of_a_line(entries: tuple[Entry, ...], pieces: int) -> None:
    assert answer(Status.OK, *entries).pieces == pieces


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        ((Status.OK, Status.CONFLICT, Status.INSUFFICIENT_STOCK), Status.CONFLICT),
        ((Status.OK, Status.INSUFFICIENT_STOCK, Status.IDEMPOTENT), Status.INSUFFICIENT_STOCK),
        ((Status.OK, Status.IDEMPOTENT), Status.OK),
        ((Status.IDEMPOTENT, Status.IDEMPOTENT), Status.IDEMPOTENT),
    ],
)
def test_a_document_is_as_its_worst_line(told: tuple[Status, ...], whole: Status) -> None:
    assert Posted(tuple(answer(status) for status in told)).status is whole


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        ((Status.CONFLICT, Status.OK), True),
        ((Status.INSUFFICIENT_STOCK, Status.IDEMPOTENT), True),
        ((Status.INSUFFICIENT_STOCK, Status.CONFLICT), False),
    ],
)
def test_a_document_stands_by_any_line_of_it(told: tuple[Status, ...], stands: bool) -> None:
    assert Posted(tuple(answer(status) for status in told)).stands is stands


def test_a_line_names_pieces_and_all_else_is_left_open() -> None:
    line = Line(3)
    assert (line.qty, line.item_id, line.location_id, line.lot_id, line.ref_line) == (3, 0, None, None, None)
    document = StockDocument(reason=Reason.OUTBOUND, ref="r", lines=[line])
    assert not document.atomic
    assert not document.partial
