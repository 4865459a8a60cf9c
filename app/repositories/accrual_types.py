"""Ozon's dictionary of accrual types as a cabinet was told it, and the lines that its people chose."""

from app.db.session import TenantTx
from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.lines import AccrualType

_IN_FORCE = (
    "SELECT DISTINCT ON (type_id) type_id, name, title, line FROM accrual_type"
    " WHERE tenant_id = :tenant_id AND account_id = :account_id{only} ORDER BY type_id, seen_on DESC, name"
)
"""A type under the name that it was last told by."""


def in_force(tx: TenantTx, account_id: int) -> list[AccrualType]:
    """The cabinet's dictionary, one entry a type; empty before the first night."""
    rows = tx.run(_IN_FORCE.format(only=""), account_id=account_id)
    return [_entry(*row) for row in rows]


def find_type(tx: TenantTx, account_id: int, type_id: int) -> AccrualType | None:
    """One entry as it is named now."""
    only = " AND type_id = :type_id"
    row = tx.run(_IN_FORCE.format(only=only), account_id=account_id, type_id=type_id).first()
    return _entry(*row) if row else None


def choose_line(tx: TenantTx, account_id: int, entry: AccrualType, line: PnlLine | None) -> None:
    """The line of a type under the name that it has; None: the product's own table says it again."""
    tx.run(
        "UPDATE accrual_type SET line = :line WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND type_id = :type_id AND name = :name",
        account_id=account_id,
        type_id=entry.id,
        name=entry.name,
        line=line.value if line else None,
    )


def _entry(type_id: int, name: str, title: str, line: str | None) -> AccrualType:
    """A line of a newer version is no choice that we could follow."""
    return AccrualType(type_id, name, title, PnlLine(line) if line in set(PnlLine) else None)
