"""Which thing on the shelf the marketplaces' listings are."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import TENANT, Base, bigint, instant_or_none, key_int, label, tenant_key


class ItemSku(Base):
    """A listing and the item that it is, or might be; decided by a person."""

    __tablename__ = "item_sku"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'confirmed', 'refused')", name="state"),
        CheckConstraint("found_by IN ('', 'barcode', 'article', 'card')", name="found_by"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        ForeignKeyConstraint(["tenant_id", "sku_id"], ["sku.tenant_id", "sku.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"], ondelete="CASCADE"),
        Index("ix_item_sku_item_id", "tenant_id", "item_id"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    sku_id: Mapped[key_int]
    item_id: Mapped[bigint]
    state: Mapped[str] = mapped_column(server_default=text("'proposed'"))
    found_by: Mapped[label]
    is_sure: Mapped[bool] = mapped_column(server_default=text("false"))
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[instant_or_none]
