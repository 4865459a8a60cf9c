"""Handlers with a stopwatch: how often each kind of job runs, how long, and how the runs end."""

import time
from collections.abc import Mapping

from app.core.document import Document
from app.core.metrics import Metrics
from app.queue.port import ClaimedJob, Handler, Interrupted, Report, YieldUntil
from app.queue.retry import is_database_away


def measured(handlers: Mapping[str, Handler], metrics: Metrics) -> dict[str, Handler]:
    """The same handlers, each run counted."""
    return {job_type: _Measured(handler, metrics) for job_type, handler in handlers.items()}


class _Measured:
    def __init__(self, handler: Handler, metrics: Metrics) -> None:
        self._handler = handler
        self._metrics = metrics

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document | None:
        started, outcome = time.monotonic(), "failed"
        try:
            result = self._handler(job, report)
            outcome = "done"
        except YieldUntil:
            outcome = "yielded"
            raise
        except Interrupted:
            outcome = "handed_back"
            raise
        except Exception as error:
            if is_database_away(error):
                outcome = "yielded"
            raise
        finally:
            self._metrics.job_run(job.job_type, outcome, time.monotonic() - started)
        return result
