"""stocks-report and STOCK_HISTORY_DAILY_CSV as plain rows."""

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import Field

from app.marketplaces.errors import Garbled
from app.marketplaces.rows import SkuRef, StockRow
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import Count, Id, Text, Wire, clean, parse_rows, payload, read_rows

_HISTORY = "wb.stock_history.file"
_LARGEST_CSV = 512 * 1024 * 1024
"""Unpacked; a larger one is a bomb, not a report."""


class Level(Wire):
    """A size in a warehouse. Nothing but the ids is told: articles come from the cards."""

    nm_id: Id = Field(alias="nmId", gt=0)
    chrt_id: Id = Field(0, alias="chrtId")
    warehouse_id: Id = Field(0, alias="warehouseId")
    warehouse: Text = Field("", alias="warehouseName")
    quantity: Count = 0
    back: Count = Field(0, alias="inWayFromClient")


def normalise_now(bodies: Sequence[bytes], d: date, *, own: bool) -> Normalised:
    """Stock as of ``d``. Returns on their way back are in transit; goods on their way to buyers are no
    stock. The seller's own warehouses are told apart by their code (``own:`` and the number)."""
    out = Normalised()
    rows = out.own_stock if own else out.stock

    def refuse(raw: Any, reason: str) -> None:
        told = raw if isinstance(raw, dict) else {}
        key = f"{told.get('nmId', '')}:{told.get('chrtId', '')}"
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", d))

    for body in bodies:
        if not body.strip():
            continue  # 204: nothing at all
        for _, row in read_rows(parse_rows(body, "wb.stock", "data", "items"), Level, refuse):
            code = f"own:{row.warehouse_id}" if own else row.warehouse
            sku = SkuRef(nm_id=row.nm_id, chrt_id=row.chrt_id or None)
            rows.append(StockRow(d, sku, code, row.warehouse, row.quantity, row.back))
    return out


def normalise_history(archive: bytes) -> Normalised:
    """The ZIP with a table wide by date: ``…,NmID,…,SizeName,ChrtID,OfficeName,26.08.2026,…``.

    Raises Garbled for what is no such table. A cell that is no number is set aside.
    """
    out = Normalised()
    levels: defaultdict[tuple[date, SkuRef, str], int] = defaultdict(int)
    for text in _tables(archive):
        table = csv.DictReader(io.StringIO(text))
        days = {name: day for name in table.fieldnames or () if (day := _day(name)) is not None}
        if not days or not {"NmID", "ChrtID"} <= set(table.fieldnames or ()):
            raise Garbled(_HISTORY, "в таблице нет дней или номеров товара")
        for row in table:
            try:
                sku = SkuRef(
                    nm_id=int(row["NmID"]),
                    chrt_id=int(row["ChrtID"] or 0) or None,
                    size=clean(row.get("SizeName") or ""),
                    article=clean(row.get("VendorCode") or ""),
                )
                told = {day: int(row[name] or 0) for name, day in days.items()}
            except (ValueError, TypeError):
                key = f"{row.get('NmID', '')}:{row.get('ChrtID', '')}:{row.get('OfficeName', '')}"
                out.unplaced.append(Unplaced(key, "строка не читается", payload(row), None, "", None))
                continue
            office = clean(row.get("OfficeName") or "")
            for day, quantity in told.items():
                levels[day, sku, office] += quantity
    out.past_stock.extend(
        StockRow(day, sku, office, office, quantity, 0)
        for (day, sku, office), quantity in levels.items()
        if quantity
    )
    return out


def _tables(archive: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            for item in packed.infolist():
                if item.file_size > _LARGEST_CSV:
                    raise Garbled(_HISTORY, "отчёт слишком велик")
                yield packed.read(item).decode("utf-8-sig")
    except (zipfile.BadZipFile, UnicodeDecodeError):
        raise Garbled(_HISTORY, "это не архив с таблицей") from None


def _day(name: str) -> date | None:
    try:
        return datetime.strptime(name.strip(), "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
