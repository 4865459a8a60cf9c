"""How Wildberries' lists turn their pages: by an offset, or by the time of the last row's last change."""

from collections.abc import Callable, Iterator

from app.marketplaces.errors import Garbled
from app.marketplaces.source import Page
from app.marketplaces.transport import Reply
from app.marketplaces.wire import parse_rows


def offset_pages(
    ask: Callable[[int], Reply],
    cursor: str,
    full_page: int,
    method: str,
    *path: str,
    nothing_is_204: bool = False,
) -> Iterator[Page]:
    """Pages from the offset in ``cursor`` on ("" = 0), their rows at ``path``. One of fewer than
    ``full_page`` rows is the last: the call that would bring an empty one may cost a base token hours.
    Raises Garbled."""
    offset = int(cursor or 0)
    while True:
        reply = ask(offset)
        is_nothing = nothing_is_204 and reply.status == 204
        rows = 0 if is_nothing else len(parse_rows(reply.body, method, *path))
        offset += rows
        more = rows >= full_page
        yield Page(reply.request, reply.body, str(offset) if more else "")
        if not more:
            return


def changed_pages(ask: Callable[[str], Reply], after: str, full_page: int, method: str) -> Iterator[Page]:
    """Pages of rows changed after ``after``. A reply of fewer than ``full_page`` rows is the last one: the
    call that would bring an empty list costs hours on a base token. Raises Garbled."""
    while True:
        reply = ask(after)
        rows = parse_rows(reply.body, method)
        following = _last_change(rows[-1], method) if len(rows) >= full_page else ""
        if following and following == after:
            raise Garbled(method, "страница повторяется")
        yield Page(reply.request, reply.body, following)
        if not following:
            return
        after = following


def _last_change(row: object, method: str) -> str:
    changed = row.get("lastChangeDate") if isinstance(row, dict) else None
    if not isinstance(changed, str) or not changed:
        raise Garbled(method, "нет lastChangeDate у последней строки полной страницы")
    return changed
