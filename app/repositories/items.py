"""Things on the shelf: what they are called and scanned by, and which listings they are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("items.sql"))

TAIL = 4
"""So many last digits are enough to look for: that is what people type by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCard:
    """An item by itself, without its stock."""

    id: int
    article: str
    name: str
    barcodes: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def spec(self) -> str:
        """What tells it from its sisters (a size, a volume); "" where nothing does."""
        return spec_of(self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """What is known of an item before it is there."""

    article: str
    name: str = ""
    barcodes: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


def spec_of(attributes: Mapping[str, Any]) -> str:
    """``spec`` of the attributes, else ``size``."""
    return str(attributes.get("spec") or attributes.get("size") or "")


def find_items_named(tx: TenantTx, names: Sequence[str]) -> dict[str, int]:
    """Items by what they are exactly: a barcode, or an article in any case; those that there are."""
    return {row.name: row.item_id for row in tx.run(SQL["named"], names=[*names])}


def item_cards(tx: TenantTx, ids: Sequence[int]) -> list[ItemCard]:
    """These items, in the order asked; one that is not there is left out."""
    return [
        ItemCard(
            id=row.id,
            article=row.article,
            name=row.name,
            barcodes=tuple(row.barcodes),
            attributes=row.attributes,
        )
        for row in tx.run(SQL["cards"], items=[*ids])
    ]


def near_barcodes(tx: TenantTx, barcode: str, limit: int) -> list[int]:
    """Items whose barcode begins or ends as this one does; none for one too short to say anything."""
    if len(barcode) < TAIL:
        return []
    head = barcode[:-2] if len(barcode) > TAIL + 2 else barcode
    rows = tx.run(SQL["near_barcodes"], head=head, tail=barcode[-TAIL:], length=TAIL, limit=limit)
    return [row.item_id for row in rows]


def make_items(tx: TenantTx, rows: Sequence[NewItem]) -> dict[str, int]:
    """New items with their barcodes, by article in lower case.

    One whose article there is already is neither made nor changed, and not in the answer; a barcode that is
    another item's stays its.
    """
    if not rows:
        return {}
    made = {
        row.article: int(row.id)
        for row in tx.run(
            SQL["make"],
            articles=[each.article for each in rows],
            names=[each.name for each in rows],
            attributes=[json.dumps(dict(each.attributes), ensure_ascii=False) for each in rows],
        )
    }
    codes = [
        (made[each.article.lower()], code)
        for each in rows
        if each.article.lower() in made
        for code in each.barcodes
    ]
    give_barcodes(tx, codes)
    return made


def give_barcodes(tx: TenantTx, codes: Sequence[tuple[int, str]]) -> int:
    """Item and barcode; how many were nobody's and are theirs now."""
    if not codes:
        return 0
    done = tx.run(
        SQL["give_barcodes"], items=[item for item, _ in codes], barcodes=[code for _, code in codes]
    )
    return int(done.rowcount)


def items_of_skus(tx: TenantTx, sku_ids: Sequence[int]) -> dict[int, int]:
    """Which item a listing is, of those that a person has confirmed."""
    return {row.sku_id: row.item_id for row in tx.run(SQL["of_skus"], skus=[*sku_ids])}
