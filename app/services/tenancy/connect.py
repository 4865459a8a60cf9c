"""Connecting a cabinet: the token is checked outside any transaction, then sealed and stored in one.

The secret lives in ``CheckedToken.secret`` for a moment, is never shown by ``repr`` and reaches the
database only as AES-256-GCM, with the row's identity as associated data.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.core.crypto import Sealed, Vault
from app.db.session import TenantTx

TAIL = 4
WB, OZON = "WB", "OZON"
OZON_EXAMPLE = "123456 01234567-89ab-cdef-0123-456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedToken:
    """A token the marketplace accepted just now. ``notes`` are sentences worth telling the person.

    ``name`` "" = the marketplace would not tell it now (WB: once a day on a base token).
    ``secret`` is what a client is opened with: WB's token, Ozon's «Client-Id Api-Key».
    """

    marketplace: str
    seller_key: str
    name: str
    kind: str
    scopes: tuple[str, ...]
    missing_scopes: tuple[str, ...]
    expires_at: datetime | None
    notes: tuple[str, ...]
    secret: str = field(repr=False)


class TokenChecker(Protocol):
    """Asks the marketplace about what was pasted: a call or two that only read, never in a transaction.

    Raises TokenUnfit for what is no token, and the errors of app.marketplaces.errors.
    """

    def __call__(self, marketplace: str, pasted: str) -> CheckedToken: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A cabinet as it was just stored; ``is_replaced``: it was known, only its token changed."""

    account_id: int
    marketplace: str
    name: str
    kind: str
    token_tail: str
    scopes: tuple[str, ...]
    missing_scopes: tuple[str, ...]
    expires_at: datetime | None
    notes: tuple[str, ...]
    is_replaced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAccount:
    """Seal the token and store the account; the same seller again means a new token, not a new account."""

    vault: Vault

    def __call__(self, tx: TenantTx, checked: CheckedToken) -> Connected:
        known = tx.run(
            "SELECT name FROM marketplace_account WHERE tenant_id = :tenant_id"
            " AND marketplace = :marketplace AND seller_key = :seller_key",
            marketplace=checked.marketplace,
            seller_key=checked.seller_key,
        ).scalar_one_or_none()
        name = checked.name or known or f"кабинет {checked.seller_key[:8]}"
        sealed = self.vault.encrypt(
            checked.secret.encode(), account_aad(tx.tenant_id, checked.marketplace, checked.seller_key)
        )
        account_id = self._write(tx, checked, name, sealed)
        return Connected(
            account_id=account_id,
            marketplace=checked.marketplace,
            name=name,
            kind=checked.kind,
            token_tail=checked.secret[-TAIL:],
            scopes=checked.scopes,
            missing_scopes=checked.missing_scopes,
            expires_at=checked.expires_at,
            notes=checked.notes,
            is_replaced=known is not None,
        )

    def _write(self, tx: TenantTx, checked: CheckedToken, name: str, sealed: Sealed) -> int:
        account_id: int = tx.run(
            """
            INSERT INTO marketplace_account
                   (tenant_id, marketplace, name, seller_key, key_id, nonce, ciphertext, token_tail,
                    token_kind, scopes, expires_at, state)
            VALUES (:tenant_id, :marketplace, :name, :seller_key, :key_id, :nonce, :ciphertext, :tail,
                    :kind, to_jsonb(CAST(:scopes AS text[])), :expires_at, 'active')
            ON CONFLICT (tenant_id, marketplace, seller_key) DO UPDATE
               SET name = excluded.name, key_id = excluded.key_id, nonce = excluded.nonce,
                   ciphertext = excluded.ciphertext, token_tail = excluded.token_tail,
                   token_kind = excluded.token_kind, scopes = excluded.scopes,
                   expires_at = excluded.expires_at, state = 'active'
            RETURNING id
            """,
            marketplace=checked.marketplace,
            name=name,
            seller_key=checked.seller_key,
            key_id=sealed.key_id,
            nonce=sealed.nonce,
            ciphertext=sealed.ciphertext,
            tail=checked.secret[-TAIL:],
            kind=checked.kind,
            scopes=list(checked.scopes),
            expires_at=checked.expires_at,
        ).scalar_one()
        return account_id


def account_aad(tenant_id: int, marketplace: str, seller_key: str) -> bytes:
    """What a sealed token is bound to: moved to another row it does not open."""
    return f"{tenant_id}|{marketplace}|{seller_key}".encode()
