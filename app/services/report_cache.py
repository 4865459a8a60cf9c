"""Answers kept for a while: the same question about unchanged figures is not computed twice.

An answer is kept under all that it depends on, the stamp of the tenant's figures first of all, so a
kept answer is never stale: what has changed is asked for under another name. No cache, a dead one or
one that holds something else, and the answer is computed.
"""

import hashlib
import json
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any, Protocol, get_type_hints

import structlog
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from app.core.config import Settings
from app.db.figures import Stamp, has_moved, read_stamp
from app.db.session import TenantTx
from app.services.analytics.common import Question

log = structlog.get_logger(__name__)

SETTINGS_THAT_MATTER = ("day_timezone", "aggr_days_wb", "aggr_days_ozon", "safety_coeff")
"""What an answer depends on besides the figures. A test holds it against what the questions read."""

_MADE_BY = ("domain", "repositories", "services")
"""Where answers are made: another release's answers are not ours."""


class ReportCache(Protocol):
    """Bytes kept for a tenant under a name, as long as it pleases the cache. Never raises."""

    def get(self, tenant_id: int, name: str, /) -> bytes | None:
        """What was put there; None where nothing is, or nobody answers."""
        ...

    def put(self, tenant_id: int, name: str, value: bytes, /) -> None:
        """Keep this."""
        ...


class Cached:
    """A question that is answered from the cache where nothing it depends on has changed.

    It stands where the question stood: the same call, an equal answer, the same errors (never kept).
    """

    def __init__(self, question: Question, cache: ReportCache) -> None:
        hints = get_type_hints(type(question).__call__)
        self.question = question
        self._cache = cache
        self._kind = type(question).__name__
        self._answers = TypeAdapter[Any](hints["return"])
        self._orders = TypeAdapter[Any](hints["query"])

    def __call__(self, tx: TenantTx, query: Any) -> Any:
        """Raises what the question raises."""
        # The stamp is read first: figures that change meanwhile make the answer newer, never older.
        stamp = None if has_moved(tx) else read_stamp(tx)
        if stamp is None:
            return self._ask(tx, query)
        label = self._label(tx.tenant_id, stamp, query)
        name = hashlib.sha256(label).hexdigest()
        kept = self._read(self._cache.get(tx.tenant_id, name), label)
        if kept is not None:
            return kept
        answer = self._ask(tx, query)
        written = self._write(answer)
        if written is not None:
            self._cache.put(tx.tenant_id, name, label + b"\n" + written)
        return answer

    def _ask(self, tx: TenantTx, query: Any) -> Any:
        return self.question(tx, query)  # type: ignore[operator]

    def _label(self, tenant_id: int, stamp: Stamp, query: Any) -> bytes:
        """All that the answer depends on, in one line."""
        settings: Settings = self.question.settings
        told = {
            "tenant": tenant_id,
            "question": self._kind,
            "of": self._orders.dump_python(query, mode="json"),
            "yesterday": self.question.yesterday().isoformat(),
            "settings": {name: str(getattr(settings, name)) for name in SETTINGS_THAT_MATTER},
            "figures": [stamp.version, str(stamp.moved_at.astimezone(UTC))],
            "organisation": [stamp.organisation, stamp.is_demo],
            "code": code_digest(),
        }
        return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()

    def _read(self, kept: bytes | None, label: bytes) -> Any:
        """The answer, if this is one, and to this very question; else None."""
        if kept is None:
            return None
        told, _, answer = kept.partition(b"\n")
        if told != label:
            log.error("report_misplaced", question=self._kind)
            return None
        try:
            return self._answers.validate_json(answer)
        except ValidationError as error:
            log.error("report_unreadable", question=self._kind, errors=error.error_count())
            return None

    def _write(self, answer: Any) -> bytes | None:
        """JSON with every decimal exact. An answer that is not what its type says is not kept: it
        would not come back as it was."""
        try:
            return self._answers.dump_json(answer, round_trip=True, warnings="error")
        except PydanticSerializationError as error:
            log.error("report_not_kept", question=self._kind, reason=str(error)[:200])
            return None


@cache
def code_digest() -> str:
    """A name for the code that makes the answers."""
    home = Path(__file__).parents[1]
    told = hashlib.sha256()
    for file in sorted(file for part in _MADE_BY for file in (home / part).rglob("*.py")):
        told.update(file.read_bytes())
    return told.hexdigest()[:16]
