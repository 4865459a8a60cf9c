"""Connecting a cabinet: the token is checked outside any transaction, then sealed and stored in one.

The secret lives in ``CheckedToken.secret`` for a moment, is never shown by ``repr`` and reaches the
database only as AES-256-GCM, with the row's identity as associated data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from app.core.crypto import Vault
from app.core.errors import BadInput, Conflict
from app.db.session import TenantTx
from app.marketplaces.ozon.key import read_ads_key, read_key
from app.repositories import accounts
from app.repositories.accounts import StoredAccount
from app.repositories.audit import append_audit

TAIL = 4
WB, OZON = "WB", "OZON"
OZON_EXAMPLE = "123456 01234567-89ab-cdef-0123-456789abcdef"
WITH_ADS = "с рекламой"
"""The kind of an Ozon cabinet's key that has the one of the Performance API beside it."""
NO_CABINET = (
    "Это ключ рекламы, а кабинета Ozon ещё нет. Сначала подключите его: пришлите Client-Id и Api-Key, "
    "можно все четыре части одним сообщением."
)
WHICH_CABINET = (
    "Кабинетов Ozon несколько, а в ключе рекламы не сказано, чей он. Пришлите одним сообщением все четыре "
    "части: Client-Id, Api-Key, Client ID и Client Secret."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedToken:
    """A token the marketplace accepted just now. ``notes`` are sentences worth telling the person.

    ``name`` "" = the marketplace would not tell it now (WB: once a day on a base token).
    ``info`` is the rest of what it told of the seller, kept so that nobody has to ask again.
    ``secret`` is what a client is opened with: WB's token, Ozon's «Client-Id Api-Key» and after it, where
    the seller gave them, Client ID and Client Secret of advertising. Ozon's with no ``seller_key`` is those
    two alone, for a cabinet that is connected already.
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
        if checked.marketplace == OZON and not checked.seller_key:
            checked = self._beside(tx, checked)
        known = accounts.hold_of_seller(tx, checked.marketplace, checked.seller_key)
        if checked.marketplace == OZON:
            checked = self._with_ads(checked, known)
        tail = _tail(checked)
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
                tail=tail,
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
                "token_tail": tail,
            },
        )
        return Connected(
            account_id=account_id,
            marketplace=checked.marketplace,
            name=name,
            kind=checked.kind,
            token_tail=tail,
            scopes=checked.scopes,
            missing_scopes=checked.missing_scopes,
            expires_at=checked.expires_at,
            notes=checked.notes,
            is_replaced=known is not None,
            trace_id=tx.trace_id,
        )

    def _beside(self, tx: TenantTx, checked: CheckedToken) -> CheckedToken:
        """A key of advertising alone, put beside the one cabinet's own. Raises BadInput where there is none,
        or more than one."""
        cabinets = [each for each in accounts.list_accounts(tx) if each.marketplace == OZON]
        if len(cabinets) != 1:
            raise BadInput(WHICH_CABINET if cabinets else NO_CABINET)
        (cabinet,) = cabinets
        key = read_key(self._secret(cabinet)).with_ads(read_ads_key(checked.secret))
        return replace(
            checked,
            seller_key=cabinet.seller_key,
            scopes=cabinet.scopes,
            expires_at=cabinet.expires_at,
            secret=key.secret,
        )

    def _with_ads(self, checked: CheckedToken, known: StoredAccount | None) -> CheckedToken:
        """A new key of the Seller API, every three months, leaves advertising's where it is."""
        given = read_key(checked.secret)
        if given.ads is not None:
            return replace(checked, kind=WITH_ADS)
        try:
            ads = read_key(self._secret(known)).ads if known else None
        except Conflict:  # sealed with a master key that is lost
            return checked
        return replace(checked, secret=given.with_ads(ads).secret, kind=WITH_ADS) if ads else checked

    def _secret(self, cabinet: StoredAccount) -> str:
        aad = account_aad(cabinet.tenant_id, cabinet.marketplace, cabinet.seller_key)
        return self.vault.decrypt(cabinet.sealed, aad).decode()


def _tail(checked: CheckedToken) -> str:
    """What of the secret is shown: the end of the token, of Ozon's two keys the one that expires."""
    shown = read_key(checked.secret).api_key if checked.marketplace == OZON else checked.secret
    return shown[-TAIL:]


def account_aad(tenant_id: int, marketplace: str, seller_key: str) -> bytes:
    """What a sealed token is bound to: moved to another row it does not open."""
    return f"{tenant_id}|{marketplace}|{seller_key}".encode()
