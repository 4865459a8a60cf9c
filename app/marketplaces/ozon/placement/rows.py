"""The placement report as plain rows: one for a SKU in a warehouse on a day.

An explanation of accruals of type 46, never money beside them. Columns as in a live file of September
2026; the day is a spreadsheet's number there, the warehouse is told by its name only, and a row is set
apart by the goods' mark too, so rows of a key are added up.
"""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from pydantic import Field

from app.marketplaces.ozon.report_tasks import table_of
from app.marketplaces.rows import SkuRef, StorageRow
from app.marketplaces.sheets import CellDay
from app.marketplaces.source import Normalised
from app.marketplaces.unplaced import set_cost_aside
from app.marketplaces.wire import KOPECK, ZERO, Count, Exact, Id, Text, Wire, read_rows

METHOD = "ozon.placement"
DAY, SKU, COST = "дата", "sku", "начисленная стоимость размещения"
_LITRES = Decimal("0.0001")


class Placed(Wire):
    """A row of the report. Volumes in millilitres, of all pieces together."""

    d: CellDay = Field(alias=DAY)
    sku: Id = Field(alias=SKU, gt=0)
    article: Text = Field("", alias="артикул")
    warehouse: Text = Field("", alias="склад")
    volume: Exact = Field(ZERO, alias="суммарный объем в миллилитрах")
    pieces: Count = Field(0, alias="кол-во экземпляров")
    cost: Exact = Field(alias=COST)


def normalise_placement(body: bytes, d_from: date, d_to: date) -> Normalised:
    """Rows of the days ``d_from..d_to``. One that cannot be read is set aside with its cost."""
    out = Normalised()
    sums: dict[tuple[date, SkuRef, str], tuple[Decimal, int, Decimal]] = {}

    def refuse(raw: Mapping[str, str], reason: str) -> None:
        out.unplaced.append(set_cost_aside(raw, reason, DAY, SKU, "склад", amount=COST))

    for _, row in read_rows(table_of(body, (DAY, SKU, COST), METHOD), Placed, refuse):
        if not d_from <= row.d <= d_to:
            continue
        key = (row.d, SkuRef(ozon_id=row.sku, article=row.article), row.warehouse)
        cost, pieces, volume = sums.get(key, (Decimal(0), 0, Decimal(0)))
        sums[key] = (cost + row.cost, pieces + row.pieces, volume + row.volume)
    out.storage.extend(
        StorageRow(
            d=d,
            sku=sku,
            warehouse=warehouse,
            currency="RUB",
            cost=cost.quantize(KOPECK, ROUND_HALF_EVEN),
            pieces=pieces,
            volume=(volume / 1000).quantize(_LITRES, ROUND_HALF_EVEN),
        )
        for (d, sku, warehouse), (cost, pieces, volume) in sums.items()
    )
    return out
