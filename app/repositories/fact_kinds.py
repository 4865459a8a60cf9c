"""The kinds of facts that need no staging of their own: which table each fills, and how.

A row's fields are named as the table's columns, but for its references: ``sku`` becomes ``sku_id``
and ``warehouse`` becomes ``warehouse_id``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.db.merge import Target
from app.marketplaces.rows import (
    AccrualTypeRow,
    AdChargeRow,
    AdStatRow,
    BalanceRow,
    CampaignRow,
    CashflowRow,
    ChargeRow,
    OrderRow,
    PriceRow,
    ReportRow,
    ReturnRow,
    ReviewRow,
    StorageRow,
    SupplyLineRow,
    SupplyRow,
    TariffRow,
)
from app.marketplaces.source import Kind

Whole = Literal["days", "account"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactKind:
    """How rows of a kind reach their table.

    ``sums``: values added up where a key is told more than once in a unit (else the last telling
    counts). ``whole``: what a source that replaces speaks of: the unit's days, or all of the account.
    ``own``: columns that the table has and the row does not, as SQL. ``narrowed``: what of that is its
    own to delete (SQL on alias ``t``; ``:d_from`` and ``:d_to`` are the unit's days). ``holds_on``: a row
    holds from its day until the next one of its key; what is as it was before is no row.
    """

    row: type
    target: Target
    sums: tuple[str, ...] = ()
    whole: Whole = "days"
    own: tuple[tuple[str, str], ...] = ()
    narrowed: str = ""
    holds_on: bool = False


def _target(row: type, name: str, *key: str, dated: bool = True, extra: tuple[str, ...] = ()) -> Target:
    """The table's columns are the row's fields; the account leads the key."""
    named = {"sku": "sku_id", "warehouse": "warehouse_id"}
    columns = [named.get(field, field) for field in row._fields]  # type: ignore[attr-defined]
    return Target(
        name=name,
        key=("account_id", *key),
        values=(*(column for column in columns if column not in key), *extra),
        restates=False,
        dated=dated,
    )


def _undated(row: type, name: str, *key: str, extra: tuple[str, ...] = ()) -> Target:
    return _target(row, name, *key, dated=False, extra=extra)


CHARGES: tuple[Kind, ...] = (
    "acceptance",
    "deductions",
    "measurements",
    "self_buyouts",
    "compensations",
)

_SEEN_ON = (
    "coalesce((SELECT a.seen_on FROM accrual_type a WHERE a.tenant_id = :tenant_id"
    " AND a.account_id = :account_id AND a.type_id = i.type_id AND a.name = i.name"
    " AND NOT EXISTS (SELECT FROM accrual_type b WHERE b.tenant_id = :tenant_id"
    " AND b.account_id = :account_id AND b.type_id = i.type_id AND b.seen_on > a.seen_on)), i.seen_on)"
)
"""A type that is named as it was keeps the day of its name."""

_MARKETPLACE = (("marketplace", "CAST(:marketplace AS text)"),)

FACT_KINDS: Mapping[Kind, FactKind] = {
    "orders": FactKind(row=OrderRow, target=_target(OrderRow, "buyer_order", "d", "feed", "order_id")),
    # Its day is no part of which return it is: Ozon tells it late.
    "returns": FactKind(row=ReturnRow, target=_undated(ReturnRow, "item_return", "return_id")),
    "prices": FactKind(row=PriceRow, target=_undated(PriceRow, "price", "sku_id"), whole="account"),
    "supplies": FactKind(
        row=SupplyRow,
        target=_undated(SupplyRow, "supply", "supply_id"),
        whole="account",
        # What was accepted before the days that were asked about is not told any more, and not gone.
        narrowed="(t.created_on >= :d_from OR t.status NOT IN ('accepted', 'cancelled'))",
    ),
    "supply_lines": FactKind(
        row=SupplyLineRow,
        target=_undated(SupplyLineRow, "supply_line", "supply_id", "sku_id"),
        sums=("quantity", "accepted", "ready"),
        whole="account",
        # Lines of a delivery come together; deliveries that were not asked about keep theirs, those
        # that were called off have none.
        narrowed="(t.supply_id IN (SELECT supply_id FROM stage_supply_line) OR NOT EXISTS ("
        "SELECT FROM supply u WHERE u.tenant_id = :tenant_id AND u.account_id = t.account_id"
        " AND u.supply_id = t.supply_id))",
    ),
    "reports": FactKind(
        row=ReportRow,
        target=_undated(ReportRow, "finance_report", "period", "report_id"),
        whole="account",
        narrowed="t.d_from >= :d_from AND t.d_to <= :d_to",
    ),
    "cashflows": FactKind(
        row=CashflowRow,
        target=_undated(CashflowRow, "cashflows", "source_id", extra=("marketplace",)),
        whole="account",
        narrowed="t.d BETWEEN :d_from AND :d_to",
        own=_MARKETPLACE,
    ),
    "balances": FactKind(row=BalanceRow, target=_target(BalanceRow, "account_balance", "d", "currency")),
    "storage": FactKind(
        row=StorageRow,
        target=_target(StorageRow, "storage_cost_daily", "d", "sku_id", "warehouse_id", "currency"),
        sums=("cost", "pieces", "volume"),
    ),
    # Several reports fill one table; each replaces its own kind only.
    **{
        kind: FactKind(
            row=ChargeRow,
            target=_target(ChargeRow, "charge", "d", "kind", "row_id"),
            narrowed=f"t.kind = '{kind}'",
        )
        for kind in CHARGES
    },
    "campaigns": FactKind(
        row=CampaignRow, target=_undated(CampaignRow, "ad_campaign", "campaign_id"), whole="account"
    ),
    "ad_stats": FactKind(
        row=AdStatRow,
        target=_target(AdStatRow, "ad_stat_daily", "d", "campaign_id", "card_id", "currency"),
        sums=("views", "clicks", "carts", "orders", "pieces", "spend", "revenue"),
    ),
    "ad_charges": FactKind(row=AdChargeRow, target=_target(AdChargeRow, "ad_charge", "d", "row_key")),
    "reviews": FactKind(
        row=ReviewRow,
        target=_undated(ReviewRow, "reviews", "review_id", extra=("marketplace",)),
        whole="account",
        own=_MARKETPLACE,
    ),
    # Kept under every name there was, from the day it came (back) into use: what a person chose for a
    # name holds for it alone.
    "accrual_types": FactKind(
        row=AccrualTypeRow,
        target=Target(
            name="accrual_type",
            key=("account_id", "type_id", "name"),
            values=("title", "seen_on"),
            hashed=False,
            journal=False,
            restates=False,
            dated=False,
        ),
        whole="account",
        own=(("seen_on", _SEEN_ON),),
    ),
    "tariffs": FactKind(
        row=TariffRow, target=_target(TariffRow, "tariff", "d", "kind", "place"), holds_on=True
    ),
}
"""Kinds by their name in ``Normalised``. What is not here (catalogue, sales, stock, settlement,
commissions) is staged in a way of its own."""
