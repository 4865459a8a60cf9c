"""Slow statements in the log: which one and how long, under the trace it ran for.

The text only, with its placeholders: what was bound may be a seller's figure or a secret.
"""

import time
from typing import Any

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, ExceptionContext

log = structlog.get_logger(__name__)

SLOW = 1.0
"""Seconds from which a statement is worth a line."""

LONGEST_TEXT = 600
_STARTED = "ambar_started"


def tell_slow(engine: Engine, over: float) -> None:
    """Log statements of this engine that took longer than ``over`` seconds, failed ones too."""

    def begin(connection: Connection, *_: Any) -> None:
        connection.info[_STARTED] = time.monotonic()

    def end(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        _tell(connection, statement, over, "")

    def fail(context: ExceptionContext) -> None:
        if context.connection is not None and context.statement is not None:
            _tell(context.connection, context.statement, over, type(context.original_exception).__name__)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    event.listen(engine, "handle_error", fail)


def _tell(connection: Connection, statement: str, over: float, failure: str) -> None:
    started = connection.info.pop(_STARTED, None)
    if started is not None:
        tell_if_slow(started, statement, over, failure)


def tell_if_slow(started: float, statement: str, over: float, failure: str) -> None:
    """Log a statement begun at ``started`` (of ``time.monotonic``) where that is longer ago than ``over``."""
    seconds = time.monotonic() - started
    if seconds < over:
        return
    words = " ".join(statement.split())
    log.warning("statement_slow", seconds=round(seconds, 3), statement=words[:LONGEST_TEXT], failure=failure)
