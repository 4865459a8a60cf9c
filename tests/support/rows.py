"""Two tenants with a row in every table, made from the catalogue: a new table is filled by itself.

Both tenants get equal values wherever nothing says otherwise, so a unique key that forgets
``tenant_id`` stops the filling.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, types

PARTITION = re.compile(r"_\d{4}_\d{2}$")

Row = Mapping[str, Any]

HINTS: Mapping[str, Any] = {
    "marketplace": "WB",
    "role": "owner",
    "state": "running",
    "sku.nm_id": 1,
    "report.state": "ready",
    "buyer_order.status": "ordered",
    "tariff.kind": "box",
    "reviews.reply_status": "new",
    "figure_change.d": lambda _tenant: _NOW.date(),
    "unknown_value.kind": "status",
    "shared_cost_daily.kind": "storage",
    "report.content": b"x",
    "stock_document.reason": "RECEIPT",
    "invite.code_hash": lambda tenant: str(tenant).encode(),
    "api_token.token_hash": lambda tenant: str(tenant).encode(),
    "outbox_event.uniq": lambda tenant: f"{tenant}:x",
}
"""What a CHECK wants, by column or by table and column; a function takes the tenant's id."""

_NOT_OURS_TO_FILL = frozenset({"alembic_version", "installation"})

_NOW = datetime.now(UTC)

_VALUES: tuple[tuple[type[types.TypeEngine[Any]], Any], ...] = (
    (types.Boolean, False),
    (types.Integer, 1),
    (types.Numeric, 1),
    (types.DateTime, _NOW),
    (types.Date, _NOW.date()),
    (types.LargeBinary, b"x"),
    (types.JSON, {}),
    (types.String, "x"),
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What was inserted: a row of each table by tenant; rows of no tenant under None."""

    rows: dict[int | None, dict[str, Row]]

    @property
    def tenants(self) -> list[int]:
        """The tenants' ids, in the order in which they were made."""
        return [tenant for tenant in self.rows if tenant is not None]


def fill(connection: Connection, tenants: int = 2) -> Filled:
    """Insert a row of every table for each of so many new tenants.

    Raises:
        IntegrityError: a CHECK wants a value of its own (give a hint), or a key forgot its tenant.
    """
    tables = reflect(connection)
    filled = Filled({None: {}})
    nobodys = filled.rows[None]
    for _ in range(tenants):
        rows: dict[str, Row] = {"tenant": _insert(connection, tables["tenant"], {"name": "x"})}
        tenant = rows["tenant"]["id"]
        if not nobodys:
            for table in _in_order(tables, of_tenants=False):
                nobodys[table.name] = _insert(connection, table, _values(table, tenant, {**rows, **nobodys}))
        for table in _in_order(tables, of_tenants=True):
            rows[table.name] = _insert(connection, table, _values(table, tenant, {**nobodys, **rows}))
        filled.rows[tenant] = rows
    return filled


def reflect(connection: Connection) -> dict[str, Table]:
    """The tables as they are in the database, their months left out."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: not PARTITION.search(name))
    return {table.name: table for table in metadata.sorted_tables if table.name not in _NOT_OURS_TO_FILL}


def _in_order(tables: Mapping[str, Table], *, of_tenants: bool) -> list[Table]:
    """Parents first; facts have no foreign keys but speak of accounts, so they come last."""
    wanted = [
        table for name, table in tables.items() if name != "tenant" and ("tenant_id" in table.c) == of_tenants
    ]
    return sorted(wanted, key=lambda table: not table.foreign_keys)


def _insert(connection: Connection, table: Table, values: Row) -> Row:
    return connection.execute(table.insert().values(values).returning(*table.c)).mappings().one()


def _values(table: Table, tenant: int, made: Mapping[str, Row]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.c:
        known = HINTS.get(f"{table.name}.{column.name}", HINTS.get(column.name))
        if column.foreign_keys:
            values[column.name] = _of_parent(column, tenant, made)
        elif column.name == "tenant_id":
            values["tenant_id"] = tenant
        elif column.name == "account_id":
            values["account_id"] = made["marketplace_account"]["id"]
        elif callable(known):
            values[column.name] = known(tenant)
        elif not (column.nullable or column.identity or column.server_default):
            values[column.name] = _plain(column) if known is None else known
        elif f"{table.name}.{column.name}" in HINTS:
            values[column.name] = known
    return values


def _of_parent(column: "Column[Any]", tenant: int, made: Mapping[str, Row]) -> Any:
    if column.name == "tenant_id":
        return tenant
    target = next(iter(column.foreign_keys)).column
    return made[target.table.name][target.name] if target.table.name in made else None


def _plain(column: "Column[Any]") -> Any:
    for kind, value in _VALUES:
        if isinstance(column.type, kind):
            return value
    raise AssertionError(f"нет значения для {column.table.name}.{column.name}: {column.type!r}")
