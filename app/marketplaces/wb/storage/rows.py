"""The paid storage report as plain rows: one for a SKU in a warehouse on a day.

An explanation of the finance report's storage, never money beside it (facts/wildberries.md 7.2).
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from pydantic import Field

from app.marketplaces.rows import SkuRef, StorageRow
from app.marketplaces.source import Normalised
from app.marketplaces.unplaced import set_cost_aside
from app.marketplaces.wire import (
    KOPECK,
    ZERO,
    Count,
    Day,
    Exact,
    Id,
    Text,
    Wire,
    parse_rows,
    read_rows,
)

_LITRES = Decimal("0.0001")
_NOTHING = Decimal(0)


class Stored(Wire):
    """A size of one delivery in a warehouse on a day. ``d`` is the day of the calculation; of a
    recalculation too, whose first day (originalDate) is not ours to book on."""

    d: Day = Field(alias="date")
    nm_id: Id = Field(alias="nmId", gt=0)
    chrt_id: Id = Field(0, alias="chrtId")
    barcode: Text = ""
    size: Text = ""
    article: Text = Field("", alias="vendorCode")
    warehouse: Text = ""
    cost: Exact = Field(ZERO, alias="warehousePrice")
    pieces: Count = Field(0, alias="barcodesCount")
    volume: Exact = ZERO


def normalise_storage(bodies: Sequence[bytes]) -> Normalised:
    """Rows of a key are added up before they are rounded: a day has many that are fractions of a kopeck.

    ``volume`` is what all pieces take, in litres. A row without a card, a day or readable money is set
    aside with its cost.
    """
    out = Normalised()
    sums: dict[tuple[date, SkuRef, str], tuple[Decimal, int, Decimal]] = {}

    def refuse(raw: Any, reason: str) -> None:
        key = ("date", "nmId", "chrtId", "warehouse", "giId")
        out.unplaced.append(set_cost_aside(raw, reason, *key, amount="warehousePrice", day="date"))

    for body in bodies:
        if not body.strip():
            continue  # 204: nothing lay there
        for _, row in read_rows(parse_rows(body, "wb.storage.download"), Stored, refuse):
            sku = SkuRef(
                nm_id=row.nm_id,
                chrt_id=row.chrt_id or None,
                barcode=row.barcode,
                size=row.size,
                article=row.article,
            )
            key = (row.d, sku, row.warehouse)
            cost, pieces, volume = sums.get(key, (_NOTHING, 0, _NOTHING))
            sums[key] = (cost + row.cost, pieces + row.pieces, volume + row.volume * row.pieces)
    out.storage.extend(
        StorageRow(
            d=d,
            sku=sku,
            warehouse=warehouse,
            currency="RUB",
            cost=cost.quantize(KOPECK, ROUND_HALF_EVEN),
            pieces=pieces,
            volume=volume.quantize(_LITRES, ROUND_HALF_EVEN),
        )
        for (d, sku, warehouse), (cost, pieces, volume) in sums.items()
    )
    return out
