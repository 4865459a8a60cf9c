"""Connecting a cabinet: the token is checked outside any transaction, then sealed and stored in one.

The secret lives in ``CheckedToken.secret`` for a moment, is never shown by ``repr`` and reaches the
database only as AES-256-GCM, with the row's identity as associated data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.core.crypto import Vault
from app.db.session import TenantTx
from app.repositories import accounts
from app.repositories.audit import append_audit

TAIL = 4
WB, OZON = "WB", "OZON"
OZON_EXAMPLE = "123456 01234567-89ab-cdef-0123-456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedToken:
    """A token the marketplace accepted just now. ``notes`` are sentences worth telling the person.

    ``name`` "" = the marketplace would not tell it now (WB: once a day on a base token).
    ``info`` is the rest of what it told of the seller, kept so that nobody has to ask again.
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
    info: Mapping[str, str] = field(default_factory=dict)


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
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAccount:
    """Seal the token and store the account; the same seller again means a new token, not a new account."""

    vault: Vault

    def __call__(self, tx: TenantTx, checked: CheckedToken) -> Connected:
        known = accounts.hold_of_seller(tx, checked.marketplace, checked.seller_key)
        nameless = f"кабинет {checked.seller_key[:8]}"
        # A name that the owner gave, or the marketplace told once, outlives a new token.
        name = known.name if known and known.name != nameless else checked.name or nameless
        sealed = self.vault.encrypt(
            checked.secret.encode(), account_aad(tx.tenant_id, checked.marketplace, checked.seller_key)
        )
        account_id = accounts.put_account(
            tx,
            marketplace=checked.marketplace,
            seller_key=checked.seller_key,
            name=name,
            token=accounts.Token(
                tail=checked.secret[-TAIL:],
                kind=checked.kind,
                scopes=checked.scopes,
                expires_at=checked.expires_at,
                sealed=sealed,
            ),
        )
        if checked.info:
            accounts.keep_info(tx, account_id, checked.info)
        append_audit(
            tx,
            "cabinet.token" if known else "cabinet.connected",
            name,
            before={"state": known.state, "token_tail": known.token_tail} if known else None,
            after={
                "marketplace": checked.marketplace,
                "state": "active",
                "token_tail": checked.secret[-TAIL:],
            },
        )
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
            trace_id=tx.trace_id,
        )


def account_aad(tenant_id: int, marketplace: str, seller_key: str) -> bytes:
    """What a sealed token is bound to: moved to another row it does not open."""
    return f"{tenant_id}|{marketplace}|{seller_key}".encode()
