"""Which SKU a marketplace's row means: references resolved set-based, unknown ones given a SKU.

A reference is what a row tells of its SKU (nm_id, chrt_id, barcode, size, ozon_id, article), with
0 and "" for what it does not tell, so that references join by plain equality.
"""

from collections.abc import Sequence

from app.db.copying import create_stage
from app.db.session import TenantTx
from app.marketplaces.rows import SkuRef

REF_NAMES = ("nm_id", "chrt_id", "barcode", "size", "ozon_id", "article")
REF_COLUMNS = "nm_id bigint, chrt_id bigint, barcode text, size text, ozon_id bigint, article text"
REF_TEXTS = ("barcode", "size", "article")
REF_JOIN = " AND ".join(f"r.{name} = i.{name}" for name in REF_NAMES)

_OURS = "s.tenant_id = :tenant_id AND s.account_id = :account_id"

# From the most exact name to the least: the first that finds wins.
_LOOKUPS = (
    f"SELECT r.ref_id, s.id FROM in_ref r JOIN sku s ON {_OURS} AND s.ozon_id = r.ozon_id "
    "WHERE r.ozon_id > 0",
    f"SELECT r.ref_id, s.id FROM in_ref r JOIN sku s ON {_OURS} AND s.nm_id = r.nm_id "
    "AND s.chrt_id = r.chrt_id WHERE r.nm_id > 0 AND r.chrt_id > 0",
    f"SELECT r.ref_id, s.sku_id FROM in_ref r JOIN sku_barcode s ON {_OURS} AND s.barcode = r.barcode "
    "WHERE r.ozon_id = 0 AND r.barcode <> ''",
    f"SELECT r.ref_id, min(s.id) FROM in_ref r JOIN sku s ON {_OURS} AND s.nm_id = r.nm_id "
    "AND s.size = r.size WHERE r.nm_id > 0 AND r.chrt_id = 0 AND r.size <> '' "
    "GROUP BY r.ref_id HAVING count(*) = 1",
    f"SELECT r.ref_id, min(s.id) FROM in_ref r JOIN sku s ON {_OURS} AND s.nm_id = r.nm_id "
    "WHERE r.nm_id > 0 AND r.chrt_id = 0 GROUP BY r.ref_id HAVING count(*) = 1",
)

# What nobody has listed yet: a card that was deleted, or sold before the catalogue came. chrt_id 0
# is "size not known".
_MAKE = """
INSERT INTO sku (tenant_id, account_id, marketplace, nm_id, chrt_id, ozon_id, article, size)
SELECT :tenant_id, :account_id, :marketplace, nullif(nm_id, 0), chrt_id, nullif(ozon_id, 0),
       max(article), CASE WHEN chrt_id > 0 THEN max(size) ELSE '' END
FROM in_ref WHERE sku_id IS NULL GROUP BY nm_id, chrt_id, ozon_id
ON CONFLICT DO NOTHING
"""

# A row that names a card but no size we know: the card's SKU of unknown size.
_UNKNOWN_SIZE = (
    f"SELECT r.ref_id, s.id FROM in_ref r JOIN sku s ON {_OURS} AND s.nm_id = r.nm_id AND s.chrt_id = 0 "
    "WHERE r.nm_id > 0 AND r.chrt_id = 0"
)


NOBODY = SkuRef()
"""A row that names no SKU."""


def ref_values(sku: SkuRef) -> Sequence[object]:
    """A reference as staged: 0 and "" for what was not told."""
    return (sku.nm_id or 0, sku.chrt_id or 0, sku.barcode, sku.size, sku.ozon_id or 0, sku.article)


def resolve(tx: TenantTx, table: str, account_id: int, marketplace: str) -> None:
    """Make ``in_ref``: every reference of the staged ``table`` that names something, with its sku_id."""
    names = ", ".join(REF_NAMES)
    create_stage(tx, "in_ref", f"ref_id bigint GENERATED ALWAYS AS IDENTITY, {REF_COLUMNS}, sku_id bigint")
    told = tx.run(
        f"INSERT INTO in_ref ({names}) SELECT DISTINCT {names} FROM {table} WHERE nm_id > 0 OR ozon_id > 0"
    ).rowcount
    if not told:
        return
    tx.run("ANALYZE in_ref")
    # The SKU of unknown size may have been made on another night: it is found before one is made.
    if left := _look_up(tx, (*_LOOKUPS, _UNKNOWN_SIZE), account_id, told):
        tx.run(_MAKE, account_id=account_id, marketplace=marketplace)
        _look_up(tx, (*_LOOKUPS[:2], _UNKNOWN_SIZE), account_id, left)


def _look_up(tx: TenantTx, lookups: Sequence[str], account_id: int, left: int) -> int:
    """Look for the ``left`` references that have no SKU yet, until all have; how many still have none."""
    for lookup in lookups:
        if not left:
            break
        left -= tx.run(
            f"UPDATE in_ref r SET sku_id = k.found FROM ({lookup}) AS k (ref_id, found) "
            "WHERE r.sku_id IS NULL AND r.ref_id = k.ref_id",
            account_id=account_id,
        ).rowcount
    return left
