"""Sealed tokens as the rotation of the master key sees them: which key sealed what, and a new seal."""

from dataclasses import dataclass, field

from app.core.crypto import Sealed
from app.db.session import PlatformTx, TenantTx

SEALED_TABLES = ("marketplace_account",)
"""Tables with columns (key_id, nonce, ciphertext); a test asks the catalogue whether that is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedAccount:
    """A cabinet's token, and what it is bound to."""

    id: int
    marketplace: str
    seller_key: str
    name: str
    sealed: Sealed = field(repr=False)


def take_foreign(tx: TenantTx, key_id: str, after: int, limit: int) -> list[SealedAccount]:
    """The next cabinets after ``after`` sealed with any other key, locked until the transaction ends."""
    rows = tx.run(
        "SELECT id, marketplace, seller_key, name, key_id, nonce, ciphertext FROM marketplace_account "
        "WHERE tenant_id = :tenant_id AND key_id <> :key_id AND id > :after "
        "ORDER BY id LIMIT :limit FOR UPDATE",
        key_id=key_id,
        after=after,
        limit=limit,
    )
    return [
        SealedAccount(
            id=row.id,
            marketplace=row.marketplace,
            seller_key=row.seller_key,
            name=row.name,
            sealed=Sealed(row.key_id, bytes(row.nonce), bytes(row.ciphertext)),
        )
        for row in rows
    ]


def put_seal(tx: TenantTx, account_id: int, sealed: Sealed) -> None:
    """The same token under another seal."""
    tx.run(
        "UPDATE marketplace_account SET key_id = :key_id, nonce = :nonce, ciphertext = :ciphertext "
        "WHERE tenant_id = :tenant_id AND id = :id",
        id=account_id,
        **sealed._asdict(),
    )


def count_seals(tx: TenantTx) -> dict[str, int]:
    """Tokens of the tenant by the id of the key that sealed them."""
    rows = tx.run(
        "SELECT key_id, count(*) AS n FROM marketplace_account WHERE tenant_id = :tenant_id GROUP BY key_id"
    )
    return {row.key_id: row.n for row in rows}


def every_tenant(tx: PlatformTx) -> list[int]:
    """Ids of all organisations, in order."""
    return [row.id for row in tx.run("SELECT id FROM tenant ORDER BY id")]
