"""The port between marketplaces and ingestion: what a source of rows is.

A source says in which units its truth is fetched and replaced, brings each unit page by page as
received (the engine stores the bytes before anybody interprets them), and turns the stored bytes
into rows. ``normalise`` is a pure function of the bytes: it can be run again over raw_payload.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

from app.marketplaces.rows import (
    AccessRow,
    AccrualTypeRow,
    AdChargeRow,
    AdStatRow,
    BalanceRow,
    CampaignRow,
    CashflowRow,
    CatalogueRow,
    ChargeRow,
    ClusterRow,
    CommissionRow,
    OrderRow,
    PriceRow,
    ReportRow,
    ReturnRow,
    ReviewRow,
    SaleEventRow,
    SettlementRow,
    StockRow,
    StorageRow,
    SupplyLineRow,
    SupplyRow,
    TariffRow,
)
from app.marketplaces.transport.request import RequestKey

__all__ = [
    "Kind",
    "Normalised",
    "Page",
    "RequestKey",
    "Source",
    "Unit",
    "Unplaced",
    "bodies",
    "weeks",
    "window",
    "windows",
]


Kind = Literal[
    "access",
    "catalogue",
    "sales",
    "stock",
    "own_stock",
    "past_stock",
    "settlement",
    "orders",
    "returns",
    "prices",
    "supplies",
    "supply_lines",
    "reports",
    "cashflows",
    "balances",
    "storage",
    "acceptance",
    "deductions",
    "measurements",
    "self_buyouts",
    "compensations",
    "campaigns",
    "ad_stats",
    "ad_charges",
    "reviews",
    "tariffs",
    "commissions",
    "accrual_types",
    "clusters",
]
"""Which of the lists of ``Normalised`` a source fills.

``stock`` is what lies at the marketplace, ``own_stock`` in the seller's own warehouses that the
marketplace sells from (FBS): each is a whole truth of its own. ``past_stock`` is told afterwards, and
fills only days that nobody saw.
"""


class Page(NamedTuple):
    """One reply as received. ``cursor`` resumes after this page; "" = this was the last one.

    ``is_receipt``: it only says that a report was ordered, under a number of its own each time.
    """

    key: RequestKey
    body: bytes
    cursor: str
    is_receipt: bool = False


def bodies(pages: Sequence[Page]) -> list[bytes]:
    """What was said, where the questions do not matter."""
    return [page.body for page in pages]


class Unit(NamedTuple):
    """What is fetched and replaced as a whole; ``name`` is unique within the source.

    "2026-11-20" (a day), "2026-10-17..2026-11-20" (a window), "now" (a snapshot).
    """

    name: str
    d_from: date
    d_to: date


def window(d_from: date, d_to: date) -> Unit:
    """One unit for all days."""
    return Unit(f"{d_from}..{d_to}", d_from, d_to)


def windows(d_from: date, d_to: date, days: int) -> list[Unit]:
    """Units of ``days`` at most, oldest first, the last one whole: what a night re-reads is then one of
    them."""
    found, last = [], d_to
    while last >= d_from:
        first = max(d_from, last - timedelta(days=days - 1))
        found.append(window(first, last))
        last = first - timedelta(days=1)
    return found[::-1]


def weeks(d_from: date, d_to: date) -> list[Unit]:
    """A unit a calendar week, oldest first, cut at both ends: a week that is over keeps its name, so it is
    known when it says nothing new."""
    found, start = [], d_from
    while start <= d_to:
        sunday = start + timedelta(days=6 - start.weekday())
        found.append(window(start, min(sunday, d_to)))
        start = sunday + timedelta(days=1)
    return found


class Unplaced(NamedTuple):
    """A row that could not be read, kept with its money for a person to see («не разнесено»).

    ``payload`` is JSON; ``amount`` is signed from the seller's side, None where it is unreadable.
    """

    row_key: str
    reason: str
    payload: str
    amount: Decimal | None
    currency: str
    d: date | None


@dataclass(slots=True)
class Normalised:
    """Rows of one unit, a list a kind, and what could not be read."""

    access: list[AccessRow] = field(default_factory=list)
    catalogue: list[CatalogueRow] = field(default_factory=list)
    sales: list[SaleEventRow] = field(default_factory=list)
    stock: list[StockRow] = field(default_factory=list)
    own_stock: list[StockRow] = field(default_factory=list)
    past_stock: list[StockRow] = field(default_factory=list)
    settlement: list[SettlementRow] = field(default_factory=list)
    orders: list[OrderRow] = field(default_factory=list)
    returns: list[ReturnRow] = field(default_factory=list)
    prices: list[PriceRow] = field(default_factory=list)
    supplies: list[SupplyRow] = field(default_factory=list)
    supply_lines: list[SupplyLineRow] = field(default_factory=list)
    reports: list[ReportRow] = field(default_factory=list)
    cashflows: list[CashflowRow] = field(default_factory=list)
    balances: list[BalanceRow] = field(default_factory=list)
    storage: list[StorageRow] = field(default_factory=list)
    acceptance: list[ChargeRow] = field(default_factory=list)
    deductions: list[ChargeRow] = field(default_factory=list)
    measurements: list[ChargeRow] = field(default_factory=list)
    self_buyouts: list[ChargeRow] = field(default_factory=list)
    compensations: list[ChargeRow] = field(default_factory=list)
    campaigns: list[CampaignRow] = field(default_factory=list)
    ad_stats: list[AdStatRow] = field(default_factory=list)
    ad_charges: list[AdChargeRow] = field(default_factory=list)
    reviews: list[ReviewRow] = field(default_factory=list)
    tariffs: list[TariffRow] = field(default_factory=list)
    commissions: list[CommissionRow] = field(default_factory=list)
    accrual_types: list[AccrualTypeRow] = field(default_factory=list)
    clusters: list[ClusterRow] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Nothing came, of any kind."""
        return not any(getattr(self, kind.name) for kind in fields(self))


class Source(Protocol):
    """One feed of one seller account."""

    @property
    def name(self) -> str:
        """Stable id: "wb.sales", "ozon.accruals", …"""
        ...

    @property
    def replaces(self) -> bool:
        """True: rows of the unit's days that did not come are gone at the marketplace, delete them."""
        ...

    @property
    def brings(self) -> frozenset[Kind]:
        """The kinds of rows it tells; with ``replaces``, the whole truth about them for its days."""
        ...

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        """The units that cover ``d_from..d_to`` (business days, both included), oldest first."""
        ...

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Pages after ``cursor`` ("" = from the start), each as received.

        Raises RateLimited/NotReady (come back later with the last cursor), TokenRefused,
        ScopeMissing, MarketplaceDown, Garbled; NotOffered where the seller has no such thing, which is
        no failure.
        """
        ...

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        """Rows of all pages of a unit, each with the request it answered. One bad row is Unplaced; a page
        of broken JSON is Garbled."""
        ...
