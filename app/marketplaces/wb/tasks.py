"""Reports in three steps: ordered, waited for, taken. Stock remains, paid storage, acceptance.

The task's id is the cursor of the first page, so that an interrupted night finds its task; one that
is gone by then is ordered anew. A reply of the first step is kept like any other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.marketplaces.errors import Garbled, Refused
from app.marketplaces.source import Page
from app.marketplaces.transport import Endpoint
from app.marketplaces.transport.request import Reply
from app.marketplaces.waiting import wait_for
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wire import parse_json, parse_rows

_TASK_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_GONE = frozenset({"purged", "canceled"})


@dataclass(frozen=True, slots=True)
class Task:
    """A report of this kind. ``budget`` names its quotas ("wb.storage": .create, .status, .download);
    ``path`` is where it is ordered."""

    client: WbClient
    policy: WbPolicy
    budget: str
    path: str

    def pages(self, cursor: str, params: Mapping[str, str]) -> Iterator[Page]:
        """The order's reply, then the report's.

        Raises:
            NotReady, RateLimited: come back with the last cursor.
            Garbled: the marketplace cancelled the report, or its replies cannot be read.
        """
        task_id = cursor
        if task_id and not self._is_ready(task_id):
            task_id = ""  # gone while we were away: order anew
        if not task_id:
            reply = self._call("create", self.path, params)
            task_id = self._task_id(reply.body)
            yield Page(reply.request, reply.body, task_id, is_receipt=True)
            self.client.transport.sleep(self.policy.poll_pause)
            if not self._is_ready(task_id):
                raise Garbled(f"{self.budget}.status", "отчёт отменён площадкой")
        reply = self._call("download", f"{self.path}/tasks/{task_id}/download")
        if reply.status != 204:
            parse_rows(reply.body, f"{self.budget}.download")
        yield Page(reply.request, reply.body, "")

    def _is_ready(self, task_id: str) -> bool:
        """True: can be taken. False: the task is gone. Raises NotReady or RateLimited to wait."""

        def look() -> bool | None:
            try:
                status = self._status(task_id)
            except Refused as error:
                if error.status in (400, 404):
                    return False
                raise
            return False if status in _GONE else (True if status == "done" else None)

        return wait_for(self.client.transport, self.policy, f"{self.budget}.status", look)

    def _status(self, task_id: str) -> str:
        """new | processing | done | purged | canceled, as told."""
        method = f"{self.budget}.status"
        reply = self._call("status", f"{self.path}/tasks/{task_id}/status")
        told = parse_json(reply.body, method)
        data = told.get("data") if isinstance(told, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("status"), str):
            raise Garbled(method, "нет поля status")
        return str(data["status"])

    def _task_id(self, body: bytes) -> str:
        method = f"{self.budget}.create"
        told = parse_json(body, method)
        data = told.get("data") if isinstance(told, dict) else None
        task_id = data.get("taskId") if isinstance(data, dict) else None
        # It becomes a part of a path: anything but a plain id is refused.
        if not isinstance(task_id, str) or not _TASK_ID.fullmatch(task_id):
            raise Garbled(method, "нет поля taskId")
        return task_id

    def _call(self, step: str, path: str, params: Mapping[str, str] | None = None) -> Reply:
        endpoint = Endpoint(f"{self.budget}.{step}", "GET", "seller-analytics-api", path)
        return self.client.transport.call(endpoint, params=params)


def last_report(pages: Sequence[Page]) -> list[bytes]:
    """The report of the last task: one that went away while it was being taken was ordered anew."""
    return [page.body for page in pages if page.key.path.endswith("/download")][-1:]
