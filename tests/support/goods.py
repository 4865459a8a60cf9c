"""Goods of an organisation and listings of its cabinets, for stories about which is which."""

from collections.abc import Sequence
from typing import Any

from app.db.session import Database
from app.repositories.items import NewItem, make_items
from tests.support.shelf import Shelf

SHOE = "4601234567893"
SOCKS = "4600000000015"


def sees(person: Any, *texts: str) -> None:
    """As ``person.sees``, however far the columns of a table stand apart."""
    screen = " ".join(person.screen.split())
    missing = [text for text in texts if " ".join(text.split()) not in screen]
    assert not missing, f"{person.name} does not see {missing}; on the screen:\n{person.screen}"


def stock_shelf(db: Database, tenant_id: int) -> Shelf:
    """An own warehouse with three items on it: shoes (two barcodes), socks, a jar that goes off."""
    shelf = Shelf(db, tenant_id)
    with db.tenant(tenant_id) as tx:
        make_items(
            tx,
            [
                NewItem(article="KRS-42", name="Кроссовки беговые красные", barcodes=(SHOE, "OZN777"),
                        attributes={"size": "42"}),
                NewItem(article="NSK-1", name="Носки шерстяные", barcodes=(SOCKS,)),
                NewItem(article="MED-5", name="Мёд липовый", barcodes=("4600000000022",)),
            ],
        )  # fmt: skip
    return shelf


def item_id(db: Database, tenant_id: int, article: str) -> int:
    with db.tenant(tenant_id) as tx:
        sql = "SELECT id FROM item WHERE tenant_id = :tenant_id AND lower(article) = lower(:article)"
        return int(tx.run(sql, article=article).scalar_one())


def list_sku(
    db: Database,
    tenant_id: int,
    account_id: int,
    marketplace: str,
    number: int,
    article: str = "",
    *,
    size: str = "",
    title: str = "",
    barcodes: Sequence[str] = (),
) -> int:
    """A listing of a cabinet; its id."""
    with db.tenant(tenant_id) as tx:
        sku: int = tx.run(
            "INSERT INTO sku"
            " (tenant_id, account_id, marketplace, nm_id, chrt_id, ozon_id, article, size, title)"
            " VALUES (:tenant_id, :account, :marketplace, :nm_id, :number, :ozon_id, :article, :size, :title)"
            " RETURNING id",
            account=account_id,
            marketplace=marketplace,
            number=number,
            nm_id=number if marketplace == "WB" else None,
            ozon_id=number if marketplace == "OZON" else None,
            article=article,
            size=size,
            title=title,
        ).scalar_one()
        for code in barcodes:
            tx.run(
                "INSERT INTO sku_barcode (tenant_id, account_id, barcode, sku_id)"
                " VALUES (:tenant_id, :account, :code, :sku)",
                account=account_id,
                code=code,
                sku=sku,
            )
    return sku
