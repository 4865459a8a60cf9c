"""Connected cabinets and their sealed tokens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.core.crypto import Sealed
from app.db.figures import move_stamp
from app.db.session import TenantTx
from app.marketplaces.rows import AccessRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """A cabinet as stored; the token is still sealed. ``seller`` is what the marketplace calls its owner,
    ``missing`` the methods that a night needs and last night's key was not given."""

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
    seller: str = ""
    subscription: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a cabinet is opened with, sealed, and what may be told of it."""

    tail: str
    kind: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    sealed: Sealed = field(repr=False)


_STORED = (
    "id, marketplace, name, seller_key, state, token_tail, token_kind, scopes, expires_at,"
    " key_id, nonce, ciphertext, coalesce(info ->> 'name', '') AS seller,"
    " coalesce(info ->> 'subscription', '') AS subscription, coalesce(info -> 'missing', '[]') AS missing"
)


def list_accounts(tx: TenantTx) -> list[StoredAccount]:
    """All cabinets of the tenant, in the order they were connected."""
    rows = tx.run(f"SELECT {_STORED} FROM marketplace_account WHERE tenant_id = :tenant_id ORDER BY id")
    return [_stored(tx.tenant_id, row) for row in rows]


def find_account(tx: TenantTx, account_id: int) -> StoredAccount | None:
    """A cabinet by its id."""
    row = tx.run(
        f"SELECT {_STORED} FROM marketplace_account WHERE tenant_id = :tenant_id AND id = :id", id=account_id
    ).one_or_none()
    return None if row is None else _stored(tx.tenant_id, row)


def hold_of_seller(tx: TenantTx, marketplace: str, seller_key: str) -> StoredAccount | None:
    """The cabinet of this seller, locked until the transaction ends."""
    row = tx.run(
        f"SELECT {_STORED} FROM marketplace_account WHERE tenant_id = :tenant_id"
        " AND marketplace = :marketplace AND seller_key = :seller_key FOR UPDATE",
        marketplace=marketplace,
        seller_key=seller_key,
    ).one_or_none()
    return None if row is None else _stored(tx.tenant_id, row)


def put_account(tx: TenantTx, *, marketplace: str, seller_key: str, name: str, token: Token) -> int:
    """The seller's cabinet with this name and token, made if it is new, and in use (again); its id."""
    move_stamp(tx)
    stored = tx.run(
        "INSERT INTO marketplace_account (tenant_id, marketplace, name, seller_key, key_id, nonce,"
        " ciphertext, token_tail, token_kind, scopes, expires_at, state) VALUES (:tenant_id, :marketplace,"
        " :name, :seller_key, :key_id, :nonce, :ciphertext, :tail, :kind, to_jsonb(CAST(:scopes AS text[])),"
        " :expires_at, 'active') ON CONFLICT (tenant_id, marketplace, seller_key) DO UPDATE"
        " SET name = excluded.name, key_id = excluded.key_id, nonce = excluded.nonce,"
        "  ciphertext = excluded.ciphertext, token_tail = excluded.token_tail,"
        "  token_kind = excluded.token_kind, scopes = excluded.scopes, expires_at = excluded.expires_at,"
        "  state = 'active' RETURNING id",
        marketplace=marketplace,
        seller_key=seller_key,
        name=name,
        tail=token.tail,
        kind=token.kind,
        scopes=list(token.scopes),
        expires_at=token.expires_at,
        **token.sealed._asdict(),
    )
    return int(stored.scalar_one())


def rename(tx: TenantTx, account_id: int, name: str) -> None:
    """Call a cabinet so."""
    tx.run(
        "UPDATE marketplace_account SET name = :name WHERE tenant_id = :tenant_id AND id = :id",
        name=name,
        id=account_id,
    )


def keep_info(tx: TenantTx, account_id: int, info: Mapping[str, str]) -> None:
    """What the marketplace told of the seller just now; what it did not speak of stays."""
    tx.run(
        "UPDATE marketplace_account SET info = info || CAST(:info AS jsonb), info_at = now()"
        " WHERE tenant_id = :tenant_id AND id = :id",
        info=json.dumps(info, ensure_ascii=False),
        id=account_id,
    )


def keep_access(tx: TenantTx, account_id: int, row: AccessRow) -> bool:
    """What a night was told of the cabinet's key and its seller; was anything of it news?

    An expiry or roles that were not told leave what is stored.
    """
    seller = json.loads(row.seller) if row.seller else {}
    kept = tx.run(
        "UPDATE marketplace_account a SET expires_at = s.expires_at, scopes = s.scopes, info = s.info,"
        " info_at = now() FROM (SELECT id,"
        "  coalesce(CAST(:expires_at AS timestamptz), expires_at) AS expires_at,"
        "  CASE WHEN cardinality(CAST(:roles AS text[])) > 0 THEN to_jsonb(CAST(:roles AS text[]))"
        "   ELSE scopes END AS scopes,"
        "  info || CAST(:info AS jsonb) AS info"
        "  FROM marketplace_account WHERE tenant_id = :tenant_id AND id = :id) s"
        " WHERE a.tenant_id = :tenant_id AND a.id = s.id"
        " AND (a.expires_at, a.scopes, a.info) IS DISTINCT FROM (s.expires_at, s.scopes, s.info)",
        id=account_id,
        expires_at=row.expires_at,
        roles=list(row.roles),
        info=json.dumps({**seller, "missing": row.missing}, ensure_ascii=False),
    )
    if kept.rowcount:
        move_stamp(tx)
    return bool(kept.rowcount)


def _stored(tenant_id: int, row: Row[Any]) -> StoredAccount:
    return StoredAccount(
        tenant_id=tenant_id,
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
        seller=row.seller,
        subscription=row.subscription,
        missing=tuple(row.missing),
    )


def set_state(tx: TenantTx, account_id: int, state: str) -> None:
    """active | refused | off: as its owner says."""
    move_stamp(tx)
    tx.run(
        "UPDATE marketplace_account SET state = :state WHERE tenant_id = :tenant_id AND id = :id",
        state=state,
        id=account_id,
    )


def mark_token(tx: TenantTx, account_id: int, state: str) -> bool:
    """active | refused: what a night found; was it otherwise? A cabinet switched off meanwhile stays off."""
    move_stamp(tx)
    marked = tx.run(
        "UPDATE marketplace_account SET state = :state"
        " WHERE tenant_id = :tenant_id AND id = :id AND state NOT IN ('off', :state)",
        state=state,
        id=account_id,
    )
    return bool(marked.rowcount)


def is_off(tx: TenantTx, account_id: int) -> bool:
    """Has its owner switched it off?"""
    found = tx.run(
        "SELECT state = 'off' FROM marketplace_account WHERE tenant_id = :tenant_id AND id = :id",
        id=account_id,
    )
    return bool(found.scalar_one_or_none())
