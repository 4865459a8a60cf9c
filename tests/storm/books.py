"""All that a database says, by natural keys: two nights of one town can be laid beside each other.

Surrogate ids, instants and traces are left out; a SKU and a warehouse are named as the marketplace
names them, inside journals too. Every table is compared unless it is listed here with its reason.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from tests.support.databases import superuser

NOT_COMPARED: Mapping[str, str] = {
    "alembic_version": "the schema's",
    "installation": "the schema's",
    "audit_entry": "tells of the disturbance itself",
    "chunk": "a job's own checkpoints, swept with it",
    "dead_letter": "checked apart: there must be none",
    "figures_stamp": "counts how often figures moved, and a merge may be done in other portions",
    "firing": "the clock's",
    "fsm_entry": "conversations",
    "idempotency_key": "conversations",
    "ingest_run": "one row an attempt, so a disturbed night has more",
    "job": "checked apart: each done",
    "job_checkpoint": "a job's own, swept with it",
    "lease": "the clock's",
    "outbox_event": "compared apart, by what was told",
    "rate_budget": "tokens of the moment",
}

ORDERED = (
    *("wb.stock", "wb.storage", "wb.acceptance"),
    *("ozon.placement", "ozon.compensations", "ozon.ads", "ozon.realization_postings"),
)
"""Sources of reports that are ordered first, under another number each time: their replies are not
compared. What they said as a whole is, for there the number does not count."""

FLEETING = ("wb.stock_history", "ozon.accruals")
"""Sources whose replies are never twice the same (an archive holds the minute it was packed in, a page a
cursor of its own): of them nothing but the facts is compared."""

_VOLATILE = ("id", "trace_id", "run_id", "src_hash")
"""Surrogates, and the hash of a fact's values, some of which are surrogates: the values are compared."""

State = dict[str, Counter[str]]


def state_of(admin_url: str) -> State:
    """Rows of each table as JSON, with how often each is there."""
    with superuser(admin_url) as connection:
        names = _names(connection)
        return {
            table: Counter(json.dumps(_named(row, names), sort_keys=True) for row in _rows(connection, table))
            for table in tables(connection)
        }


NOT_FACTS = frozenset({"figure_change", "marketplace_account", "raw_payload", "source_unit"})
"""Of one organisation these tell how its nights went, not what they brought."""


def facts_of(admin_url: str, tenant_id: int) -> State:
    """What one organisation knows, in words that another organisation at the same sellers would use too."""
    with superuser(admin_url) as connection:
        owned = connection.execute(
            text(
                "SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'account_id'"
                " AND NOT attisdropped"
            )
        )
        known = set(owned.scalars()) - NOT_FACTS
        names = _names(connection)
        names["sku_id"] = {key: name.partition(":")[2] for key, name in names["sku_id"].items()}
        return {
            table: Counter(
                json.dumps({k: v for k, v in _named(row, names).items() if k not in _OWNERS}, sort_keys=True)
                for row in _rows(connection, table)
                if row["tenant_id"] == tenant_id
            )
            for table in tables(connection)
            if table in known
        }


_OWNERS = ("tenant_id", "account_id", "rationale_hash")
"""Whose it is, and a hash of words that tell ids."""


def differences(ours: State, theirs: State) -> dict[str, dict[str, list[str]]]:
    """By table: rows that only one of the two has, the first few of them."""
    found = {}
    for table in ours.keys() | theirs.keys():
        missing, extra = theirs[table] - ours[table], ours[table] - theirs[table]
        if missing or extra:
            found[f"{table} (-{missing.total()} +{extra.total()})"] = {
                "missing": list(missing)[:3],
                "extra": list(extra)[:3],
            }
    return found


def tables(connection: Connection) -> list[str]:
    """Those that are compared; the months of a table are the table."""
    found = connection.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
    )
    return [name for name in found.scalars() if name not in NOT_COMPARED]


def _rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    columns = connection.execute(
        text(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:name AS regclass) AND attnum > 0"
            " AND NOT attisdropped AND atttypid <> 'timestamptz'::regtype AND attname <> ALL(:volatile)"
        ),
        {"name": table, "volatile": list(_VOLATILE)},
    )
    wanted = ", ".join(columns.scalars())
    found = connection.execute(text(f"SELECT to_jsonb(r) FROM (SELECT {wanted} FROM {table}) r")).scalars()
    if table == "raw_payload":
        return [row for row in found if row["source"] not in (*ORDERED, *FLEETING)]
    if table == "source_unit":
        return [row | {"digest": None} if row["source"] in FLEETING else row for row in found]
    return list(found)


def _names(connection: Connection) -> dict[str, dict[int, str]]:
    skus = connection.execute(
        text("SELECT id, concat_ws(':', account_id, nm_id, chrt_id, ozon_id) AS name FROM sku")
    )
    places = connection.execute(text("SELECT id, concat_ws(':', marketplace, code) AS name FROM warehouse"))
    return {
        "sku_id": {row.id: row.name for row in skus},
        "warehouse_id": {row.id: row.name for row in places},
    }


def _named(value: Any, names: dict[str, dict[int, str]]) -> Any:
    """Ids of the catalogue replaced by names, at any depth."""
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: names[key].get(each, each) if key in names and each is not None else _named(each, names)
        for key, each in value.items()
    }
