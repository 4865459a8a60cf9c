"""How Ozon's skus were named, day by day: their cards and the seller's articles.

Accruals and advertising know the sku alone, supplies and people the article, and both names of a sku
change (facts/ozon.md trap 13): an article is renamed, a sku goes to another card.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from app.db.copying import copy_rows, create_stage
from app.db.session import TenantTx
from app.marketplaces.rows import CatalogueRow


class Named(NamedTuple):
    """What a sku was called from a day on until, and without, ``seen_to`` (None: it is called so still)."""

    product_id: int
    article: str
    seen_from: date
    seen_to: date | None


def note_names(tx: TenantTx, account_id: int, rows: Iterable[CatalogueRow], d: date) -> int:
    """What the catalogue of day ``d`` calls its skus; how many got a name that they did not have.

    A sku that is listed no more keeps its last name. A catalogue older than the name we know says nothing.
    """
    create_stage(
        tx,
        "in_identity",
        "seq bigint GENERATED ALWAYS AS IDENTITY, ozon_id bigint, product_id bigint, article text",
    )
    copy_rows(
        tx,
        "in_identity",
        ("ozon_id", "product_id", "article"),
        ((row.ozon_id, row.product_id, row.article) for row in rows if row.ozon_id and row.product_id),
        texts=("article",),
    )
    return sum(tx.run(statement, account_id=account_id, d=d).rowcount for statement in _NOTE)


def names_of(tx: TenantTx, account_id: int, ozon_id: int) -> list[Named]:
    """Every name that a sku has had, the oldest first."""
    rows = tx.run(
        "SELECT product_id, article, seen_from, seen_to FROM sku_identity WHERE tenant_id = :tenant_id"
        " AND account_id = :account_id AND ozon_id = :ozon_id ORDER BY seen_from",
        account_id=account_id,
        ozon_id=ozon_id,
    )
    return [Named(*row) for row in rows]


_TOLD = "(SELECT DISTINCT ON (ozon_id) * FROM in_identity ORDER BY ozon_id, seq DESC) s"
_NOW = (
    "t.tenant_id = :tenant_id AND t.account_id = :account_id AND t.ozon_id = s.ozon_id AND t.seen_to IS NULL"
)
_OTHERWISE = "(t.product_id, t.article) <> (s.product_id, s.article)"

_NOTE = (
    # Read twice in a day, the last reading is the day's.
    f"UPDATE sku_identity t SET product_id = s.product_id, article = s.article FROM {_TOLD}"
    f" WHERE {_NOW} AND t.seen_from = :d AND {_OTHERWISE}",
    # A renamed sku: its name until now ends, and the new one begins in the same statement, so that it
    # never has none.
    f"WITH ended AS (UPDATE sku_identity t SET seen_to = :d FROM {_TOLD}"
    f" WHERE {_NOW} AND t.seen_from < :d AND {_OTHERWISE} RETURNING s.ozon_id, s.product_id, s.article)"
    " INSERT INTO sku_identity (tenant_id, account_id, ozon_id, product_id, article, seen_from)"
    " SELECT :tenant_id, :account_id, ozon_id, product_id, article, :d FROM ended",
    # A sku that we hear of for the first time.
    "INSERT INTO sku_identity (tenant_id, account_id, ozon_id, product_id, article, seen_from)"
    f" SELECT :tenant_id, :account_id, s.ozon_id, s.product_id, s.article, :d FROM {_TOLD}"
    f" WHERE NOT EXISTS (SELECT FROM sku_identity t WHERE {_NOW})",
)
