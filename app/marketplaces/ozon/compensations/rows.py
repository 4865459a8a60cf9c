"""Reports of compensations and of what was taken back of them, as plain rows.

An explanation of accruals (types 10 and 25), never money beside them. Columns as of September 2026 (test
data of a public project, said to follow the help page). The report has no day of a row, only its month.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pydantic import Field

from app.marketplaces.ozon.report_tasks import table_of
from app.marketplaces.rows import ChargeRow, SkuRef
from app.marketplaces.source import Normalised
from app.marketplaces.unplaced import set_aside
from app.marketplaces.wire import Count, Id, Rubles, Text, Wire, read_rows

METHOD = "ozon.compensations"
SKU, DUE = "sku", "итого к начислению"
DUE_BACK = (DUE, "итого к удержанию", "итого к списанию", "итого")
"""The sum of a report of what is taken back was never published: as far as its name can be guessed."""


class Compensated(Wire):
    """A row of either report."""

    sku: Id = Field(0, alias=SKU)
    article: Text = Field("", alias="артикул")
    barcode: Text = Field("", alias="штрих-код")
    pieces: Count = Field(0, alias="кол-во")
    why: Text = Field("", alias="тип компенсации")
    due: Rubles = Field(alias=DUE)


def normalise_compensations(given: bytes, taken: bytes, d: date) -> Normalised:
    """Both reports of the month that ends on ``d``; b"" = there is none."""
    out = Normalised()
    for body, kind, sign, sums in ((given, "given", 1, (DUE,)), (taken, "taken", -1, DUE_BACK)):
        if body:
            _add(out, body, kind, sign, sums, d)
    return out


def _add(out: Normalised, body: bytes, kind: str, sign: int, sums: tuple[str, ...], d: date) -> None:
    """No field is a key: it is a hash of what was compensated and why, and the number among equals; a
    corrected sum is then a change of the same row."""
    seen: Counter[str] = Counter()

    def refuse(raw: Mapping[str, str], reason: str) -> None:
        told = set_aside(raw, reason, "№", SKU, amount=DUE)
        # A sum that no column tells is unknown, not zero.
        amount = _signed(told.amount, sign) if told.amount is not None and DUE in raw else None
        out.unplaced.append(told._replace(row_key=f"{kind}:{d}:{told.row_key}", amount=amount, d=d))

    rows = (_one_sum(row, sums) for row in table_of(body, (SKU,), METHOD) if not _is_total(row))
    for _, row in read_rows(rows, Compensated, refuse):
        said = f"{kind}|{d}|{row.sku}|{row.article}|{row.barcode}|{row.why}"
        seen[said] += 1
        ref = SkuRef(ozon_id=row.sku, article=row.article, barcode=row.barcode) if row.sku > 0 else None
        out.compensations.append(
            ChargeRow(
                d=d,
                kind="compensations",
                row_id=hashlib.sha256(f"{said}|{seen[said]}".encode()).hexdigest()[:24],
                sku=ref,
                amount=_signed(row.due, sign),
                currency="RUB",
                pieces=row.pieces,
                ref=f"{d:%Y-%m}",
                note=row.why,
            )
        )


def _signed(amount: Decimal, sign: int) -> Decimal:
    """What is taken back is told as a sum to be taken; told negative, it is signed already."""
    return -amount if sign < 0 < amount else amount


def _one_sum(row: dict[str, str], sums: tuple[str, ...]) -> dict[str, str]:
    """The row with its sum under the one name."""
    named = next((name for name in sums if name in row), None)
    return row if named is None else {**row, DUE: row[named]}


def _is_total(row: Mapping[str, str]) -> bool:
    """«Итого» below the table: its sum would count all of it twice."""
    first = next((cell.strip().lower() for cell in row.values() if cell.strip()), "")
    return first.startswith(("итого", "всего")) and not row.get(SKU, "").strip()
