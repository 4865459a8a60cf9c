"""The organisation itself, as its own transaction sees it. Who is in it, and how one comes to be, is
``app.services.tenancy``: that is asked before a tenant is chosen."""

from dataclasses import dataclass
from datetime import datetime

from app.db.session import PlatformTx, TenantTx


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A tenant."""

    id: int
    name: str
    is_demo: bool
    created_at: datetime


_COLUMNS = "id, name, is_demo, created_at"


def create_tenant(tx: PlatformTx, name: str, *, is_demo: bool = False) -> int:
    """A new organisation without members; its id."""
    made = tx.run(
        "INSERT INTO tenant (name, is_demo) VALUES (:name, :is_demo) RETURNING id", name=name, is_demo=is_demo
    )
    return int(made.scalar_one())


def own_tenant(tx: TenantTx) -> Organisation:
    """Whose transaction it is."""
    row = tx.run(f"SELECT {_COLUMNS} FROM tenant WHERE id = :tenant_id").one()
    return Organisation(**row._mapping)


def list_tenants(tx: PlatformTx) -> list[Organisation]:
    """All organisations, the oldest first."""
    return [Organisation(**row._mapping) for row in tx.run(f"SELECT {_COLUMNS} FROM tenant ORDER BY id")]


def rename_tenant(tx: PlatformTx, tenant_id: int, name: str) -> bool:
    """False where there is no such organisation."""
    return bool(tx.run("UPDATE tenant SET name = :name WHERE id = :id", name=name, id=tenant_id).rowcount)
