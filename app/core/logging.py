"""Logs: JSON lines to stderr, one event a line, secrets blanked, trace id and tenant always along."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from app.core.redact import redact_text, redact_value


def configure(level: str = "INFO", *, file: Any = None) -> None:
    """Set up structlog for this process. What other libraries log joins it from WARNING on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            blank_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(file or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(file or sys.stderr)
    handler.setFormatter(Blanked("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class Blanked(logging.Formatter):
    """What libraries log: their words and stacks, secrets blanked."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))


def blank_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tokens and keys never reach the log, wherever in the event they stand and however deep."""
    blanked: EventDict = redact_value(event)
    return blanked
