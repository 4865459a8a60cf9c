"""From normalised rows to facts: staged, resolved, merged; one transaction for a whole unit."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as dataclass_replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, TypeVar

from app.db.merge import MergeCount, Scope, Target, has_rows, merge
from app.db.partitions import EARLIEST, ensure_months, latest
from app.db.session import TenantTx
from app.marketplaces.rows import SaleEventRow, SettlementRow, StockRow
from app.marketplaces.source import Kind, Normalised, Unit, Unplaced
from app.repositories import accounts, shared_costs, sku_identity
from app.repositories.catalogue import (
    merge_catalogue,
    newest_sku,
    restate_first_sales,
    set_clusters,
    set_commission_rules,
)
from app.repositories.fact_kinds import FACT_KINDS, FactKind
from app.repositories.fact_stage import stage_facts
from app.repositories.staging import Staging
from app.repositories.targets import DAILY_SALES, DAILY_STOCK, SALE_EVENT, SETTLEMENT_LINE
from app.services.unknown import has_unknown

_STOCKS: tuple[Kind, ...] = ("stock", "own_stock", "past_stock")

DIVIDED_BY: frozenset[Kind] = frozenset({"settlement", "ad_charges", "ad_stats", "storage", "sales"})
"""What costs of the whole cabinet come from, and are divided by."""

SPOKEN_OF = timedelta(days=30)
"""Days of advertising that a SKU may have a part in before anybody has heard of it: a night reads so many
anew, whichever of its sources comes first."""


class Dated(Protocol):
    """A row of a business day."""

    @property
    def d(self) -> date: ...


Row = TypeVar("Row", bound=Dated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a unit did: rows that came, rows by day, and what the merge made of them, also kind by kind."""

    rows: int
    by_day: dict[date, int]
    count: MergeCount
    unplaced: tuple[Unplaced, ...]
    by_kind: dict[str, MergeCount] = field(default_factory=dict)
    has_unknown: bool = False


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
        newest = 0 if rows.is_empty else newest_sku(self.tx)
        count, unplaced = MergeCount(), list(rows.unplaced)
        if rows.catalogue:
            merge_catalogue(self.tx, self.account_id, self.marketplace, rows.catalogue)
            sku_identity.note_names(self.tx, self.account_id, rows.catalogue, unit.d_to)
        if rows.access:
            news = int(accounts.keep_access(self.tx, self.account_id, rows.access[-1]))
            count += MergeCount(changed=news, unchanged=1 - news)
        if rows.commissions:
            news = set_commission_rules(self.tx, self.account_id, self.marketplace, rows.commissions)
            count += MergeCount(inserted=news, unchanged=len(rows.commissions) - news)
        if rows.clusters:
            moved = set_clusters(self.tx, self.marketplace, rows.clusters)
            count += MergeCount(changed=moved, unchanged=len(rows.clusters) - moved)
        sales = self._placed(rows.sales, unplaced)
        settlement = self._placed(rows.settlement, unplaced)
        stocks = {kind: self._placed(getattr(rows, kind), unplaced) for kind in _STOCKS if kind in brings}
        facts = {
            kind: self._placed(told, unplaced) if FACT_KINDS[kind].target.dated else told
            for kind, told in ((kind, getattr(rows, kind)) for kind in FACT_KINDS)
            if kind in brings
        }
        dated = [rows for kind, rows in facts.items() if FACT_KINDS[kind].target.dated]
        self._make_months(sales, settlement, *stocks.values(), *dated)
        kinds: dict[str, MergeCount] = {}
        if "sales" in brings:
            kinds["sales"] = self._sales(staging, unit, sales, replaces=replaces)
        for kind, stock in stocks.items():
            kinds[kind] = self._stock(staging, kind, unit, stock, replaces=replaces)
        if "settlement" in brings:
            scope = self._scope(unit, settlement, replaces=replaces)
            kinds["settlement"] = self._merge(SETTLEMENT_LINE, scope, settlement, staging.settlement)
        for kind, told in facts.items():
            kinds[kind] = self._facts(FACT_KINDS[kind], unit, told, replaces=replaces)
        count = sum(kinds.values(), count)
        by_day = Counter(row.d for many in (sales, settlement, *stocks.values(), *dated) for row in many)
        if count.written and brings & DIVIDED_BY:
            # A late sale moves a size's part of its card's advertising: not worth dividing months anew.
            old = by_day if "sales" not in brings else ()
            shared_costs.mark_stale(self.tx, min([unit.d_from, *old]))
        if not rows.is_empty and newest_sku(self.tx) != newest:
            shared_costs.mark_stale(self.tx, min(unit.d_from, _before(unit.d_to, SPOKEN_OF)))
        undated = sum(len(told) for kind, told in facts.items() if not FACT_KINDS[kind].target.dated)
        return Written(
            rows=sum(by_day.values()) + undated + _whole_lists(rows),
            by_day=dict(by_day),
            count=count,
            unplaced=tuple(unplaced),
            by_kind=kinds,
            has_unknown=has_unknown(rows, unplaced),
        )

    def _sales(
        self, staging: Staging, unit: Unit, rows: Sequence[SaleEventRow], *, replaces: bool
    ) -> MergeCount:
        """Events first; the days they touch are then summed anew, as a whole."""
        scope = self._scope(unit, rows, replaces=replaces)
        events = self._merge(SALE_EVENT, scope, rows, staging.sales)
        touched = sorted({*(row.d for row in rows), *(_each_day(unit) if replaces else ())})
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

    def _stock(
        self, staging: Staging, kind: Kind, unit: Unit, rows: Sequence[StockRow], *, replaces: bool
    ) -> MergeCount:
        """What lies at the marketplace and what lies at the seller's are two truths of one table; what is
        told afterwards fills only the days that nobody saw."""
        scope = self._scope(unit, rows, replaces=replaces)
        where = [scope.where] if scope.where else []
        where.append(
            f"{'' if kind == 'own_stock' else 'NOT '}EXISTS (SELECT FROM warehouse w "
            "WHERE w.tenant_id = :tenant_id AND w.id = t.warehouse_id AND w.is_own)"
        )
        seen = (
            "EXISTS (SELECT FROM coverage c WHERE c.tenant_id = :tenant_id AND c.account_id = {0} "
            f"AND c.source = '{self.marketplace.lower()}.stock' AND c.d = {{1}}.d)"
        )
        if kind == "past_stock":
            where.append(f"NOT {seen.format('t.account_id', 't')}")

        def stage(told: Sequence[StockRow]) -> None:
            staging.stock(told, own=kind == "own_stock")
            if kind == "past_stock":
                self.tx.run(
                    f"DELETE FROM stage_daily_stock s WHERE {seen.format(':account_id', 's')}",
                    account_id=self.account_id,
                )

        return self._merge(DAILY_STOCK, dataclass_replace(scope, where=" AND ".join(where)), rows, stage)

    def _facts(self, kind: FactKind, unit: Unit, rows: Sequence[Any], *, replaces: bool) -> MergeCount:
        if kind.target.dated:
            scope = self._scope(unit, rows, replaces=replaces)
        else:
            scope = Scope(account_id=self.account_id, d_from=unit.d_from, d_to=unit.d_to, replaces=replaces)
        where = " AND ".join(part for part in (scope.where, kind.narrowed) if part)
        stage = partial(stage_facts, self.tx, kind, self.account_id, self.marketplace)
        return self._merge(kind.target, dataclass_replace(scope, where=where), rows, stage)

    def _merge(
        self, target: Target, scope: Scope, rows: Sequence[Row], stage: Callable[[Sequence[Row]], object]
    ) -> MergeCount:
        """Stage the rows and merge them. Where none came and none is there that would have to go, a question
        is all that it costs: most days of a small cabinet are such."""
        if not rows and not (scope.replaces and has_rows(self.tx, target, scope)):
            return MergeCount()
        stage(rows)
        return merge(self.tx, target, f"stage_{target.name}", scope, self.trace_id)

    def _scope(self, unit: Unit, rows: Sequence[Dated], *, replaces: bool) -> Scope:
        """Rows may lie outside the unit's days (a late row): they are merged, nothing there is deleted."""
        days = {row.d for row in rows} or {unit.d_from, unit.d_to}
        first, last = min(days), max(days)
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


def _whole_lists(rows: Normalised) -> int:
    """Rows of the kinds that are no facts of a day."""
    return len(rows.access) + len(rows.catalogue) + len(rows.commissions) + len(rows.clusters)


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


def _before(d: date, step: timedelta) -> date:
    """Not before the calendar begins: what is rebuilt may be a unit of all days."""
    return d - step if d - date.min > step else date.min


def _each_day(unit: Unit) -> list[date]:
    return [date.fromordinal(day) for day in range(unit.d_from.toordinal(), unit.d_to.toordinal() + 1)]
