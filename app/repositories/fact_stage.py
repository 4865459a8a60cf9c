"""Rows of any kind as the merge kernel takes them: references resolved, keys told once."""

from collections.abc import Iterable
from typing import Any

from app.db.copying import copy_rows, create_stage_like
from app.db.session import TenantTx
from app.repositories import sku_refs
from app.repositories.catalogue import UNKNOWN
from app.repositories.fact_kinds import FactKind
from app.repositories.sku_refs import NOBODY, REF_COLUMNS, REF_JOIN, REF_NAMES, REF_TEXTS, ref_values
from app.repositories.staging import Staging

_INCOMING = "in_fact"


def stage_facts(tx: TenantTx, kind: FactKind, account_id: int, marketplace: str, rows: Iterable[Any]) -> str:
    """Fill a stage in the shape of the kind's table; its name.

    A row whose key lacks its SKU (a reference that names nothing) is not staged: a normaliser sets
    such rows aside.
    """
    fields: tuple[str, ...] = kind.row._fields  # type: ignore[attr-defined]
    plain = [name for name in fields if name not in ("sku", "warehouse")]
    has_sku, has_warehouse = "sku" in fields, "warehouse" in fields
    columns = [*plain, *(REF_NAMES if has_sku else ()), *(("warehouse",) if has_warehouse else ())]
    create_stage_like(tx, _INCOMING, kind.target.name, plain)
    more = [*((f"ADD {each.strip()}" for each in REF_COLUMNS.split(",")) if has_sku else ())]
    more += ["ADD warehouse text"] if has_warehouse else []
    tx.run(f"ALTER TABLE {_INCOMING} {', '.join([*more, 'ADD seq bigint GENERATED ALWAYS AS IDENTITY'])}")
    at = {name: fields.index(name) for name in fields}

    def values(row: Any) -> tuple[object, ...]:
        told: list[object] = [row[at[name]] for name in plain]
        if has_sku:
            told += ref_values(row[at["sku"]] or NOBODY)
        if has_warehouse:
            told.append(row[at["warehouse"]])
        return tuple(told)

    texts = _texts(tx, kind.target.name, plain)
    texts += [*(REF_TEXTS if has_sku else ()), *(("warehouse",) if has_warehouse else ())]
    copy_rows(tx, _INCOMING, columns, map(values, rows), texts=texts)
    if has_sku:
        sku_refs.resolve(tx, _INCOMING, account_id, marketplace)
    if has_warehouse:
        Staging(tx, account_id, marketplace).resolve_warehouses(
            f"SELECT DISTINCT warehouse AS code, warehouse AS name FROM {_INCOMING}"
        )
    return _shape(tx, kind, account_id, marketplace)


def _shape(tx: TenantTx, kind: FactKind, account_id: int, marketplace: str) -> str:
    """From what came to the target's columns, each key once."""
    target = kind.target
    stage = f"stage_{target.name}"
    create_stage_like(tx, stage, target.name, target.columns)
    spelled = {"account_id": "CAST(:account_id AS bigint)", "sku_id": "r.sku_id", "warehouse_id": "w.id"}
    source = {name: spelled.get(name, f"i.{name}") for name in target.columns} | dict(kind.own)
    joins = ""
    if "sku_id" in target.columns:
        joins += f" {'JOIN' if 'sku_id' in target.key else 'LEFT JOIN'} in_ref r ON {REF_JOIN}"
    if "warehouse_id" in target.columns:
        joins += (
            " JOIN warehouse w ON w.tenant_id = :tenant_id AND w.marketplace = :marketplace "
            f"AND w.code = coalesce(nullif(i.warehouse, ''), '{UNKNOWN}')"
        )
    keys = ", ".join(source[name] for name in target.key if name != "account_id")
    if kind.sums:
        told = [f"sum({source[name]})" if name in kind.sums else source[name] for name in target.columns]
        others = [source[name] for name in target.values if name not in kind.sums]
        select = f"SELECT {', '.join(told)} FROM {_INCOMING} i{joins} GROUP BY {', '.join([keys, *others])}"
    else:
        listed = ", ".join(source[name] for name in target.columns)
        select = f"SELECT DISTINCT ON ({keys}) {listed} FROM {_INCOMING} i{joins} ORDER BY {keys}, i.seq DESC"
    tx.run(
        f"INSERT INTO {stage} ({', '.join(target.columns)}) {select}",
        account_id=account_id,
        marketplace=marketplace,
    )
    if kind.holds_on:
        _drop_what_holds(tx, kind, account_id)
    return stage


def _drop_what_holds(tx: TenantTx, kind: FactKind, account_id: int) -> None:
    """Rows that say what the latest earlier row of their key says."""
    same = " AND ".join(f"t.{name} = s.{name}" for name in kind.target.key if name not in ("account_id", "d"))
    values = ", ".join(f"t.{name}" for name in kind.target.values)
    told = ", ".join(f"s.{name}" for name in kind.target.values)
    tx.run(
        f"DELETE FROM stage_{kind.target.name} s WHERE ({told}) IS NOT DISTINCT FROM (SELECT {values}"
        f" FROM {kind.target.name} t WHERE t.tenant_id = :tenant_id AND t.account_id = :account_id"
        f" AND {same} AND t.d < s.d ORDER BY t.d DESC LIMIT 1)",
        account_id=account_id,
    )


def _texts(tx: TenantTx, table: str, columns: list[str]) -> list[str]:
    """Columns of text that hold no NULL: an empty CSV field is "" there."""
    found = tx.run(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) "
        "AND atttypid = 'text'::regtype AND attnotnull AND attname = ANY(:columns)",
        table=table,
        columns=columns,
    )
    return [row.attname for row in found]
