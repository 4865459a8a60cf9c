"""What the questions of the chat are answered with: frozen reports, no ORM objects, no formatting.

Money is ``Decimal`` in ``currency``; ``None`` is "unknown" and is shown as such, never as 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.finance.closing import Goods
from app.domain.finance.settlement import PnlLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old what we show is. ``as_of`` is the last collection, ``settled_to`` the last day whose
    finance rows are complete; None where nothing has come yet."""

    as_of: datetime | None
    settled_to: date | None
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlTotals:
    """P&L of one currency over a period. ``lines`` are signed from the seller's side.

    ``payout`` is the plain sum of the marketplace's own lines. Ours differ in advertising alone: it
    stands on the days it was spent, not on those it was deducted. ``cogs`` and ``profit`` are None
    where no unit sold has a known cost; otherwise they cover ``cost_coverage`` percent of the units sold
    and ``profit_without_cost`` is what the SKUs without a cost brought before their cost.
    """

    currency: str
    lines: tuple[tuple[PnlLine, Decimal], ...]
    units_sold: int
    units_returned: int
    revenue_gross: Decimal
    payout: Decimal
    cogs: Decimal | None
    profit: Decimal | None
    margin: Decimal | None
    cost_coverage: Decimal | None
    profit_without_cost: Decimal
    unmapped: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCheck:
    """A report of the marketplace beside what we booked of it.

    ``residual`` is what it paid beyond that; ``is_here`` says whether its rows have come. ``reading`` are
    the signs of additional payments, loyalty and payment schedule under which its own header adds up.
    """

    account_id: int
    report_id: int
    d_from: date
    d_to: date
    currency: str
    payout: Decimal
    is_here: bool
    residual: Decimal
    reading: tuple[int, int, int] | None
    returns_turned: bool

    @property
    def is_equal(self) -> bool:
        """To the kopeck?"""
        return self.is_here and not self.residual and not self.returns_turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """``checks`` of the period's reports, oldest first; ``base_tokens``: cabinets that will never be told
    any."""

    checks: tuple[ReportCheck, ...]
    base_tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCheck:
    """A month of Ozon's accruals beside its realization report. ``residual`` is what the report tells beyond
    what is booked, None where it is not here (it is out by ``out_on``); ``days_missing`` were not read."""

    account_id: int
    month: date
    currency: str
    residual: Goods | None
    days_missing: int
    out_on: date

    @property
    def is_whole(self) -> bool:
        """Can it be compared?"""
        return self.residual is not None and not self.days_missing

    @property
    def is_equal(self) -> bool:
        """To the kopeck, part by part?"""
        return self.is_whole and not any(self.residual or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceCheck:
    """Days of a cabinet's balance at Ozon beside its accruals. ``residuals``: what the balance tells beyond
    what is booked, ``gaps``: by how much it misses its own closing sum; days that agree are in neither."""

    account_id: int
    currency: str
    d_from: date
    d_to: date
    residuals: tuple[tuple[date, Decimal], ...]
    gaps: tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLine:
    """What a cabinet is owed as of day ``d``; ``withdrawable`` None: the marketplace does not say."""

    marketplace: str
    cabinet: str
    d: date
    currency: str
    current: Decimal
    withdrawable: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLine:
    """Money sent for a report, at Ozon for the period that ends on ``d``; ``check`` None: the report's header
    is not here."""

    marketplace: str
    cabinet: str
    d: date
    amount: Decimal
    currency: str
    report: str
    check: ReportCheck | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyReport:
    """Payouts newest first. ``cabinets``: how many there are at each marketplace that has any; of those at
    Wildberries ``base_tokens`` are told no payouts."""

    balances: tuple[BalanceLine, ...]
    payouts: tuple[PayoutLine, ...]
    cabinets: Mapping[str, int]
    base_tokens: int
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlReport:
    """``days_preliminary`` of the period have no complete finance rows yet: their figures come from
    the sales feed and will change. ``days_missing`` have nothing at all."""

    d_from: date
    d_to: date
    totals: tuple[PnlTotals, ...]
    days_preliminary: tuple[date, ...]
    days_missing: tuple[date, ...]
    unplaced_rows: int
    freshness: Freshness
    control: Control | None = None
    months: tuple[MonthCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """One day in one currency, for the digest: units and money, None = unknown."""

    d: date
    currency: str
    units_sold: int
    units_returned: int
    revenue_gross: Decimal
    payout: Decimal | None
    profit: Decimal | None
    margin: Decimal | None
    is_preliminary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuLine:
    """A SKU named in a list: ``value`` is the money or units the list is ordered by."""

    article: str
    size: str
    title: str
    marketplace: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayReport:
    """The morning digest: yesterday beside the same weekday a week before, and what needs action."""

    organisation: str
    yesterday: tuple[DayFigures, ...]
    week_before: tuple[DayFigures, ...]
    best: tuple[SkuLine, ...]
    losing: tuple[SkuLine, ...]
    ending: tuple["SupplyLine", ...]
    without_cost: int
    missing_sources: tuple[str, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPlace:
    """Stock of a SKU at one warehouse."""

    warehouse: str
    on_hand: int
    in_transit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """Stock of one SKU over all warehouses; velocity in pieces a day, cover in days (None: no sales)."""

    article: str
    size: str
    title: str
    marketplace: str
    on_hand: int
    in_transit: int
    velocity: Decimal | None
    cover_days: Decimal | None
    places: tuple[StockPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReport:
    """``lines`` of page ``page`` (from 0) of ``pages``; totals are over all of them."""

    d: date | None
    asked: str | None
    lines: tuple[StockLine, ...]
    total_skus: int
    total_on_hand: int
    total_in_transit: int
    page: int
    pages: int
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLine:
    """Advice for one SKU and its parts: ``need = demand + safety``, ``qty = max(0, need - stock)``.

    ``split`` says where to send it (empty name where the marketplace hides its warehouses). Stock on hand
    and in transit are the marketplace's; the own shelf has its say beside (``warehouse.transit.ShowParts``).
    """

    article: str
    size: str
    title: str
    marketplace: str
    window_days: int
    velocity: Decimal
    demand_std: Decimal
    demand: Decimal
    safety: int
    on_hand: int
    in_transit: int
    cover_days: Decimal | None
    qty: int
    split: tuple[tuple[str, int], ...]
    sku_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyReport:
    """Advice of day ``d`` for one window, most urgent (least cover) first."""

    d: date | None
    window_days: int
    lines: tuple[SupplyLine, ...]
    total_skus: int
    total_qty: int
    page: int
    pages: int
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source of one account: the last complete day, the last run and its error sentence; ``closed``:
    why the marketplace does not offer it to this seller now, which is no error."""

    account_id: int
    marketplace: str
    source: str
    complete_to: date | None
    last_run_at: datetime | None
    last_error: str | None
    missing_days: tuple[date, ...]
    closed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdsCheck:
    """What advertising says that it spent over some days, beside what the accruals booked for it. ``bonus``
    is Ozon's own, on top of ``spent``; ``per_order``: paid by the order, otherwise by clicks and views."""

    per_order: bool
    d_from: date
    d_to: date
    spent: Decimal
    bonus: Decimal
    residual: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """One connected cabinet; ``missing_scopes`` in Russian words, ``closed``: sentences about what the
    token's type does not give, which is no error. ``subscription`` as Ozon calls it, "" for none.
    ``ads``: Ozon's advertising checked, empty where it is not told."""

    account_id: int
    name: str
    marketplace: str
    token_tail: str
    token_expires_at: datetime | None
    token_kind: str
    missing_scopes: tuple[str, ...]
    state: str
    closed: tuple[str, ...] = ()
    subscription: str = ""
    ads: tuple[AdsCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What is connected, how fresh each source is, what is missing, what is running; ``waits`` is what a
    collection that waits for a marketplace says of its end."""

    organisation: str
    accounts: tuple[AccountStatus, ...]
    sources: tuple[SourceStatus, ...]
    skus: int
    skus_without_cost: int
    unmapped: tuple[tuple[str, Decimal], ...]
    unplaced_rows: int
    control: Control | None
    months: tuple[MonthCheck, ...]
    jobs_waiting: int
    freshness: Freshness
    waits: str = ""
    ties: tuple[BalanceCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSet:
    """Answer to a cost price given or taken back. ``price`` holds from ``since`` on (None: no cost
    again), ``previous`` held that day before. ``change_id`` None: it was so already."""

    change_id: int | None
    article: str
    skus: int
    price: Decimal | None
    previous: Decimal | None
    since: date
    days_touched: int
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as a person sees it: ``done``/``total`` in ``unit`` words, ``error`` a sentence."""

    job_id: int
    state: str
    done: int
    total: int
    stage: str
    error: str | None
    summary: str | None
    trace_id: str = ""
