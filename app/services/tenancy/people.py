"""Who is this person in Telegram, and in which organisation they look now."""

from dataclasses import dataclass
from datetime import datetime

from app.db.session import PlatformTx

NAME_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A known person. ``tenant_id`` and ``role`` are None where they belong to no organisation.

    ``organisations``: to how many they belong; every screen names the current one where there are several.
    """

    user_id: int
    telegram_id: int
    name: str
    is_admin: bool
    tenant_id: int | None
    role: str | None
    organisation: str
    is_demo: bool
    organisations: int = 1


def find_person(tx: PlatformTx, telegram_id: int) -> Person | None:
    """The person who writes to us now, or None for a stranger.

    Whoever writes to us has not blocked us: the mark of a block is taken away.
    """
    person = read_person(tx, telegram_id)
    if person is not None:
        tx.run(
            "UPDATE app_user SET blocked_at = NULL WHERE id = :id AND blocked_at IS NOT NULL",
            id=person.user_id,
        )
    return person


def read_person(tx: PlatformTx, telegram_id: int) -> Person | None:
    """The person behind a Telegram id. Of several organisations: the one they chose last, else the first."""
    row = (
        tx.run(
            """
            SELECT u.id AS user_id, u.name, u.is_admin,
                   m.tenant_id, m.role, t.name AS organisation, t.is_demo,
                   count(m.tenant_id) OVER () AS organisations
              FROM app_user u
              LEFT JOIN membership m ON m.user_id = u.id
              LEFT JOIN tenant t ON t.id = m.tenant_id
             WHERE u.telegram_id = :telegram_id
             ORDER BY (m.tenant_id = u.current_tenant_id) DESC NULLS LAST, m.tenant_id
             LIMIT 1
            """,
            telegram_id=telegram_id,
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    return Person(
        user_id=row["user_id"],
        telegram_id=telegram_id,
        name=row["name"],
        is_admin=row["is_admin"],
        tenant_id=row["tenant_id"],
        role=row["role"],
        organisation=row["organisation"] or "",
        is_demo=bool(row["is_demo"]),
        organisations=row["organisations"],
    )


def mark_blocked(tx: PlatformTx, telegram_id: int, now: datetime) -> None:
    """They blocked the bot: nothing is sent to them until they write again."""
    tx.run(
        "UPDATE app_user SET blocked_at = :now WHERE telegram_id = :id AND blocked_at IS NULL",
        now=now,
        id=telegram_id,
    )


def enrol(
    tx: PlatformTx, telegram_id: int, name: str, tenant_id: int, role: str, *, is_admin: bool = False
) -> Person:
    """Make a person a member of an organisation; a second time changes their role only."""
    user_id = ensure_user(tx, telegram_id, name, is_admin=is_admin)
    tx.run(
        """
        INSERT INTO membership (tenant_id, user_id, role) VALUES (:tenant_id, :user_id, :role)
        ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role
        """,
        tenant_id=tenant_id,
        user_id=user_id,
        role=role,
    )
    tx.run(
        "UPDATE app_user SET current_tenant_id = :tenant_id WHERE id = :id", tenant_id=tenant_id, id=user_id
    )
    person = find_person(tx, telegram_id)
    assert person is not None, "the row was just written in this transaction"
    return person


def ensure_user(tx: PlatformTx, telegram_id: int, name: str, *, is_admin: bool = False) -> int:
    """The id of the person's row, made where there is none. Never takes administration away."""
    found: int = tx.run(
        """
        INSERT INTO app_user (telegram_id, name, is_admin) VALUES (:telegram_id, :name, :is_admin)
        ON CONFLICT (telegram_id) DO UPDATE SET is_admin = app_user.is_admin OR excluded.is_admin
        RETURNING id
        """,
        telegram_id=telegram_id,
        name=name[:NAME_LIMIT],
        is_admin=is_admin,
    ).scalar_one()
    return found
