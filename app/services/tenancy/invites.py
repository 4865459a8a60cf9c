"""Invites: a link that makes whoever opens it a member with a role, once, within a week.

The code is random (192 bits), so its plain SHA-256 is all that is stored. Everything here is one
transaction of the platform role.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from app.core.errors import BadInput, Conflict, NotAllowed, NotFound
from app.core.trace import Actor
from app.db.session import PlatformTx
from app.repositories.audit import append_audit
from app.services.tenancy.members import hold_as_owner
from app.services.tenancy.people import Person, ensure_user, find_person
from app.services.tenancy.roles import ROLE_NAMES

PREFIX = "inv_"
"""What the payload of /start begins with; the rest is the code. Telegram gives it 64 characters."""

CODE_BYTES = 24
LIFETIME = timedelta(days=7)
MOST_OPEN = 20
"""Open links of one organisation: more than a shop hires in a week, few enough to look through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An open link. ``code`` is known only to whoever has just made it."""

    id: int
    role: str
    made_by: str
    expires_at: datetime
    code: str = ""

    @property
    def payload(self) -> str:
        """What stands after ``?start=``."""
        return PREFIX + self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The person as they are now. ``was_member``: they were in already, so nothing has changed.

    ``tenant_id`` is the link's organisation: a member who looks at another stays there.
    """

    person: Person
    tenant_id: int
    organisation: str
    role: str
    was_member: bool


def make_invite(tx: PlatformTx, actor: Person, role: str, now: datetime) -> Invite:
    """A fresh link for this role.

    Raises:
        BadInput: no such role. Conflict: too many are open. NotAllowed: not the organisation's owner.
    """
    tenant_id = hold_as_owner(tx, actor)
    if role not in ROLE_NAMES:
        raise BadInput("Такой роли нет.")
    if len(open_invites(tx, tenant_id, now)) >= MOST_OPEN:
        raise Conflict(f"Открытых приглашений уже {MOST_OPEN}: отзовите лишние в /people")
    code = secrets.token_urlsafe(CODE_BYTES)
    expires_at = now + LIFETIME
    invite_id: int = tx.run(
        "INSERT INTO invite (tenant_id, code_hash, role, created_by, created_at, expires_at)"
        " VALUES (:tenant_id, :hash, :role, :user_id, :now, :expires_at) RETURNING id",
        tenant_id=tenant_id,
        hash=_hash(code),
        role=role,
        user_id=actor.user_id,
        now=now,
        expires_at=expires_at,
    ).scalar_one()
    append_audit(tx, "invite.made", ROLE_NAMES[role], after={"role": role}, tenant_id=tenant_id)
    return Invite(id=invite_id, role=role, made_by=actor.name, expires_at=expires_at, code=code)


def open_invites(tx: PlatformTx, tenant_id: int, now: datetime) -> tuple[Invite, ...]:
    """Links that would still let somebody in, the newest first."""
    rows = tx.run(
        "SELECT i.id, i.role, coalesce(u.name, '') AS made_by, i.expires_at FROM invite i"
        "  LEFT JOIN app_user u ON u.id = i.created_by"
        " WHERE i.tenant_id = :tenant_id AND i.used_at IS NULL AND i.revoked_at IS NULL"
        "   AND i.expires_at > :now ORDER BY i.id DESC",
        tenant_id=tenant_id,
        now=now,
    )
    return tuple(
        Invite(id=row.id, role=row.role, made_by=row.made_by, expires_at=row.expires_at) for row in rows
    )


def revoke_invite(tx: PlatformTx, actor: Person, invite_id: int, now: datetime) -> None:
    """Raises NotFound for a link that is not open (used, expired, revoked) or not of this organisation."""
    tenant_id = hold_as_owner(tx, actor)
    role = tx.run(
        "UPDATE invite SET revoked_at = :now WHERE tenant_id = :tenant_id AND id = :id"
        " AND used_at IS NULL AND revoked_at IS NULL AND expires_at > :now RETURNING role",
        now=now,
        tenant_id=tenant_id,
        id=invite_id,
    ).scalar_one_or_none()
    if role is None:
        raise NotFound("Это приглашение уже не действует.")
    append_audit(tx, "invite.revoked", ROLE_NAMES[role], before={"role": role}, tenant_id=tenant_id)


def accept_invite(tx: PlatformTx, telegram_id: int, name: str, code: str, now: datetime) -> Joined:
    """Let the bearer of the code in, and look at the organisation with them.

    The link's row is locked: of two people with one link the second waits, and finds it used.

    Raises:
        NotFound: no such link. Conflict: used. NotAllowed: revoked or expired.
    """
    invite = tx.run(
        "SELECT i.id, i.tenant_id, i.role, i.expires_at, i.used_at, i.revoked_at, t.name AS organisation"
        "  FROM invite i JOIN tenant t ON t.id = i.tenant_id WHERE i.code_hash = :hash FOR UPDATE OF i",
        hash=_hash(code),
    ).one_or_none()
    if invite is None:
        raise NotFound("Такого приглашения нет. Проверьте, что ссылка скопирована целиком.")
    user_id = ensure_user(tx, telegram_id, name)  # locks their row: two links at once are one after another
    held = tx.run(
        "SELECT role FROM membership WHERE tenant_id = :tenant_id AND user_id = :user_id",
        tenant_id=invite.tenant_id,
        user_id=user_id,
    ).scalar_one_or_none()
    if held is not None:
        return _joined(tx, telegram_id, invite, held, was_member=True)
    if invite.used_at is not None:
        raise Conflict("Это приглашение уже использовано: оно на одного человека. Попросите новое.")
    if invite.revoked_at is not None:
        raise NotAllowed("Это приглашение отозвано. Попросите владельца прислать новое.")
    if invite.expires_at <= now:
        raise NotAllowed("Срок приглашения вышел: оно живёт семь дней. Попросите новое.")
    tx.run(
        "INSERT INTO membership (tenant_id, user_id, role) VALUES (:tenant_id, :user_id, :role)",
        tenant_id=invite.tenant_id,
        user_id=user_id,
        role=invite.role,
    )
    tx.run(
        "UPDATE app_user SET current_tenant_id = :tenant_id WHERE id = :user_id",
        tenant_id=invite.tenant_id,
        user_id=user_id,
    )
    tx.run(
        "UPDATE invite SET used_at = :now, used_by = :user_id WHERE id = :id",
        now=now,
        user_id=user_id,
        id=invite.id,
    )
    done = _joined(tx, telegram_id, invite, invite.role, was_member=False)
    append_audit(
        replace(tx, actor=Actor(user_id, done.person.name)),
        "person.joined",
        done.person.name,
        after={"role": invite.role},
        tenant_id=invite.tenant_id,
    )
    return done


def _joined(tx: PlatformTx, telegram_id: int, invite: Row[Any], role: str, *, was_member: bool) -> Joined:
    person = find_person(tx, telegram_id)
    assert person is not None, "the row was written or locked in this transaction"
    return Joined(
        person=person,
        tenant_id=invite.tenant_id,
        organisation=invite.organisation,
        role=role,
        was_member=was_member,
    )


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
