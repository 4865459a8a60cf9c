"""Tokens of programs: a name, a role, and a secret that is shown once, when it is made.

The secret is random (256 bits), so its plain SHA-256 is all that is stored. A token is an organisation's; a
program has no organisation until its token is found, so everything here is the platform's.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.errors import BadInput, Conflict, NotAllowed, NotFound
from app.core.trace import Actor
from app.db.session import Database, PlatformTx
from app.repositories.audit import append_audit
from app.services.tenancy.members import hold_as_owner
from app.services.tenancy.people import NAME_LIMIT, Person
from app.services.tenancy.roles import ROLE_NAMES

PREFIX = "amb_"
"""So that a token is known for what it is wherever it turns up."""

TOKEN = re.compile(PREFIX + r"[\w-]{43}", re.ASCII)
TAIL = 4
MOST_TOKENS = 20
"""Of one organisation at a time: more than it has programs, few enough to look through."""

USED_EVERY = timedelta(minutes=1)
"""How exact «last used» is: a program that asks ten times a second must not write ten times a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token in force. ``secret`` is known only to whoever has just made it, ``tail`` is its end."""

    id: int
    name: str
    role: str
    tail: str
    made_by: str
    created_at: datetime
    last_used_at: datetime | None
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The program behind a request: whose it is, and what it may."""

    token_id: int
    tenant_id: int
    role: str
    name: str

    @property
    def actor(self) -> Actor:
        """Whose hand the books name. People's ids begin at 1 and 0 is the house: programs are below −1."""
        return Actor(-1 - self.token_id, f"API «{self.name}»")


_FIND = """
WITH found AS (
    SELECT t.id, t.tenant_id, t.role, t.name FROM api_token t
    WHERE t.token_hash = :hash AND t.revoked_at IS NULL
), used AS (
    UPDATE api_token t SET last_used_at = :now FROM found f
    WHERE t.id = f.id AND coalesce(t.last_used_at, '-infinity') < :stale
)
SELECT f.id, f.tenant_id, f.role, f.name FROM found f
"""

_LIST = """
SELECT t.id, t.name, t.role, t.token_tail AS tail, coalesce(u.name, '') AS made_by, t.created_at,
       t.last_used_at
  FROM api_token t LEFT JOIN app_user u ON u.id = t.created_by
 WHERE t.tenant_id = :tenant_id AND t.revoked_at IS NULL ORDER BY t.id
"""


def find_caller(db: Database, secret: str, now: datetime) -> Caller | None:
    """Whose token this is; None for one that is not, or no longer, in force. One round trip."""
    if not TOKEN.fullmatch(secret):
        return None
    rows = db.at_once(None, _FIND, hash=_hash(secret), now=now, stale=now - USED_EVERY)
    if not rows:
        return None
    token_id, tenant_id, role, name = rows[0]
    return Caller(token_id=token_id, tenant_id=tenant_id, role=role, name=name)


def list_tokens(tx: PlatformTx, tenant_id: int) -> tuple[ApiToken, ...]:
    """Those in force, the oldest first."""
    return tuple(ApiToken(**row._mapping) for row in tx.run(_LIST, tenant_id=tenant_id))


def make_token(tx: PlatformTx, actor: Person, name: str, role: str, now: datetime) -> ApiToken:
    """A token made by the organisation's owner. Raises as ``add_token``, and NotAllowed for anybody else."""
    tenant_id = hold_as_owner(tx, actor)
    if actor.is_demo:
        raise NotAllowed("Это демонстрация: программы к ней не подключают. По-настоящему — в ./ambar run")
    return add_token(tx, tenant_id, name, role, now, made_by=actor)


def add_token(
    tx: PlatformTx, tenant_id: int, name: str, role: str, now: datetime, *, made_by: Person | None = None
) -> ApiToken:
    """A fresh token; ``made_by`` None: by the operator.

    Raises:
        BadInput: no such role, no name. Conflict: too many. NotFound: no such organisation.
    """
    known = tx.run("SELECT 1 FROM tenant WHERE id = :id FOR NO KEY UPDATE", id=tenant_id).scalar()
    if known is None:
        raise NotFound(f"Организации № {tenant_id} нет.")
    if role not in ROLE_NAMES:
        raise BadInput(f"Такой роли нет. Есть: {', '.join(ROLE_NAMES)}.")
    called = " ".join(name.split())[:NAME_LIMIT]
    if not called:
        raise BadInput("У токена должно быть название: по нему его узнают в списке и в журнале.")
    in_force = tx.run(
        "SELECT count(*) FROM api_token WHERE tenant_id = :tenant_id AND revoked_at IS NULL",
        tenant_id=tenant_id,
    ).scalar_one()
    if in_force >= MOST_TOKENS:
        raise Conflict(f"Токенов уже {MOST_TOKENS}: отзовите лишние.")
    secret = PREFIX + secrets.token_urlsafe(32)
    token_id: int = tx.run(
        "INSERT INTO api_token (tenant_id, name, role, token_hash, token_tail, created_by, created_at)"
        " VALUES (:tenant_id, :name, :role, :hash, :tail, :user_id, :now) RETURNING id",
        tenant_id=tenant_id,
        name=called,
        role=role,
        hash=_hash(secret),
        tail=secret[-TAIL:],
        user_id=made_by.user_id if made_by else None,
        now=now,
    ).scalar_one()
    append_audit(tx, "token.made", called, after=_told(role, secret[-TAIL:]), tenant_id=tenant_id)
    return ApiToken(
        id=token_id,
        name=called,
        role=role,
        tail=secret[-TAIL:],
        made_by=made_by.name if made_by else "",
        created_at=now,
        last_used_at=None,
        secret=secret,
    )


def find_token(tx: PlatformTx, tenant_id: int, token_id: int) -> ApiToken:
    """Raises NotFound for a token that is not in force, or not of this organisation."""
    for each in list_tokens(tx, tenant_id):
        if each.id == token_id:
            return each
    raise NotFound("Этот токен уже не действует.")


def revoke_token(tx: PlatformTx, actor: Person, token_id: int, now: datetime) -> str:
    """By the organisation's owner; the token's name. Raises as ``cut_token``, NotAllowed for anybody else."""
    return cut_token(tx, hold_as_owner(tx, actor), token_id, now)


def cut_token(tx: PlatformTx, tenant_id: int, token_id: int, now: datetime) -> str:
    """From now on it opens nothing; its name. Raises NotFound as ``find_token`` does."""
    row = tx.run(
        "UPDATE api_token SET revoked_at = :now WHERE tenant_id = :tenant_id AND id = :id"
        " AND revoked_at IS NULL RETURNING name, role, token_tail",
        now=now,
        tenant_id=tenant_id,
        id=token_id,
    ).one_or_none()
    if row is None:
        raise NotFound("Этот токен уже не действует.")
    append_audit(tx, "token.revoked", row.name, before=_told(row.role, row.token_tail), tenant_id=tenant_id)
    return str(row.name)


def _told(role: str, tail: str) -> dict[str, Any]:
    return {"role": role, "tail": tail}


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
