"""Locks on files that die with their holder (flock), and how our files are opened."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from app.core.errors import NotNow

_PATIENCE_SECONDS = 120.0
"""Longer than any start or stop of a server that is going to succeed."""


def open_private(path: Path, flags: int) -> int:
    """Open a 0600 file in a cluster's folder, creating it; return the descriptor.

    It is never inherited, never a link, and belongs to the folder's owner even when root makes
    it: else a folder that root once looked into would be closed to its owner.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    owner = path.parent.stat()
    if os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def hold_shared(path: Path) -> int:
    """Hold a shared lock until the returned descriptor is closed."""
    descriptor = open_private(path, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def only_holder(descriptor: int) -> bool:
    """Make a shared lock exclusive if nobody else holds it.

    The kernel drops the shared lock on the way: ask only when about to leave anyway.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file exclusively; wait for another holder, but not for ever."""
    descriptor = open_private(path, os.O_RDWR)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NotNow(
                        f"Другой процесс занял {path} и не отпускает. Закройте его и повторите."
                    ) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
