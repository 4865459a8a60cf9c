"""Cards, SKUs, barcodes and warehouses of a tenant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.db.copying import copy_rows, create_stage
from app.db.figures import move_stamp
from app.db.session import TenantTx
from app.marketplaces.rows import CatalogueRow, ClusterRow, CommissionRow

UNKNOWN, UNKNOWN_NAME = "unknown", "неизвестный склад"
"""The warehouse of what came without one: a real row, because a key never holds NULL."""


@dataclass(frozen=True, slots=True)
class FoundSku:
    """A SKU as a person names it."""

    id: int
    account_id: int
    marketplace: str
    article: str
    size: str
    title: str


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A warehouse of a marketplace: its code there, its name where somebody told it."""

    id: int
    marketplace: str
    code: str
    name: str


def merge_catalogue(tx: TenantTx, account_id: int, marketplace: str, rows: Iterable[CatalogueRow]) -> int:
    """Bring cards, SKUs and barcodes to what the marketplace lists; how many SKUs are new or changed.

    Nothing is deleted: a card withdrawn from sale still has sales.
    """
    create_stage(
        tx,
        "in_catalogue",
        "nm_id bigint, chrt_id bigint, ozon_id bigint, product_id bigint, article text, size text, "
        "barcodes text[], brand text, category text, title text",
    )
    copy_rows(
        tx,
        "in_catalogue",
        _COLUMNS,
        ((row.nm_id, row.chrt_id or 0, *row[2:6], _array(row.barcodes), *row[7:]) for row in rows),
        texts=("article", "size", "brand", "category", "title"),
    )
    tx.run("ANALYZE in_catalogue")
    _cards, skus, _barcodes = (
        tx.run(statement, account_id=account_id, marketplace=marketplace).rowcount for statement in _MERGE
    )
    if skus:
        move_stamp(tx)
    return int(skus)


def set_commission_rules(
    tx: TenantTx, account_id: int, marketplace: str, rows: Iterable[CommissionRow]
) -> int:
    """Note the rules from their day on, where they are not what they were; how many were news."""
    return sum(
        tx.run(
            "INSERT INTO commission_rules (tenant_id, account_id, marketplace, dt_from, rule_json) "
            "SELECT :tenant_id, :account_id, :marketplace, :dt_from, CAST(:rules AS jsonb) "
            "WHERE (SELECT rule_json FROM commission_rules WHERE tenant_id = :tenant_id "
            "AND account_id = :account_id AND marketplace = :marketplace AND dt_from <= :dt_from "
            "ORDER BY dt_from DESC LIMIT 1) IS DISTINCT FROM CAST(:rules AS jsonb) "
            "ON CONFLICT (tenant_id, account_id, marketplace, dt_from) "
            "DO UPDATE SET rule_json = excluded.rule_json",
            account_id=account_id,
            marketplace=marketplace,
            dt_from=row.dt_from,
            rules=row.rule_json,
        ).rowcount
        for row in rows
    )


def set_clusters(tx: TenantTx, marketplace: str, rows: Sequence[ClusterRow]) -> int:
    """Put known warehouses into their clusters, and name those that nobody has named; how many it moved.

    A marketplace has hundreds of warehouses: those that the seller has nothing to do with are not made.
    """
    told = {name: [getattr(row, name) for row in rows] for name in ClusterRow._fields}
    moved = tx.run(
        "UPDATE warehouse w SET cluster_id = c.cluster_id, cluster = c.cluster,"
        " name = CASE WHEN w.name = w.code AND c.name <> '' THEN c.name ELSE w.name END"
        " FROM (SELECT DISTINCT ON (code) * FROM unnest(CAST(:code AS text[]), CAST(:name AS text[]),"
        "  CAST(:cluster_id AS bigint[]), CAST(:cluster AS text[])) AS n (code, name, cluster_id, cluster)"
        "  ORDER BY code) c"
        " WHERE w.tenant_id = :tenant_id AND w.marketplace = :marketplace AND w.code = c.code"
        " AND ((w.cluster_id, w.cluster) IS DISTINCT FROM (c.cluster_id, c.cluster)"
        "  OR (w.name = w.code AND c.name NOT IN ('', w.code)))",
        marketplace=marketplace,
        **told,
    ).rowcount
    if moved:
        move_stamp(tx)
    return int(moved)


def restate_first_sales(tx: TenantTx, account_id: int) -> None:
    """Find anew the first day sold of the stale SKUs for which it may have moved."""
    tx.run(
        "UPDATE sku k SET first_sold = f.d FROM recalc_pending p CROSS JOIN LATERAL ("
        "  SELECT min(s.d) AS d FROM daily_sales s WHERE s.tenant_id = :tenant_id AND s.sku_id = p.sku_id"
        "  AND s.qty > 0) f "
        "WHERE p.tenant_id = :tenant_id AND k.tenant_id = :tenant_id AND k.account_id = :account_id"
        " AND k.id = p.sku_id AND (k.first_sold IS NULL OR p.d_from <= k.first_sold)"
        " AND k.first_sold IS DISTINCT FROM f.d",
        account_id=account_id,
    )


def newest_sku(tx: TenantTx) -> int:
    """The SKU made last, 0 where there is none: another one later means that there are new ones."""
    return int(tx.run("SELECT coalesce(max(id), 0) FROM sku WHERE tenant_id = :tenant_id").scalar_one())


def ensure_sku(
    tx: TenantTx,
    account_id: int,
    marketplace: str,
    *,
    nm_id: int | None = None,
    chrt_id: int = 0,
    ozon_id: int | None = None,
    article: str = "",
) -> int:
    """The SKU of this identity, made if it is new; its id."""
    identity = {"nm_id": nm_id, "chrt_id": chrt_id, "ozon_id": ozon_id}
    tx.run(
        "INSERT INTO sku (tenant_id, account_id, marketplace, nm_id, chrt_id, ozon_id, article) "
        "VALUES (:tenant_id, :account_id, :marketplace, :nm_id, :chrt_id, :ozon_id, :article) "
        "ON CONFLICT DO NOTHING",
        account_id=account_id,
        marketplace=marketplace,
        article=article,
        **identity,
    )
    found = tx.run(
        "SELECT id FROM sku WHERE tenant_id = :tenant_id AND account_id = :account_id "
        "AND chrt_id = :chrt_id AND (nm_id = :nm_id OR ozon_id = :ozon_id)",
        account_id=account_id,
        **identity,
    )
    return int(found.scalar_one())


def ensure_warehouse(tx: TenantTx, marketplace: str, code: str, name: str = "") -> int:
    """The warehouse of this code, made if it is new; its id."""
    tx.run(
        "INSERT INTO warehouse (tenant_id, marketplace, code, name) "
        "VALUES (:tenant_id, :marketplace, :code, :name) ON CONFLICT DO NOTHING",
        marketplace=marketplace,
        code=code,
        name=name or code,
    )
    found = tx.run(
        "SELECT id FROM warehouse WHERE tenant_id = :tenant_id AND marketplace = :marketplace "
        "AND code = :code",
        marketplace=marketplace,
        code=code,
    )
    return int(found.scalar_one())


def list_warehouses(tx: TenantTx, marketplace: str | None = None) -> list[Warehouse]:
    """Warehouses by name; of one marketplace."""
    rows = tx.run(
        "SELECT id, marketplace, code, name FROM warehouse WHERE tenant_id = :tenant_id"
        " AND (CAST(:marketplace AS text) IS NULL OR marketplace = :marketplace)"
        " ORDER BY marketplace, name, code",
        marketplace=marketplace,
    )
    return [Warehouse(*row) for row in rows]


def name_warehouse(tx: TenantTx, warehouse_id: int, name: str) -> bool:
    """Call a warehouse so; False for one that is not there."""
    move_stamp(tx)
    done = tx.run(
        "UPDATE warehouse SET name = :name WHERE tenant_id = :tenant_id AND id = :id",
        id=warehouse_id,
        name=name,
    )
    return bool(done.rowcount)


_FOUND = "id, account_id, marketplace, article, size, title"


def find_sku(tx: TenantTx, sku_id: int) -> FoundSku | None:
    """A SKU by its id."""
    row = tx.run(f"SELECT {_FOUND} FROM sku WHERE tenant_id = :tenant_id AND id = :id", id=sku_id)
    found = row.one_or_none()
    return None if found is None else FoundSku(*found)


def list_skus(tx: TenantTx, limit: int, after: int = 0) -> list[FoundSku]:
    """The next SKUs whose id is greater than ``after``, in order."""
    rows = tx.run(
        f"SELECT {_FOUND} FROM sku WHERE tenant_id = :tenant_id AND id > :after ORDER BY id LIMIT :limit",
        after=after,
        limit=limit,
    )
    return [FoundSku(*row) for row in rows]


def find_by_article(tx: TenantTx, article: str) -> list[FoundSku]:
    """All SKUs of an article (any case), a nm_id, an Ozon sku or a barcode; where nothing is called so now,
    those that were called so once."""
    number = int(article) if article.isdigit() and len(article) < 19 else None
    rows = tx.run(
        "SELECT id, account_id, marketplace, article, size, title FROM sku "
        "WHERE tenant_id = :tenant_id AND (lower(article) = lower(:article) OR nm_id = :number"
        " OR ozon_id = :number OR id IN (SELECT sku_id FROM sku_barcode WHERE tenant_id = :tenant_id"
        " AND barcode = :article)) ORDER BY marketplace, article, size, id",
        article=article,
        number=number,
    )
    return [FoundSku(*row) for row in rows] or _once_called(tx, article)


def _once_called(tx: TenantTx, article: str) -> list[FoundSku]:
    rows = tx.run(
        f"SELECT {_FOUND} FROM sku WHERE tenant_id = :tenant_id AND (account_id, ozon_id) IN ("
        "SELECT account_id, ozon_id FROM sku_identity WHERE tenant_id = :tenant_id"
        " AND lower(article) = lower(:article)) ORDER BY marketplace, article, size, id",
        article=article,
    )
    return [FoundSku(*row) for row in rows]


def nearest_articles(tx: TenantTx, article: str, limit: int = 5) -> list[str]:
    """Articles a person may have meant: the same beginning or a part of it, nearest in length first."""
    rows = tx.run(
        "SELECT article FROM sku WHERE tenant_id = :tenant_id AND article <> '' "
        "AND (lower(article) LIKE lower(:start) || '%' OR lower(article) LIKE '%' || lower(:asked) || '%') "
        "GROUP BY article ORDER BY (lower(article) LIKE '%' || lower(:asked) || '%') DESC,"
        " abs(length(article) - length(:asked)), article LIMIT :limit",
        asked=article,
        start=article[:3],
        limit=limit,
    )
    return [row.article for row in rows]


_COLUMNS = (
    "nm_id",
    "chrt_id",
    "ozon_id",
    "product_id",
    "article",
    "size",
    "barcodes",
    "brand",
    "category",
    "title",
)


def _array(barcodes: Sequence[str]) -> str:
    return "{" + ",".join('"' + code.replace('"', "") + '"' for code in barcodes) + "}"


_MERGE = (
    # Cards: one row a listing.
    """
    MERGE INTO card c USING (
        SELECT DISTINCT ON (id) coalesce(nm_id, product_id) AS id, article, brand, category, title
        FROM in_catalogue ORDER BY id, article
    ) s ON c.tenant_id = :tenant_id AND c.account_id = :account_id AND c.external_id = s.id
    WHEN MATCHED AND (c.article, c.brand, c.category, c.title)
        IS DISTINCT FROM (s.article, s.brand, s.category, s.title)
        THEN UPDATE SET article = s.article, brand = s.brand, category = s.category, title = s.title
    WHEN NOT MATCHED AND s.id IS NOT NULL
        THEN INSERT (tenant_id, account_id, external_id, article, brand, category, title)
        VALUES (:tenant_id, :account_id, s.id, s.article, s.brand, s.category, s.title)
    """,
    # SKUs: one row a size.
    """
    MERGE INTO sku k USING (
        SELECT DISTINCT ON (nm_id, chrt_id, ozon_id) * FROM in_catalogue ORDER BY nm_id, chrt_id, ozon_id
    ) s ON k.tenant_id = :tenant_id AND k.account_id = :account_id
        AND k.chrt_id = s.chrt_id AND coalesce(k.nm_id, k.ozon_id) = coalesce(s.nm_id, s.ozon_id)
    WHEN MATCHED AND (k.article, k.size, k.brand, k.category, k.title)
        IS DISTINCT FROM (s.article, s.size, s.brand, s.category, s.title)
        THEN UPDATE SET article = s.article, size = s.size, brand = s.brand, category = s.category,
            title = s.title
    WHEN NOT MATCHED
        THEN INSERT (tenant_id, account_id, marketplace, nm_id, chrt_id, ozon_id, article, size,
            brand, category, title)
        VALUES (:tenant_id, :account_id, :marketplace, s.nm_id, s.chrt_id, s.ozon_id, s.article, s.size,
            s.brand, s.category, s.title)
    """,
    # Barcodes: the newest card to claim one has it; those a card lost are kept for old rows.
    """
    MERGE INTO sku_barcode b USING (
        SELECT DISTINCT ON (code) code, k.id AS sku_id
        FROM in_catalogue s CROSS JOIN unnest(s.barcodes) AS code
        JOIN sku k ON k.tenant_id = :tenant_id AND k.account_id = :account_id
            AND k.chrt_id = s.chrt_id AND coalesce(k.nm_id, k.ozon_id) = coalesce(s.nm_id, s.ozon_id)
        ORDER BY code, k.id DESC
    ) s ON b.tenant_id = :tenant_id AND b.account_id = :account_id AND b.barcode = s.code
    WHEN MATCHED AND b.sku_id <> s.sku_id THEN UPDATE SET sku_id = s.sku_id
    WHEN NOT MATCHED THEN INSERT (tenant_id, account_id, barcode, sku_id)
        VALUES (:tenant_id, :account_id, s.code, s.sku_id)
    """,
)
