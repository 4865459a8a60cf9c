"""Which of a day's stored pages are its truth.

A day that was begun anew has pages of two tellings, and what stands in the first one alone has vanished
meanwhile: only the last telling counts.
"""

import json
from collections.abc import Sequence

from app.marketplaces.errors import Garbled
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.source import Page, bodies


def last_telling(pages: Sequence[Page]) -> list[bytes]:
    """Bodies of the pages that follow from the last first page; all of them where none was asked for twice,
    or where they do not lead to an end (an accrual told twice still counts once)."""
    asked = {_asked(page): page for page in pages}
    if len(asked) == len(pages) or "" not in asked:
        return bodies(pages)
    found, last_id = list[bytes](), ""
    while last_id in asked:
        page = asked.pop(last_id)
        found.append(page.body)
        try:
            last_id = next_id(page.body, "ozon.accruals")
        except Garbled:
            return bodies(pages)
        if not last_id:
            return found
    return bodies(pages)


def _asked(page: Page) -> str:
    """The ``last_id`` that a page was asked with."""
    try:
        told = json.loads(page.key.params or "{}")
    except ValueError:
        return ""
    body = told.get("body") if isinstance(told, dict) else None
    return str(body.get("last_id") or "") if isinstance(body, dict) else ""
