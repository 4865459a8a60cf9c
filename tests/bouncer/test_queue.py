"""Queue, outbox, leadership and calls of the marketplace's budget through pgbouncer: nothing of theirs
lives in a session, so all that holds without it holds here."""

# ruff: noqa: F403

from tests.queue.conftest import *
from tests.queue.test_claim import *
from tests.queue.test_enqueue import *
from tests.queue.test_outbox import *
from tests.queue.test_worker import *

SESSIONS = 10
