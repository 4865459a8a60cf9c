"""Statistics by SKU in the four shapes that Ozon tells them in, as dicts of one shape (``SkuDay``).

products/sku is JSON with a dot in its decimals. A report was seen as JSON by campaign and as CSV with a
title line and a «Всего», alone or many in a ZIP; these write a comma. Source: facts/ozon.md section 8,
samples/ozon/live.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from app.marketplaces.errors import Garbled
from app.marketplaces.wire import parse_json, parse_rows

METHOD = "ozon.ads"
_BY_SKU = {
    "campaignId": "campaign_id", "date": "d", "sku": "sku", "views": "views", "clicks": "clicks",
    "toCart": "carts", "orders": "orders", "expense": "spend", "sales": "revenue",
}  # fmt: skip
_REPORT = {
    "date": "d", "sku": "sku", "views": "views", "clicks": "clicks", "toCart": "carts",
    "orders": "orders", "moneySpent": "spend", "ordersMoney": "revenue",
}  # fmt: skip
_CSV = {
    "день": "d", "sku": "sku", "показы": "views", "клики": "clicks", "в корзину": "carts",
    "заказы": "orders", "расход": "spend", "продажи": "revenue", "выручка": "revenue",
}  # fmt: skip
_NUMBER = re.compile(r"№\s*(\d+)")
_UNIT = re.compile(r",?\s*(₽|Р|руб\.?)(\s*,\s*с НДС)?\s*$", re.IGNORECASE)
LARGEST = 256 << 20
"""Bytes of a report unpacked: more is no statistics."""

Told = dict[str, Any]


def by_sku_rows(body: bytes) -> Iterator[Any]:
    """Of products/sku."""
    for row in parse_rows(body, METHOD, "rows"):
        yield _renamed(row, _BY_SKU) if isinstance(row, dict) else row


def report_rows(body: bytes) -> Iterator[Any]:
    """Of a report. Raises Garbled for what is none of the shapes."""
    if body.startswith(b"PK"):
        yield from _zip_rows(body)
    elif body.lstrip()[:1] in (b"{", b"["):
        yield from _json_rows(body)
    else:
        yield from _csv_rows(body, "")


def _json_rows(body: bytes) -> Iterator[Any]:
    told = parse_json(body, METHOD)
    if not isinstance(told, dict):
        raise Garbled(METHOD, "ожидался объект")
    for number, campaign in told.items():
        report = campaign.get("report") if isinstance(campaign, dict) else None
        rows = report.get("rows") if isinstance(report, dict) else None
        if rows is None:
            rows = []  # nothing was told of this campaign
        if not isinstance(rows, list):
            raise Garbled(METHOD, "ожидался список строк")
        for row in rows:
            yield _renamed(row, _REPORT) | {"campaign_id": number} if isinstance(row, dict) else row


def _zip_rows(body: bytes) -> Iterator[Any]:
    """A file a campaign, called by its number."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(each.file_size for each in archive.infolist()) > LARGEST:
                raise Garbled(METHOD, "отчёт невозможного размера")
            for name in sorted(archive.namelist()):
                yield from _csv_rows(archive.read(name), "".join(re.findall(r"(\d+)\.csv$", name)))
    except zipfile.BadZipFile:
        raise Garbled(METHOD, "архив не открывается") from None


def _csv_rows(body: bytes, number: str) -> Iterator[Any]:
    """A title line that names the campaign, a header, rows, «Всего»."""
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    except (UnicodeDecodeError, csv.Error):
        raise Garbled(METHOD, "это не отчёт") from None
    header = next((n for n, line in enumerate(lines) if "sku" in _plain(line)), None)
    if header is None:
        raise Garbled(METHOD, "в отчёте нет столбца sku")
    titled = _NUMBER.search(" ".join(cell for line in lines[:header] for cell in line))
    names = [_CSV.get(name, "") for name in _plain(lines[header])]
    for line in lines[header + 1 :]:
        if not any(line) or _plain(line)[0] in ("всего", "итого"):
            continue
        told = {name: cell.strip() for name, cell in zip(names, line, strict=False) if name}
        yield told | {"campaign_id": number or (titled.group(1) if titled else "")}


def _plain(cells: list[str]) -> list[str]:
    """Names of columns without their units: «Расход, ₽, с НДС» is «расход»."""
    return [_UNIT.sub("", cell.strip()).strip().casefold() for cell in cells] or [""]


def _renamed(row: Mapping[str, Any], names: Mapping[str, str]) -> Told:
    return {ours: row[theirs] for theirs, ours in names.items() if theirs in row}
