"""Costs beside the finance report as plain rows: what its lumps are for, signed from the seller's side."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.marketplaces.rows import ChargeRow, SkuRef
from app.marketplaces.source import Normalised
from app.marketplaces.unplaced import set_aside, set_cost_aside
from app.marketplaces.wb.charges.wire import Accepted, Measurement, SelfBuyout, Substitution
from app.marketplaces.wb.normalize import MOSCOW, business_day
from app.marketplaces.wire import (
    KOPECK,
    parse_rows,
    read_rows,
)

SELF_BUYOUT_RATE = Decimal("0.30")
"""«Удержание за самовыкуп — 30% от стоимости товаров» (specs/wb, antifraud-details). Its least sum of
100,000 ₽ a week cannot be told from the report: the finance report has the last word."""


def normalise_acceptance(bodies: Sequence[bytes]) -> Normalised:
    """A row for a card of a delivery and a day; told several times, it is added up."""
    out = Normalised()
    sums: dict[tuple[date, int, int], tuple[Decimal, int]] = {}

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(
            set_cost_aside(raw, reason, "incomeId", "nmID", amount="total", day="shkCreateDate")
        )

    for body in bodies:
        if not body.strip():
            continue
        for _, row in read_rows(parse_rows(body, "wb.acceptance.download"), Accepted, refuse):
            key = (row.d, row.income_id, row.nm_id)
            total, pieces = sums.get(key, (Decimal(0), 0))
            sums[key] = (total + row.total, pieces + row.pieces)
    for (d, income_id, nm_id), (total, pieces) in sums.items():
        out.acceptance.append(
            ChargeRow(
                d=d,
                kind="acceptance",
                row_id=f"{income_id}:{nm_id}",
                sku=_card(nm_id),
                amount=-total.quantize(KOPECK, ROUND_HALF_EVEN),
                currency="RUB",
                pieces=pieces,
                ref=str(income_id or ""),
                note="",
            )
        )
    return out


def normalise_deductions(bodies: Sequence[bytes], day_timezone: ZoneInfo = MOSCOW) -> Normalised:
    """Substitutions and wrong contents. No field is a key: it is the hash of the two things, the instant
    and the reason, and the number among equals; a corrected sum is then a change of the same row."""
    out = Normalised()
    seen: Counter[str] = Counter()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(
            set_cost_aside(raw, reason, "dtBonus", "oldShkId", "newShkId", amount="bonusSumm", day="dtBonus")
        )

    for body in bodies:
        for _, row in read_rows(parse_rows(body, "wb.deductions", "data", "reports"), Substitution, refuse):
            said = f"{row.at.isoformat()}|{row.nm_id}|{row.old_item}|{row.new_item}|{row.kind}"
            seen[said] += 1
            sku = SkuRef(nm_id=row.nm_id, barcode=row.barcode, size=row.size, article=row.article)
            out.deductions.append(
                ChargeRow(
                    d=business_day(row.at, day_timezone),
                    kind="deductions",
                    row_id=hashlib.sha256(f"{said}|{seen[said]}".encode()).hexdigest()[:24],
                    sku=sku if row.nm_id > 0 else None,
                    amount=-row.amount,
                    currency="RUB",
                    pieces=1,
                    ref=str(row.old_item or ""),
                    note=row.kind,
                )
            )
    return out


def normalise_measurements(bodies: Sequence[bytes], day_timezone: ZoneInfo = MOSCOW) -> Normalised:
    """Fines for sizes, less what was taken back. A measurement without a day of its fine has none yet; one
    that has money all the same is set aside."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(set_cost_aside(raw, reason, "dimId", amount="penaltyAmount", day="dtBonus"))

    for body in bodies:
        for raw, row in read_rows(
            parse_rows(body, "wb.measurements", "data", "reports"), Measurement, refuse
        ):
            if row.at is None:
                if row.penalty != row.reversal:
                    refuse(raw, "нет даты штрафа")
                continue
            note = f"больше карточки на {row.percent_over.normalize():f} %".replace(".", ",")
            out.measurements.append(
                ChargeRow(
                    d=business_day(row.at, day_timezone),
                    kind="measurements",
                    row_id=str(row.dim_id),
                    sku=_card(row.nm_id),
                    amount=row.reversal - row.penalty,
                    currency="RUB",
                    pieces=0,
                    ref=str(row.dim_id),
                    note=note if row.is_valid is not False else f"{note}, замер отменён",
                )
            )
    return out


def normalise_self_buyouts(bodies: Sequence[bytes], d_from: date, d_to: date) -> Normalised:
    """A row for a card and a week, under the week's last day: 30 % of what was ordered. Weeks that end on
    other days than ``d_from..d_to`` are another unit's."""
    out = Normalised()
    sums: dict[tuple[date, date, int, str], Decimal] = {}

    def refuse(raw: Any, reason: str) -> None:
        # What is told is the price of the goods, not what is taken: no sum of ours.
        told = set_aside(raw, reason, "nmID", "dateFrom", amount="sum", day="dateTo")
        out.unplaced.append(told._replace(amount=None if told.amount is None else _share(told.amount)))

    for body in bodies:
        for _, row in read_rows(parse_rows(body, "wb.self_buyouts", "details"), SelfBuyout, refuse):
            if d_from <= row.d_to <= d_to:
                key = (row.d_from, row.d_to, row.nm_id, row.currency.upper() or "RUB")
                sums[key] = sums.get(key, Decimal(0)) + row.ordered
    for (first, last, nm_id, currency), ordered in sums.items():
        rubles = f"{ordered.quantize(KOPECK):f}".replace(".", ",")
        out.self_buyouts.append(
            ChargeRow(
                d=last,
                kind="self_buyouts",
                row_id=f"{first}:{nm_id}:{currency}",
                sku=_card(nm_id),
                amount=_share(ordered),
                currency=currency,
                pieces=0,
                ref=f"{first}..{last}",
                note=f"30 % от {rubles}",
            )
        )
    return out


def _share(ordered: Decimal) -> Decimal:
    return -(ordered * SELF_BUYOUT_RATE).quantize(KOPECK, ROUND_HALF_UP)


def _card(nm_id: int) -> SkuRef | None:
    return SkuRef(nm_id=nm_id) if nm_id > 0 else None
