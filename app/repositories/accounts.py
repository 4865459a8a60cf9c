"""Connected cabinets and their sealed tokens."""

from dataclasses import dataclass, field
from datetime import datetime

from app.core.crypto import Sealed
from app.db.session import TenantTx


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """A cabinet as stored; the token is still sealed."""

    tenant_id: int
    id: int
    marketplace: str
    name: str
    seller_key: str
    state: str
    token_tail: str
    token_kind: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    sealed: Sealed = field(repr=False)


def list_accounts(tx: TenantTx) -> list[StoredAccount]:
    """All cabinets of the tenant, in the order they were connected."""
    rows = tx.run(
        "SELECT id, marketplace, name, seller_key, state, token_tail, token_kind, scopes, expires_at,"
        " key_id, nonce, ciphertext FROM marketplace_account WHERE tenant_id = :tenant_id ORDER BY id"
    )
    return [
        StoredAccount(
            tenant_id=tx.tenant_id,
            id=row.id,
            marketplace=row.marketplace,
            name=row.name,
            seller_key=row.seller_key,
            state=row.state,
            token_tail=row.token_tail,
            token_kind=row.token_kind,
            scopes=tuple(row.scopes),
            expires_at=row.expires_at,
            sealed=Sealed(row.key_id, bytes(row.nonce), bytes(row.ciphertext)),
        )
        for row in rows
    ]


def set_state(tx: TenantTx, account_id: int, state: str) -> None:
    """active | refused | off."""
    tx.run(
        "UPDATE marketplace_account SET state = :state WHERE tenant_id = :tenant_id AND id = :id",
        state=state,
        id=account_id,
    )
