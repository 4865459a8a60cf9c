"""What becomes of the event of a posting. Nobody acts on it yet: it is noted in the log and is done."""

import structlog

from app.queue.port import Event

STOCK_POSTED = "stock.posted"

log = structlog.get_logger()


def note_posting(event: Event) -> None:
    """A consumer of ``STOCK_POSTED``: without one its events would wait in the outbox for ever."""
    log.debug("stock_posted", tenant_id=event.tenant_id, told=dict(event.payload))
