"""Who is in an organisation, and what its owner changes about that.

Every change locks the organisation's row first: two owners at work at once never leave it without one.
"""

from dataclasses import dataclass
from datetime import datetime

from app.core.errors import Conflict, NotAllowed, NotFound
from app.db.session import PlatformTx, TenantTx
from app.repositories.audit import append_audit
from app.services.tenancy.people import Person
from app.services.tenancy.roles import ROLE_NAMES

LAST_OWNER = "Это единственный владелец организации: сначала назначьте владельцем кого-то ещё."


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in an organisation. ``has_blocked``: Telegram does not let us write to them."""

    user_id: int
    telegram_id: int
    name: str
    role: str
    has_blocked: bool


def list_members(tx: PlatformTx, tenant_id: int) -> tuple[Member, ...]:
    """Owners first, then by the weight of the role, then by name."""
    rows = tx.run(
        "SELECT u.id, u.telegram_id, u.name, m.role, u.blocked_at IS NOT NULL AS has_blocked"
        "  FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.tenant_id = :tenant_id"
        " ORDER BY array_position(CAST(:roles AS text[]), m.role), u.name, u.id",
        tenant_id=tenant_id,
        roles=list(ROLE_NAMES),
    )
    return tuple(_member(*row) for row in rows)


def find_member(tx: PlatformTx, tenant_id: int, user_id: int) -> Member:
    """Raises NotFound for whoever is not in the organisation."""
    row = tx.run(
        "SELECT u.id, u.telegram_id, u.name, m.role, u.blocked_at IS NOT NULL"
        "  FROM membership m JOIN app_user u ON u.id = m.user_id"
        " WHERE m.tenant_id = :tenant_id AND m.user_id = :user_id",
        tenant_id=tenant_id,
        user_id=user_id,
    ).one_or_none()
    if row is None:
        raise NotFound("Этого человека в организации нет. Кто в ней сейчас: /people")
    return _member(*row)


def hold_as_owner(tx: PlatformTx, actor: Person) -> int:
    """The actor's organisation, locked until the transaction ends.

    Asked here again, not only at the door: between the two somebody may have taken the ownership away.

    Raises:
        NotAllowed: the actor does not own it (any more).
    """
    tx.run("SELECT 1 FROM tenant WHERE id = :id FOR NO KEY UPDATE", id=actor.tenant_id)
    role = tx.run(
        "SELECT role FROM membership WHERE tenant_id = :tenant_id AND user_id = :user_id",
        tenant_id=actor.tenant_id,
        user_id=actor.user_id,
    ).scalar_one_or_none()
    if actor.tenant_id is None or role != "owner":
        raise NotAllowed("Это может только владелец организации.")
    return actor.tenant_id


def demand_member(tx: TenantTx, user_id: int) -> None:
    """Raises NotAllowed for whoever does not belong to this transaction's organisation (any more)."""
    found = tx.run(
        "SELECT 1 FROM membership WHERE tenant_id = :tenant_id AND user_id = :user_id", user_id=user_id
    )
    if found.one_or_none() is None:
        raise NotAllowed("Вас больше нет в этой организации. Начните с /start")


def change_role(tx: PlatformTx, actor: Person, user_id: int, role: str, now: datetime) -> Member:
    """Give a member another role; the member as they are now.

    Raises:
        Conflict: they have that role already, or are the last owner.
        NotFound: they are not in the organisation; no such role.
    """
    tenant_id = hold_as_owner(tx, actor)
    if role not in ROLE_NAMES:
        raise NotFound("Такой роли нет.")
    member = find_member(tx, tenant_id, user_id)
    if member.role == role:
        raise Conflict(f"{member.name}: роль «{ROLE_NAMES[role]}» уже стоит.")
    _not_the_last_owner(tx, tenant_id, member)
    tx.run(
        "UPDATE membership SET role = :role WHERE tenant_id = :tenant_id AND user_id = :user_id",
        role=role,
        tenant_id=tenant_id,
        user_id=user_id,
    )
    if member.role == "owner":
        void_invites_of(tx, tenant_id, user_id, now)
        void_tokens_of(tx, tenant_id, user_id, now)
    was, is_now = {"role": member.role}, {"role": role}
    append_audit(tx, "person.role", member.name, before=was, after=is_now, tenant_id=tenant_id)
    return find_member(tx, tenant_id, user_id)


def remove_member(tx: PlatformTx, actor: Person, user_id: int, now: datetime) -> Member:
    """Take a member out; the member as they were. Their open invites lose force with them.

    Raises:
        Conflict: the last owner.
        NotFound: they are not in the organisation.
    """
    tenant_id = hold_as_owner(tx, actor)
    member = find_member(tx, tenant_id, user_id)
    _not_the_last_owner(tx, tenant_id, member)
    tx.run(
        "DELETE FROM membership WHERE tenant_id = :tenant_id AND user_id = :user_id",
        tenant_id=tenant_id,
        user_id=user_id,
    )
    tx.run(
        "UPDATE app_user SET current_tenant_id = NULL WHERE id = :user_id AND current_tenant_id = :tenant_id",
        tenant_id=tenant_id,
        user_id=user_id,
    )
    void_invites_of(tx, tenant_id, user_id, now)
    void_tokens_of(tx, tenant_id, user_id, now)
    append_audit(tx, "person.removed", member.name, before={"role": member.role}, tenant_id=tenant_id)
    return member


def demand_successor(tx: PlatformTx, tenant_id: int, user_id: int) -> None:
    """Raises Conflict where this member is the last owner: so it is said before they are asked «sure?»."""
    _not_the_last_owner(tx, tenant_id, find_member(tx, tenant_id, user_id))


def void_invites_of(tx: PlatformTx, tenant_id: int, user_id: int, now: datetime) -> None:
    """Links made by somebody who may invite no more: kept, one of them would be a way back in."""
    voided = tx.run(
        "UPDATE invite SET revoked_at = :now WHERE tenant_id = :tenant_id AND created_by = :user_id"
        " AND used_at IS NULL AND revoked_at IS NULL AND expires_at > :now RETURNING role",
        now=now,
        tenant_id=tenant_id,
        user_id=user_id,
    ).scalars()
    for role in voided.all():
        append_audit(tx, "invite.revoked", ROLE_NAMES[role], before={"role": role}, tenant_id=tenant_id)


def void_tokens_of(tx: PlatformTx, tenant_id: int, user_id: int, now: datetime) -> None:
    """API tokens that they made: whoever made one has seen it."""
    voided = tx.run(
        "UPDATE api_token SET revoked_at = :now WHERE tenant_id = :tenant_id AND created_by = :user_id"
        " AND revoked_at IS NULL RETURNING name, role, token_tail",
        now=now,
        tenant_id=tenant_id,
        user_id=user_id,
    )
    for row in voided.all():
        was = {"role": row.role, "tail": row.token_tail}
        append_audit(tx, "token.revoked", row.name, before=was, tenant_id=tenant_id)


def _not_the_last_owner(tx: PlatformTx, tenant_id: int, member: Member) -> None:
    """An organisation without an owner could never get one back."""
    if member.role != "owner":
        return
    others = tx.run(
        "SELECT count(*) FROM membership WHERE tenant_id = :tenant_id AND role = 'owner'"
        " AND user_id <> :user_id",
        tenant_id=tenant_id,
        user_id=member.user_id,
    ).scalar_one()
    if not others:
        raise Conflict(LAST_OWNER)


def _member(user_id: int, telegram_id: int, name: str, role: str, has_blocked: bool) -> Member:
    return Member(
        user_id=user_id,
        telegram_id=telegram_id,
        name=name or "без имени",
        role=role,
        has_blocked=has_blocked,
    )
