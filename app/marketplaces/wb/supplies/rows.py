"""Deliveries as plain rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from app.marketplaces.rows import SkuRef, SupplyLineRow, SupplyRow
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.wb.supplies.wire import Details, Goods, Listed
from app.marketplaces.wire import complaint, parse_json, parse_rows, payload, read_rows

DRAFT, ACCEPTED = 1, 5
STATUSES: Mapping[int, str] = {
    1: "draft", 2: "planned", 3: "allowed", 4: "accepting", 5: "accepted", 6: "unloaded",
}  # fmt: skip

Refuse = Callable[[Any, str], None]


def listed(body: bytes, refuse: Refuse = lambda _raw, _reason: None) -> list[Listed]:
    """A page of the list. A row without any number is refused."""
    found = []
    for raw, row in read_rows(parse_rows(body, "wb.supplies"), Listed, refuse):
        if row.supply_id or row.draft_id:
            found.append(row)
        else:
            refuse(raw, "нет номера поставки")
    return found


def moved_since(row: Listed, d_from: date) -> bool:
    """Is it of these days, or not accepted yet? An older one will not change."""
    days = (row.created, row.planned, row.fact, row.updated)
    return row.status != ACCEPTED or any(day is not None and day >= d_from for day in days)


def normalise_supplies(pages: Sequence[Page], d_from: date) -> Normalised:
    """Deliveries since ``d_from`` and those that are under way, with what is known of each."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        told = raw if isinstance(raw, dict) else {}
        key = str(told.get("supplyID") or told.get("preorderID") or told.get("barcode") or "")
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", None))

    about: dict[str, Details] = {}
    rows: dict[str, Listed] = {}
    goods: dict[tuple[str, str], bytes] = {}
    for page in pages:
        what, number = _subject(page.key.path)
        if what == "list":
            rows |= {row.key: row for row in listed(page.body, refuse)}
        elif what == "details":
            about[number] = _details(page.body, refuse)
        else:  # a night that was interrupted may have asked the same twice
            goods[number, page.key.params] = page.body
    for key, row in rows.items():
        if moved_since(row, d_from):
            if row.status not in STATUSES:
                told = {"supplyID": row.supply_id, "statusID": row.status}
                refuse(told, f"неизвестный статус {row.status}")
            out.supplies.append(_supply(row, about.get(key, Details())))
    for (number, _), body in goods.items():
        for _, line in read_rows(parse_rows(body, "wb.supply_goods"), Goods, refuse):
            sku = SkuRef(line.nm_id or None, barcode=line.barcode, size=line.size, article=line.article)
            out.supply_lines.append(SupplyLineRow(number, sku, line.quantity, line.accepted, line.ready))
    return out


def _subject(path: str) -> tuple[str, str]:
    """Of which request a page is the answer: the list, a delivery's details, its goods."""
    parts = path.removeprefix("/api/v1/supplies").strip("/").split("/")
    if parts == [""]:
        return "list", ""
    return ("goods" if parts[1:] == ["goods"] else "details"), parts[0]


def _details(body: bytes, refuse: Refuse) -> Details:
    raw = parse_json(body, "wb.supply")
    try:
        return Details.model_validate(raw)
    except ValidationError as error:
        refuse(raw, complaint(error))
        return Details()


def _supply(row: Listed, about: Details) -> SupplyRow:
    return SupplyRow(
        supply_id=row.key,
        # Asked later than the list, the details know more.
        status=STATUSES.get(about.status or row.status, "unknown"),
        warehouse=about.actual_warehouse or about.warehouse,
        created_on=row.created,
        planned_on=row.planned,
        fact_on=row.fact,
        quantity=about.quantity,
        accepted=about.accepted,
        ready=about.ready,
        acceptance_cost=about.cost,
    )
