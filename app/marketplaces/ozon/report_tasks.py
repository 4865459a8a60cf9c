"""Ozon's reports in three steps: ordered, looked after through /v1/report/info, taken as a file.

The report's code is the cursor of the first page, so that an interrupted night finds its report: an order
is dear (placement has five a day). The file lies at a signed address outside the API that dies within
hours («signature is too old», a 403 with XML, seen live in September 2026): the address is asked for anew
each time and never stored.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.marketplaces.errors import Garbled, Refused
from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.sheets import read_sheets, table
from app.marketplaces.source import Page
from app.marketplaces.transport import Endpoint, Reply, RequestKey
from app.marketplaces.transport.request import canonical
from app.marketplaces.waiting import wait_for
from app.marketplaces.wire import parse_json

INFO = post("ozon.report.info", "/v1/report/info")
FILE = "ozon.report.file"
FILES = "ozon-files"
"""The host of the files, whatever it is called today."""

_CODE = re.compile(r"[\w.:-]{1,200}", re.ASCII)
_NO_SUCH_METHOD = "page not found"


class _Made(NamedTuple):
    """A report that is being made no longer: where its file is, or why there is none (``address`` "")."""

    address: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report of one kind; ``create`` is where it is ordered. ``may_be_absent``: 404 says that there is
    nothing to report (a month without compensations), which is then told by an empty body."""

    client: OzonClient
    policy: OzonPolicy
    create: Endpoint
    may_be_absent: bool = False

    def pages(self, cursor: str, body: Mapping[str, Any]) -> Iterator[Page]:
        """The order's reply, then the file; ``body`` is what is ordered, ``cursor`` a code or "".

        Raises:
            NotReady, RateLimited: come back with the last cursor.
            Garbled: Ozon could not make it, or its file cannot be had: the next time it is ordered anew.
        """
        code = cursor
        made = self._made(code) if code else None
        if made is None:  # never ordered, or gone while we were away
            ordered = self._order(body)
            if ordered is None:
                asked = self.create
                key = RequestKey(asked.verb, asked.host, asked.path, canonical(None, body))
                yield Page(key, b"", "")
                return
            code = self._code(ordered.body)
            yield Page(ordered.request, ordered.body, code, is_receipt=True)
            self.client.transport.sleep(self.policy.poll_pause)
            made = self._made(code)
        if made is None or not made.address:
            why = made.why if made else "отчёт пропал"
            raise Garbled(self.create.budget, f"отчёт не сделан: {why or 'причина не названа'}")
        yield self._file(made.address)

    def _order(self, body: Mapping[str, Any]) -> Reply | None:
        """None: there is nothing to report."""
        try:
            return self.client.transport.call(self.create, body=body)
        except Refused as error:
            if self.may_be_absent and error.status == 404 and _NO_SUCH_METHOD not in error.reason.lower():
                return None
            raise

    def _made(self, code: str) -> _Made | None:
        """What became of the report; None: nobody knows it (any more)."""

        def look() -> tuple[_Made | None] | None:
            try:
                reply = self.client.transport.call(INFO, body={"code": code})
            except Refused as error:
                if error.status in (400, 404):
                    return (None,)
                raise
            made = _judge(_report_of(reply.body))
            return None if made is None else (made,)

        return wait_for(self.client.transport, self.policy, INFO.budget, look)[0]

    def _file(self, address: str) -> Page:
        reply = self.client.transport.download(FILE, FILES, address)
        if not reply.body:
            raise Garbled(FILE, "файл пуст")
        return Page(reply.request, reply.body, "")

    def _code(self, body: bytes) -> str:
        """Placement tells it at the root, compensations within ``result``."""
        told = parse_json(body, self.create.budget)
        inner = told.get("result") if isinstance(told, dict) else None
        places = [place for place in (told, inner) if isinstance(place, dict)]
        code = next((place["code"] for place in places if place.get("code")), None)
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise Garbled(self.create.budget, "нет поля code")
        return code


def last_file(pages: Sequence[Page]) -> bytes:
    """The file of a report's pages: one that was lost on the way was ordered anew. b"" where there was
    nothing to report."""
    told = [page.body for page in pages if not page.is_receipt]
    return told[-1] if told else b""


def table_of(body: bytes, wanted: Sequence[str], method: str) -> Iterator[dict[str, str]]:
    """Rows of a report's file, all its sheets together; those without any row are passed over. b"" has no
    rows. Raises Garbled: see ``sheets``."""
    for sheet in read_sheets(body, method) if body else ():
        yield from table(sheet, wanted, method)


def _report_of(body: bytes) -> Mapping[str, Any]:
    """/v1/report/info, whose ``result`` has been seen with a ``report`` inside."""
    told = parse_json(body, INFO.budget)
    result = told.get("result") if isinstance(told, dict) else None
    inner = result.get("report") if isinstance(result, dict) else None
    report = inner if isinstance(inner, dict) else result
    if not isinstance(report, dict) or not isinstance(report.get("status"), str):
        raise Garbled(INFO.budget, "нет поля status")
    return report


def _judge(report: Mapping[str, Any]) -> _Made | None:
    """waiting | processing | success | failed; None: it is still being made."""
    if report["status"] == "success":
        address = report.get("file")
        return _Made(address if isinstance(address, str) else "", "нет ссылки на файл")
    if report["status"] == "failed":
        return _Made("", str(report.get("error") or "")[:100])
    return None
