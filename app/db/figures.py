"""The stamp of a tenant's figures: moves on in every transaction that changes what reports show.

What was computed under one stamp is right as long as the tenant's stamp is that one.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.db.session import TenantTx

_MOVED = "figures have changed"


class Stamp(NamedTuple):
    """Which figures a tenant has. ``moved_at`` is there beside the count so that after a restore, or
    in another installation, an equal count is not an equal stamp. What the tenant's own row says is no
    figure of its transactions (the platform writes it), so it is part of the stamp as it is."""

    version: int
    moved_at: datetime
    organisation: str
    is_demo: bool


def move_stamp(tx: TenantTx) -> None:
    """Say that this transaction changes what reports show.

    The stamp's row is written as the last thing before the commit, once, so that two long writers of
    one tenant do not wait for each other here, nor lock it in an order of their own.
    """
    if has_moved(tx):
        return
    tx.session.info[_MOVED] = True

    def write(session: Session) -> None:
        if not session.in_nested_transaction():  # a savepoint is no commit
            tx.run(
                "INSERT INTO figures_stamp AS f (tenant_id, version, moved_at)"
                " VALUES (:tenant_id, 1, clock_timestamp()) ON CONFLICT (tenant_id)"
                " DO UPDATE SET version = f.version + 1, moved_at = excluded.moved_at"
            )

    event.listen(tx.session, "before_commit", write)


def has_moved(tx: TenantTx) -> bool:
    """Has this very transaction changed figures? Then no stamp speaks of what it sees."""
    return bool(tx.session.info.get(_MOVED))


def read_stamp(tx: TenantTx) -> Stamp | None:
    """The tenant's stamp; None where nothing was ever brought. To be read before the figures: they
    may then be newer than the stamp, never older."""
    row = tx.run(
        "SELECT f.version, f.moved_at, t.name, t.is_demo FROM figures_stamp f JOIN tenant t"
        " ON t.id = :tenant_id WHERE f.tenant_id = :tenant_id"
    ).one_or_none()
    return None if row is None else Stamp(*row)
