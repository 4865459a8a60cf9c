"""Reports of advertising that are ordered, waited for and taken; one at a time, says Ozon.

The report's UUID is in the cursor of the first page, so that an interrupted night finds it; one that is
gone by then is ordered anew.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.marketplaces.errors import Garbled, Refused
from app.marketplaces.ozon.ads import calls
from app.marketplaces.ozon.ads.reports import report_rows
from app.marketplaces.ozon.performance import PerformanceClient
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Page, Unit
from app.marketplaces.waiting import wait_for
from app.marketplaces.wire import parse_json

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_STATUS = "ozon.ads.export.status"


@dataclass(frozen=True, slots=True)
class Export:
    """A report of some campaigns over a unit's days."""

    client: PerformanceClient
    policy: OzonPolicy
    campaigns: Sequence[int]
    unit: Unit

    def pages(self, report: str, waiting: Callable[[str], str], done: str) -> Iterator[Page]:
        """The order's reply, then the report. ``report``: the UUID of one that was ordered before, or "";
        ``waiting`` makes the cursor for one that is being made, ``done`` is the cursor after it.

        Raises:
            NotReady, RateLimited: come back with the last cursor (another report is being made, too).
            Garbled: Ozon could not make the report, or its replies cannot be read.
        """
        if report and not self._is_ready(report):
            report = ""
        if not report:
            reply = calls.order(self.client, self.campaigns, self.unit.d_from, self.unit.d_to)
            report = _number(reply.body)
            yield Page(reply.request, reply.body, waiting(report), is_receipt=True)
            self.client.transport.sleep(self.policy.poll_pause)
            if not self._is_ready(report):
                raise Garbled(_STATUS, "площадка не смогла сделать отчёт")
        reply = calls.download(self.client, report)
        list(report_rows(reply.body))  # what cannot be read is asked for again, not kept
        yield Page(reply.request, reply.body, done)

    def _is_ready(self, report: str) -> bool:
        """True: can be taken. False: there is none any more. Raises NotReady or RateLimited to wait."""

        def look() -> bool | None:
            try:
                told = parse_json(calls.state(self.client, report).body, _STATUS)
            except Refused as error:
                if error.status in (400, 404):
                    return False
                raise
            state = told.get("state") if isinstance(told, dict) else None
            if not isinstance(state, str):
                raise Garbled(_STATUS, "нет поля state")
            return state == "OK" if state in ("OK", "ERROR") else None

        return wait_for(self.client.transport, self.policy, _STATUS, look)


def _number(body: bytes) -> str:
    told = parse_json(body, "ozon.ads.export.create")
    number = told.get("UUID") if isinstance(told, dict) else None
    # It becomes a part of a path: anything but a UUID is refused.
    if not isinstance(number, str) or not _UUID.fullmatch(number):
        raise Garbled("ozon.ads.export.create", "нет поля UUID")
    return number
