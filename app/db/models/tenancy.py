"""Who is who: organisations, people, their roles, the cabinets they connected."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    PLATFORM,
    SHARED,
    TENANT,
    Base,
    bigint,
    created,
    digest,
    generated_key,
    instant,
    instant_or_none,
    key_int,
    key_text,
    label,
    tenant_key,
)

MARKETPLACES = "marketplace IN ('WB', 'OZON')"


class Installation(Base):
    """One row: what is fixed for the life of this database at its first migration."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="single"), {"info": SHARED})

    id: Mapped[key_int]
    day_timezone: Mapped[str]
    installed_at: Mapped[created]


class Tenant(Base):
    """An organisation: who owns the data; the wall."""

    __tablename__ = "tenant"
    __table_args__ = {"info": PLATFORM}

    id: Mapped[generated_key]
    name: Mapped[str]
    is_demo: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[created]


class AppUser(Base):
    """A person in Telegram. ``current_tenant_id`` is the organisation they look at now."""

    __tablename__ = "app_user"
    __table_args__ = (UniqueConstraint("telegram_id"), {"info": PLATFORM})

    id: Mapped[generated_key]
    telegram_id: Mapped[bigint]
    name: Mapped[label]
    is_admin: Mapped[bool] = mapped_column(server_default=text("false"))
    current_tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="SET NULL"))
    blocked_at: Mapped[instant_or_none]
    created_at: Mapped[created]


class Membership(Base):
    """A person's role in an organisation."""

    __tablename__ = "membership"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["user_id"], ["app_user.id"], ondelete="CASCADE"),
        CheckConstraint("role IN ('owner', 'manager', 'analyst', 'storekeeper')", name="role"),
        Index("ix_membership_user_id", "user_id"),
        {"info": PLATFORM},
    )

    tenant_id: Mapped[tenant_key]
    user_id: Mapped[key_int]
    role: Mapped[str]
    created_at: Mapped[created]


class Invite(Base):
    """A link that makes whoever opens it a member with this role, once; its code is stored hashed."""

    __tablename__ = "invite"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        CheckConstraint("role IN ('owner', 'manager', 'analyst', 'storekeeper')", name="role"),
        Index("ix_invite_tenant_id", "tenant_id"),
        {"info": PLATFORM},
    )

    id: Mapped[generated_key]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    code_hash: Mapped[digest]
    role: Mapped[str]
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("app_user.id", name="fk_invite_created_by", ondelete="SET NULL")
    )
    created_at: Mapped[created]
    expires_at: Mapped[instant]
    used_by: Mapped[int | None] = mapped_column(
        ForeignKey("app_user.id", name="fk_invite_used_by", ondelete="SET NULL")
    )
    used_at: Mapped[instant_or_none]
    revoked_at: Mapped[instant_or_none]


class ApiToken(Base):
    """What a program shows to act in an organisation with a role; the token itself is stored hashed."""

    __tablename__ = "api_token"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("role IN ('owner', 'manager', 'analyst', 'storekeeper')", name="role"),
        CheckConstraint("name <> ''", name="name"),
        Index("ix_api_token_tenant_id", "tenant_id"),
        {"info": PLATFORM},
    )

    id: Mapped[generated_key]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    name: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[digest]
    token_tail: Mapped[str]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id", ondelete="SET NULL"))
    created_at: Mapped[created]
    last_used_at: Mapped[instant_or_none]
    revoked_at: Mapped[instant_or_none]


class AdminCode(Base):
    """A one-time code that makes whoever brings it the first administrator; stored hashed."""

    __tablename__ = "admin_code"
    __table_args__ = {"info": PLATFORM}

    code_hash: Mapped[key_text]
    created_at: Mapped[created]
    used_at: Mapped[instant_or_none]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id", ondelete="SET NULL"))


class FsmEntry(Base):
    """Where a person stands in a conversation that takes several messages."""

    __tablename__ = "fsm_entry"
    __table_args__ = {"info": PLATFORM}

    key: Mapped[key_text]
    state: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    at: Mapped[created]


class MarketplaceAccount(Base):
    """One seller account at one marketplace; its token sealed with AES-256-GCM.

    ``seller_key`` is what the marketplace calls the seller (WB sid, Ozon Client-Id): a new token of
    the same seller is the same account. ``info`` is what it tells of the seller, asked once and kept.
    """

    __tablename__ = "marketplace_account"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "marketplace", "seller_key"),
        CheckConstraint(MARKETPLACES, name="marketplace"),
        CheckConstraint("state IN ('active', 'refused', 'off')", name="state"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    marketplace: Mapped[str]
    name: Mapped[label]
    seller_key: Mapped[str]
    key_id: Mapped[str]
    nonce: Mapped[digest]
    ciphertext: Mapped[digest]
    token_tail: Mapped[label]
    token_kind: Mapped[label]
    scopes: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    expires_at: Mapped[instant_or_none]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    info: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    info_at: Mapped[instant_or_none]
    created_at: Mapped[created]
