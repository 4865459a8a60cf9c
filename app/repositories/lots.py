"""Lots of items as the chat and files know them: by the last day on the package. Its code is that day."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("lots.sql"))


def ensure_lots(tx: TenantTx, wanted: Sequence[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """Lots by item and last day, made where they are not there yet; of items that there are."""
    if not wanted:
        return {}
    items, expires = map(list, zip(*wanted, strict=True))
    tx.run(SQL["ensure"], items=items, expires=expires)
    found = tx.run(SQL["find"], items=items, expires=expires)
    return {(row.item_id, row.expires_on): row.id for row in found}


def items_with_expiry(tx: TenantTx, items: Sequence[int]) -> set[int]:
    """Those that ever had a lot with a last day: of these it is asked for."""
    return {row.item_id for row in tx.run(SQL["with_expiry"], items=[*items])}
