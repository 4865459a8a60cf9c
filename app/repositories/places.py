"""Places of the seller's own warehouses, by the codes that stand on the shelves."""

from collections.abc import Sequence
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx
from app.domain.warehouse.nearest import nearest

SQL = load_sql(Path(__file__).with_name("places.sql"))


def find_places(tx: TenantTx, codes: Sequence[str]) -> dict[str, int]:
    """Places by code as it was asked for, whatever its case; those that there are.

    A letter typed in Russian that looks like the Latin one (А-01 for A-01) is that one.
    """
    return {row.code: row.id for row in tx.run(SQL["find"], codes=[*codes])} if codes else {}


def name_places(tx: TenantTx, ids: Sequence[int]) -> dict[int, str]:
    """What stands on these places' labels."""
    return {row.id: row.code for row in tx.run(SQL["names"], ids=[*ids])}


def near_places(tx: TenantTx, code: str, limit: int) -> list[str]:
    """Codes of places that are spelt alike, the nearest first; for "" the first of all."""
    codes = [row.code for row in tx.run(SQL["codes"])]
    return nearest(code, codes, limit) if code else codes[:limit]


def ensure_places(tx: TenantTx, codes: Sequence[str]) -> dict[str, int]:
    """Places by code, made in the own warehouse where they are not there yet."""
    known = find_places(tx, codes)
    lacking = [code for code in dict.fromkeys(codes) if code not in known]
    if not lacking:
        return known
    tx.run(SQL["make_warehouse"])
    tx.run(SQL["make"], codes=lacking)
    return find_places(tx, codes)
