"""What a database holds, in a form that two can be compared by: content of every table, every sequence."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

from app.db.roles import BACKUP


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``tables``: months included, (rows, the sum of the hashes of all rows). ``sequences``: the last
    value handed out; None where none was. Those of the schema of figures are called by it."""

    tables: dict[str, tuple[int, Decimal]]
    sequences: dict[str, int | None]

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(rows for rows, _ in self.tables.values())


def read_fingerprint(connection: Connection) -> Fingerprint:
    """Read every row of our two schemas as the backup role sees it, in the connection's transaction.

    A row's hash is of its text form, so both sides are read in one time zone; the sum of hashes needs
    no order.
    """
    for setting in (f"ROLE {BACKUP}", "timezone = 'UTC'", "statement_timeout = 0"):
        connection.exec_driver_sql(f"SET LOCAL {setting}")
    names = connection.scalars(
        text(
            "SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname IN ('public', 'dw') AND c.relkind = 'r' ORDER BY 1"
        )
    ).all()
    tables: dict[str, tuple[int, Decimal]] = {}
    for name in names:
        schema, _, table = name.rpartition(".")
        row = connection.exec_driver_sql(
            "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) "
            f'FROM {schema or "public"}."{table}" t'
        ).one()
        tables[name] = (row[0], row[1])
    sequences = connection.execute(
        text(
            "SELECT CASE schemaname WHEN 'public' THEN '' ELSE schemaname || '.' END || sequencename"
            " AS sequencename, last_value FROM pg_sequences WHERE schemaname IN ('public', 'dw')"
        )
    )
    return Fingerprint(tables, {row.sequencename: row.last_value for row in sequences})


def differences(one: Fingerprint, other: Fingerprint) -> list[str]:
    """What is not the same in both, a phrase each; empty where all is."""
    found: list[str] = []
    for name in sorted(one.tables.keys() | other.tables.keys()):
        was, now = one.tables.get(name), other.tables.get(name)
        if was is None or now is None:
            found.append(f"таблица {name} есть только в {'копии' if was is None else 'базе'}")
        elif was != now:
            found.append(
                f"{name}: строк {was[0]} и {now[0]}" if was[0] != now[0] else f"{name}: другие строки"
            )
    for name in sorted(one.sequences.keys() | other.sequences.keys()):
        if one.sequences.get(name) != other.sequences.get(name):
            found.append(f"счётчик {name}: {one.sequences.get(name)} и {other.sequences.get(name)}")
    return found
