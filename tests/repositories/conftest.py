"""Two organisations with equal names for everything, and whoever acts in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import structlog

from app.core.trace import Actor, acting
from app.db.session import Database, TenantTx
from tests.support.worlds import make_cabinet, make_tenant

OLGA = Actor(7, "Ольга")


@dataclass(frozen=True, slots=True)
class Org:
    """An organisation and its one cabinet."""

    db: Database
    id: int
    account_id: int

    @contextmanager
    def tx(self, trace: str = "trace-1", actor: Actor = OLGA) -> Iterator[TenantTx]:
        """A transaction of a person's."""
        with (
            structlog.contextvars.bound_contextvars(trace_id=trace),
            acting(actor),
            self.db.tenant(self.id) as tx,
        ):
            yield tx


def _org(db: Database, name: str) -> Org:
    tenant_id = make_tenant(db, name)
    with db.platform() as tx:  # whoever asks for a job is somebody
        tx.run(
            "INSERT INTO app_user (id, telegram_id, name) VALUES (:id, 700, :name) ON CONFLICT DO NOTHING",
            id=OLGA.user_id,
            name=OLGA.name,
        )
    return Org(db, tenant_id, make_cabinet(db, "OZON", tenant_id).id)


@pytest.fixture
def mine(db: Database) -> Org:
    return _org(db, "ИП Первый")


@pytest.fixture
def theirs(db: Database) -> Org:
    return _org(db, "ИП Второй")
