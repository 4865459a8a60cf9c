"""COPY in and out: the only way bulk rows cross between Python and PostgreSQL.

Rows go into temporary staging tables, because COPY into a table under row-level security is
refused; reading with COPY (SELECT …) obeys the policies.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from app.db.session import TenantTx

_BLOCK = 1 << 18
"""Bytes handed over at once: the driver's 8 KB cost a call of Python for every fifty rows."""


def create_stage(tx: TenantTx, name: str, columns: str) -> None:
    """A temporary table of these column definitions, gone at the end of the transaction."""
    tx.session.connection().exec_driver_sql(
        f"DROP TABLE IF EXISTS pg_temp.{name}; CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP"
    )


def create_stage_like(tx: TenantTx, name: str, table: str, columns: Sequence[str]) -> None:
    """A temporary table with these columns of ``table``, their types included, nothing else."""
    tx.session.connection().exec_driver_sql(
        f"DROP TABLE IF EXISTS pg_temp.{name}; "
        f"CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT {', '.join(columns)} FROM {table} WITH NO DATA"
    )


def copy_rows(
    tx: TenantTx,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    texts: Sequence[str] = (),
) -> None:
    """Fill a staging table from tuples. ``None`` is NULL; in the columns ``texts`` it is ``""``."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    buffer.seek(0)
    _copy_in(tx, table, columns, buffer, texts)


@dataclass(frozen=True, slots=True)
class Csv:
    """A frame as COPY takes it: made on any thread, copied on the connection's own."""

    columns: list[str]
    body: bytes


def as_csv(frame: pl.DataFrame) -> Csv:
    """The frame's rows under its column names; null is NULL."""
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False)
    return Csv(frame.columns, buffer.getvalue())


def copy_csv(tx: TenantTx, table: str, csv: Csv) -> None:
    """Fill a staging table; the frame's column names are the table's."""
    _copy_in(tx, table, csv.columns, io.BytesIO(csv.body), ())


def copy_frame(tx: TenantTx, table: str, frame: pl.DataFrame) -> None:
    """Fill a staging table from a frame whose column names are the table's; null is NULL."""
    copy_csv(tx, table, as_csv(frame))


def _copy_in(
    tx: TenantTx,
    table: str,
    columns: Sequence[str],
    buffer: io.StringIO | io.BytesIO,
    texts: Sequence[str],
) -> None:
    options = "FORMAT csv" + (f", FORCE_NOT_NULL ({', '.join(texts)})" if texts else "")
    with _cursor(tx) as cursor:
        cursor.copy_expert(
            f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH ({options})", buffer, size=_BLOCK
        )


def read_frame(tx: TenantTx, sql: str, schema: dict[str, Any], **params: Any) -> pl.DataFrame:
    """The rows of a query (``:name`` parameters, ``:tenant_id`` bound) as a frame of ``schema``.

    ``schema`` maps names, in the query's order, to polars types.
    """
    return scan_frame(tx, sql, schema, **params).collect()


def scan_frame(tx: TenantTx, sql: str, schema: dict[str, Any], **params: Any) -> pl.LazyFrame:
    """``read_frame`` whose rows are here but still text: whoever collects it parses, on any thread."""
    dialect = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    compiled = str(text(sql).compile(dialect=dialect))
    buffer = io.BytesIO()
    with _cursor(tx) as cursor:
        bound = cursor.mogrify(compiled, {"tenant_id": tx.tenant_id, **params}).decode()
        cursor.copy_expert(f"COPY ({bound}) TO STDOUT WITH (FORMAT csv)", buffer)
    if buffer.tell() == 0:
        return pl.LazyFrame(schema=schema)
    buffer.seek(0)
    return pl.scan_csv(buffer, has_header=False, schema=schema)


def _cursor(tx: TenantTx) -> Any:
    """The driver's own cursor: COPY is not in SQLAlchemy's vocabulary."""
    driver: Any = tx.session.connection().connection
    return driver.cursor()
