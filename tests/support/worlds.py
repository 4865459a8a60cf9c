"""The smallest worlds that tell a story: a tenant, a cabinet, some rows."""

from dataclasses import dataclass

from app.db.models import MarketplaceAccount, Tenant
from app.db.session import Database


@dataclass(frozen=True, slots=True)
class Cabinet:
    """A connected account of a tenant."""

    tenant_id: int
    id: int
    marketplace: str


def make_tenant(db: Database, name: str = "ИП Тест", *, is_demo: bool = False) -> int:
    """An organisation; its id."""
    with db.platform() as tx:
        tenant = Tenant(name=name, is_demo=is_demo)
        tx.session.add(tenant)
        tx.session.flush()
        return tenant.id


def make_cabinet(
    db: Database, marketplace: str = "WB", tenant_id: int | None = None, seller_key: str = "seller-1"
) -> Cabinet:
    """A cabinet with a token nobody can open."""
    tenant_id = tenant_id or make_tenant(db)
    with db.tenant(tenant_id) as tx:
        account = MarketplaceAccount(
            tenant_id=tenant_id,
            marketplace=marketplace,
            name="Кабинет",
            seller_key=seller_key,
            key_id="none",
            nonce=b"",
            ciphertext=b"",
        )
        tx.session.add(account)
        tx.session.flush()
        return Cabinet(tenant_id, account.id, marketplace)
