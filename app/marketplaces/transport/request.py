"""What a request is without its secrets, and what came back."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class RequestKey(NamedTuple):
    """Which request a reply answers, without secrets.

    ``host`` is the marketplace's own name of the host ("statistics-api", "ozon"), not the address,
    so that a sandbox on another port asks the same question. ``params``: canonical JSON of the
    query and the body.
    """

    method: str
    host: str
    path: str
    params: str


class Reply(NamedTuple):
    """A reply as received. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    request: RequestKey


class CallReport(NamedTuple):
    """One attempt, for metrics: ``status`` 0 = no answer came."""

    budget: str
    host: str
    path: str
    status: int
    seconds: float
    received: int
    attempt: int


def canonical(params: Mapping[str, Any] | None, body: Any | None) -> str:
    """Query and body as one JSON text that does not depend on the order of keys; "" = neither."""
    told = {name: value for name, value in (("query", params), ("body", body)) if value}
    if not told:
        return ""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
