"""How Ozon's pages follow each other. Never by ``total``: it goes away on 23 November 2026."""

from collections.abc import Callable, Iterator
from typing import Any

from app.marketplaces.errors import Garbled
from app.marketplaces.source import Page
from app.marketplaces.transport import Reply
from app.marketplaces.wire import parse_json


def next_id(body: bytes, method: str, *path: str) -> str:
    """``last_id`` of a page, "" = none."""
    place = parse_json(body, method)
    for name in path:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise Garbled(method, "ожидался объект")
    told = place.get("last_id")
    return told if isinstance(told, str) else ""


def cursor_pages(ask: Callable[[str], Reply], cursor: str, method: str, rows: str) -> Iterator[Page]:
    """Pages of a method that answers ``has_next`` and ``cursor`` at its root, after ``cursor`` ("" = from
    the start).

    ``has_next`` was seen true before an empty page, and a cursor stands on the last page too (facts/ozon.md
    trap 10): the end is a page without rows, without a next one, or with a cursor that was asked for already.
    Raises Garbled.
    """
    asked = {cursor}
    while True:
        reply = ask(cursor)
        told, found = _listed(reply.body, method, rows)
        following = told.get("cursor")
        if not found or told.get("has_next") is False or not isinstance(following, str):
            following = ""
        cursor = "" if following in asked else following
        yield Page(reply.request, reply.body, cursor)
        if not cursor:
            return
        asked.add(cursor)


def numbered_pages(
    ask: Callable[[int], Reply], cursor: str, method: str, rows: str, number: str
) -> Iterator[Page]:
    """Pages that go on after the last row's ``number``; "" = from the start. In which order they come is not
    told: the end is a page without rows, without a next one where ``has_next`` is told, or with a last number
    that was asked for already. Raises Garbled."""
    after = int(cursor or 0)
    asked = {0, after}
    while True:
        reply = ask(after)
        told, found = _listed(reply.body, method, rows)
        last = _number(found[-1].get(number)) if found and isinstance(found[-1], dict) else 0
        more = last not in asked and told.get("has_next") is not False
        yield Page(reply.request, reply.body, str(last) if more else "")
        if not more:
            return
        after = last
        asked.add(last)


def rows_of(told: dict[str, Any], method: str, rows: str) -> list[Any]:
    """The rows of a page: a list, one object where there is one row, or null for none. Raises Garbled."""
    found = told.get(rows)
    if found is None:
        return []
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise Garbled(method, f"в поле {rows} ожидался список")
    return found


def _listed(body: bytes, method: str, rows: str) -> tuple[dict[str, Any], list[Any]]:
    told = parse_json(body, method)
    if not isinstance(told, dict) or rows not in told:
        raise Garbled(method, f"нет поля {rows}")
    return told, rows_of(told, method, rows)


def _number(told: object) -> int:
    """Ids come as numbers, and as digits in a string."""
    text = str(told)
    return int(text) if text.isdecimal() else 0
