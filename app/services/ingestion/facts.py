"""From normalised rows to facts: staged, resolved, merged; one transaction for a whole unit."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from app.db.merge import MergeCount, Scope, Target, merge
from app.db.partitions import EARLIEST, ensure_months, latest
from app.db.session import TenantTx
from app.marketplaces.rows import SaleEventRow, SettlementRow
from app.marketplaces.source import Kind, Normalised, Unit, Unplaced
from app.repositories.catalogue import merge_catalogue, restate_first_sales
from app.repositories.staging import Staging
from app.repositories.targets import DAILY_SALES, DAILY_STOCK, SALE_EVENT, SETTLEMENT_LINE


class Dated(Protocol):
    """A row of a business day."""

    @property
    def d(self) -> date: ...


Row = TypeVar("Row", bound=Dated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a unit did: rows that came, rows by day, and what the merge made of them."""

    rows: int
    by_day: dict[date, int]
    count: MergeCount
    unplaced: tuple[Unplaced, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactWriter:
    """Writes one unit of one account's source."""

    tx: TenantTx
    account_id: int
    marketplace: str
    now: datetime
    trace_id: str

    def write(self, unit: Unit, rows: Normalised, brings: frozenset[Kind], *, replaces: bool) -> Written:
        """Merge everything a unit brought. Days that cannot be are set aside with their money.

        ``brings`` are the kinds the source tells the whole truth about: with ``replaces`` an empty
        kind means that all its rows of the unit's days are gone.
        """
        staging = Staging(self.tx, self.account_id, self.marketplace)
        count, unplaced = MergeCount(), list(rows.unplaced)
        if rows.catalogue:
            merge_catalogue(self.tx, self.account_id, self.marketplace, rows.catalogue)
        sales = self._placed(rows.sales, unplaced)
        stock = self._placed(rows.stock, unplaced)
        settlement = self._placed(rows.settlement, unplaced)
        self._make_months(sales, stock, settlement)
        if "sales" in brings:
            staging.sales(sales)
            count += self._sales(staging, unit, sorted({row.d for row in sales}), replaces=replaces)
        if "stock" in brings:
            staging.stock(stock)
            count += self._merge(DAILY_STOCK, "stage_daily_stock", unit, stock, replaces=replaces)
        if "settlement" in brings:
            staging.settlement(settlement)
            count += self._merge(
                SETTLEMENT_LINE, "stage_settlement_line", unit, settlement, replaces=replaces
            )
        by_day = Counter(row.d for many in (sales, stock, settlement) for row in many)
        return Written(
            rows=sum(by_day.values()) + len(rows.catalogue),
            by_day=dict(by_day),
            count=count,
            unplaced=tuple(unplaced),
        )

    def _sales(self, staging: Staging, unit: Unit, days: list[date], *, replaces: bool) -> MergeCount:
        """Events first; the days they touch are then summed anew, as a whole."""
        scope = self._scope(unit, days, replaces=replaces)
        events = merge(self.tx, SALE_EVENT, "stage_sale_event", scope, self.trace_id)
        touched = sorted({*days, *(_each_day(unit) if replaces else ())})
        if not events.written or not touched:
            return MergeCount(unchanged=events.unchanged)
        staging.daily_sales(touched)
        listed = ", ".join(f"'{day}'" for day in touched)
        daily = Scope(
            account_id=self.account_id,
            d_from=touched[0],
            d_to=touched[-1],
            replaces=True,
            where=f"t.d IN ({listed})",
        )
        count = merge(self.tx, DAILY_SALES, "stage_daily_sales", daily, self.trace_id)
        if count.written:
            restate_first_sales(self.tx, self.account_id)
        return count

    def _merge(
        self, target: Target, stage: str, unit: Unit, rows: Sequence[Dated], *, replaces: bool
    ) -> MergeCount:
        scope = self._scope(unit, sorted({row.d for row in rows}), replaces=replaces)
        return merge(self.tx, target, stage, scope, self.trace_id)

    def _scope(self, unit: Unit, days: Sequence[date], *, replaces: bool) -> Scope:
        """Rows may lie outside the unit's days (a late row): they are merged, nothing there is deleted."""
        first, last = (days[0], days[-1]) if days else (unit.d_from, unit.d_to)
        if not replaces:
            return Scope(account_id=self.account_id, d_from=first, d_to=last)
        return Scope(
            account_id=self.account_id,
            d_from=min(first, unit.d_from),
            d_to=max(last, unit.d_to),
            replaces=True,
            where=f"t.d BETWEEN '{unit.d_from}' AND '{unit.d_to}'",
        )

    def _placed(self, rows: Sequence[Row], unplaced: list[Unplaced]) -> Sequence[Row]:
        last = latest(self.now)
        if all(EARLIEST <= row.d < last for row in rows):
            return rows
        unplaced += [_out_of_time(row) for row in rows if not EARLIEST <= row.d < last]
        return [row for row in rows if EARLIEST <= row.d < last]

    def _make_months(self, *kinds: Sequence[Dated]) -> None:
        """Of the rows' own months only: one odd row of years ago must not make all the years since."""
        for month in sorted({row.d.replace(day=1) for rows in kinds for row in rows}):
            ensure_months(self.tx, month, month)


def _out_of_time(row: Dated) -> Unplaced:
    amount, currency = _money(row)
    return Unplaced(
        row_key=f"day:{row}"[:500],
        reason="дата вне всяких границ",
        payload=json.dumps({"row": str(row)}, ensure_ascii=False),
        amount=amount,
        currency=currency,
        d=row.d,
    )


def _money(row: Dated) -> tuple[Decimal | None, str]:
    """What the row brings, signed from the seller's side."""
    if isinstance(row, SettlementRow):
        return row.amount, row.currency
    if isinstance(row, SaleEventRow):
        return row.revenue_gross - row.refunds_amount, row.currency
    return None, ""


def _each_day(unit: Unit) -> list[date]:
    return [date.fromordinal(day) for day in range(unit.d_from.toordinal(), unit.d_to.toordinal() + 1)]
