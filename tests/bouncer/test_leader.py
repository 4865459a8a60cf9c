"""One leader through pgbouncer, where session advisory locks were seen to make two."""

# ruff: noqa: F403

from tests.scheduler.test_clock import *
