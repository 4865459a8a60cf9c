"""Stock of past days: a CSV report that is ordered under a number of ours, waited for and taken."""

# ruff: noqa: ARG002 - the port has one signature for all sources

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.marketplaces.errors import Garbled, NotReady, Refused
from app.marketplaces.source import Kind, Normalised, Page, Unit, window
from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.stock.rows import normalise_history
from app.marketplaces.wire import parse_rows

_HOST, _PATH = "seller-analytics-api", "/api/v2/nm-report/downloads"
_CREATE = Endpoint("wb.stock_history.create", "POST", _HOST, _PATH)
_LIST = Endpoint("wb.stock_history.list", "GET", _HOST, _PATH)
LONGEST = timedelta(days=89)
SEVERAL_NIGHTS = timedelta(days=3)
"""Below this a base token, whose every step costs an hour, leaves the gap to the next report."""


@dataclass(frozen=True, slots=True)
class WbStockHistory:
    """Stock of days that no night saw: the first history, and nights that were missed. The night's own
    day is a snapshot's business. Cursor: the report's number."""

    client: WbClient
    policy: WbPolicy
    name: str = "wb.stock_history"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"past_stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        last = d_to - timedelta(days=1)
        first = max(d_from, last - LONGEST)
        if first > last or (self.policy.slow and last - first < SEVERAL_NIGHTS):
            return []
        return [window(first, last)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        number = cursor
        if not number or self._status(number) is None:  # kept for 48 hours
            number = str(uuid.uuid4())
            reply = self._order(number, unit)
            if reply is not None:
                yield Page(reply.request, reply.body, number, is_receipt=True)
            self.client.transport.sleep(self.policy.poll_pause)
        self._wait(number)
        taken = Endpoint("wb.stock_history.file", "GET", _HOST, f"{_PATH}/file/{number}")
        reply = self.client.transport.call(taken)
        yield Page(reply.request, reply.body, "")

    def _order(self, number: str, unit: Unit) -> Reply | None:
        """The order's reply; None where it was lost and the order was repeated: its number is taken then."""
        params: dict[str, Any] = {
            "currentPeriod": {"start": unit.d_from.isoformat(), "end": unit.d_to.isoformat()},
            "stockType": "wb",
            "skipDeletedNm": False,
        }
        body = {"id": number, "reportType": "STOCK_HISTORY_DAILY_CSV", "params": params}
        try:
            return self.client.transport.call(_CREATE, body=body)
        except Refused as error:
            if error.status == 400 and self._status(number) is not None:
                return None
            raise

    def _wait(self, number: str) -> None:
        """Raises NotReady to come back, Garbled where Wildberries could not make it."""
        for poll in range(self.policy.polls):
            if poll:
                self.client.transport.sleep(self.policy.poll_pause)
            status = self._status(number)
            if status == "SUCCESS":
                return
            if status == "FAILED":
                raise Garbled(self.name, "площадка не смогла составить отчёт")
        raise NotReady(self.client.transport.clock.now() + self.policy.come_back, "wb.stock_history.list")

    def _status(self, number: str) -> str | None:
        """WAITING | PROCESSING | SUCCESS | RETRY | FAILED; None where there is no such report."""
        reply = self.client.transport.call(_LIST, params={"filter[downloadIds]": number})
        rows = parse_rows(reply.body, "wb.stock_history.list", "data")
        found = [row for row in rows if isinstance(row, dict) and row.get("id") == number]
        return str(found[0].get("status")) if found else None

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        files = [page.body for page in pages if "/file/" in page.key.path]
        return normalise_history(files[-1]) if files else Normalised()
