"""Leases: one holder of a name at a time, until it lets go or falls silent.

Not session advisory locks: behind pgbouncer in transaction mode two sessions were seen to hold one.
"""

from datetime import datetime

from app.db.session import PlatformTx

_SEIZE = """
INSERT INTO lease AS l (name, holder, until) VALUES (:name, :holder, :until)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE l.holder = excluded.holder OR l.until <= :now
RETURNING holder
"""


def seize(tx: PlatformTx, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take or renew it; False where another holds it."""
    return tx.run(_SEIZE, name=name, holder=holder, now=now, until=until).scalar() is not None


def let_go(tx: PlatformTx, name: str, holder: str) -> None:
    """The next one may have it at once."""
    tx.run("DELETE FROM lease WHERE name = :name AND holder = :holder", name=name, holder=holder)
