"""A month's realization as two report headers: what was sold, and what came back.

A row whose total is not its parts, or that cannot be read, is set aside with its money: then the month does
not agree with the accruals, and says why.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from app.marketplaces.errors import Garbled
from app.marketplaces.ozon.realization.sheet import SheetRow, add_total, read_sheet
from app.marketplaces.ozon.realization.wire import Header, RealizationRow, Side
from app.marketplaces.rows import ReportRow
from app.marketplaces.source import Normalised, Unit, Unplaced
from app.marketplaces.wire import (
    ZERO,
    parse_json,
    parse_rows,
    payload,
    read_rows,
    readable_day,
    readable_money,
)

_CODE = re.compile(r"[A-Z]{3}")

METHOD = "ozon.realization"
SOLD, RETURNED = "realization", "realization_return"
POSTINGS_SOLD, POSTINGS_RETURNED = "realization_posting", "realization_posting_return"
SALE, RETURN = "delivery_commission", "return_commission"
BROKEN = "итог строки реализации не равен сумме её частей"


def normalise_realization(
    bodies: Sequence[bytes], unit: Unit, periods: tuple[str, str] = (SOLD, RETURNED)
) -> Normalised:
    """Headers of the month under the two ``periods``; none where the report is not made yet. The last telling
    counts; it is JSON of either method, or the file of a large month."""
    out = Normalised()
    if not bodies:
        return out
    body, header = bodies[-1], Header()
    made: date | None = None
    if is_file := body.startswith(b"PK"):
        rows: list[Any] = [_as_json(each) for each in read_sheet(body, METHOD)]
    else:
        told, path = _inner(body)
        rows, header = parse_rows(body, METHOD, *path, "rows"), _header(told)
        made = readable_day(told.get("header"), "doc_date")
    currency = header.currency.upper()
    if currency == "RUR" or not _CODE.fullmatch(currency):
        currency = "RUB"  # the name of a currency in words, or a file, whose columns are named in rubles

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(_aside(raw, reason, unit, currency))

    sold, returned = list[Side](), list[Side]()
    for raw, row in read_rows(rows, RealizationRow, refuse):
        if not is_file and not row.number and not (row.item and row.item.sku):
            continue  # the line of totals, seen under the number 0
        for sides, side, name in ((sold, row.sold, SALE), (returned, row.returned, RETURN)):
            if side is None:
                continue
            sides.append(add_total(raw[name], side) if is_file else side)
            if sides[-1].residual:
                note = _aside(raw, BROKEN, unit, currency)
                out.unplaced.append(note._replace(amount=side.residual))
    out.reports = [
        _report(period, unit, sides, made, currency)
        for period, sides in zip(periods, (sold, returned), strict=True)
    ]
    return out


def _as_json(row: SheetRow) -> dict[str, Any]:
    return {
        "row_number": next(iter(row.raw.values())),
        SALE: row.sold,
        RETURN: row.returned,
        "cells": row.raw,
    }


def _report(period: str, unit: Unit, sides: Sequence[Side], made: date | None, currency: str) -> ReportRow:
    """Costs and income positive, as the document tells them. A document that writes its returns with a minus
    means the same."""
    gross = sum((side.gross for side in sides), ZERO)
    sign = -1 if gross < 0 else 1

    def total(amounts: Sequence[Decimal]) -> Decimal:
        return sign * sum(amounts, ZERO)

    accrued = total([side.total for side in sides])
    return ReportRow(
        period=period,
        report_id=unit.d_from.year * 100 + unit.d_from.month,
        d_from=unit.d_from,
        d_to=unit.d_to,
        created_on=made,
        kind=0,
        currency=currency,
        retail_amount=sign * gross,
        for_pay=accrued,
        delivery=ZERO,
        storage=ZERO,
        acceptance=ZERO,
        # Ozon's commission: the only charge that the document knows.
        deduction=total([side.standard_fee for side in sides]),
        penalty=ZERO,
        additional=total([side.partners for side in sides]),
        cashback_amount=total([side.bonus for side in sides]),
        cashback_discount=ZERO,
        cashback_commission=ZERO,
        schedule=ZERO,
        payout=accrued,
    )


def _inner(body: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The report and the path to it: within ``result``, or at the root."""
    told = parse_json(body, METHOD)
    if not isinstance(told, dict):
        raise Garbled(METHOD, "ожидался объект")
    inner = told.get("result")
    return (inner, ("result",)) if isinstance(inner, dict) else (told, ())


def _header(told: dict[str, Any]) -> Header:
    try:
        return Header.model_validate(told.get("header") or {})
    except ValidationError:
        return Header()


def _aside(raw: Any, reason: str, unit: Unit, currency: str) -> Unplaced:
    """With what the row accrues, as far as it can be read."""
    row = raw if isinstance(raw, dict) else {}
    number = row.get("rowNumber", row.get("row_number", ""))
    sides = [row[name] for name in (SALE, RETURN) if row.get(name)]
    told = [readable_money(side, "total") for side in sides]
    known = [amount for amount in told if amount is not None]
    amount = sum(known, ZERO) if known and len(known) == len(told) else None
    return Unplaced(f"{unit.d_from:%Y%m}:{number}", reason, payload(raw), amount, currency, unit.d_to)
