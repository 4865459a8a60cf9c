"""The tables the merge kernel writes: their keys after tenant_id, and what is compared."""

from app.db.merge import Target

MONEY = ("revenue_gross", "refunds_amount", "promo_cost", "delivery_cost", "commission_amount")

SALE_EVENT = Target(
    name="sale_event",
    key=("account_id", "d", "event_id"),
    values=("sku_id", "warehouse_id", "channel", "currency", "qty", "refunds_qty", *MONEY),
    journal=False,
    restates=False,
)
DAILY_SALES = Target(
    name="daily_sales",
    key=("account_id", "d", "sku_id", "warehouse_id", "channel", "currency"),
    values=("qty", "refunds_qty", *MONEY),
)
DAILY_STOCK = Target(
    name="daily_stock",
    key=("account_id", "d", "sku_id", "warehouse_id"),
    values=("on_hand", "in_transit"),
)
SETTLEMENT_LINE = Target(
    name="settlement_line",
    key=("account_id", "d", "period", "report_id", "row_id", "part"),
    values=("sku_id", "operation", "line", "units", "amount", "currency", "ref"),
)
SHARED_COST_DAILY = Target(
    name="shared_cost_daily",
    key=("account_id", "d", "kind", "sku_id", "currency"),
    values=("line", "amount"),
    hashed=False,
    journal=False,
)
METRICS_DAILY = Target(
    name="metrics_daily",
    key=("account_id", "d", "sku_id", "currency"),
    values=(
        "units",
        "revenue_gross",
        "revenue_net",
        "marketing",
        "other_net",
        "cogs",
        "profit",
        "margin",
        "sv7",
        "sv14",
        "sv28",
        "stock_cover_days",
        "is_preliminary",
    ),
    hashed=False,
    restates=False,
)
ADVICE_SUPPLY = Target(
    name="advice_supply",
    key=("account_id", "d", "sku_id", "warehouse_id", "window_days"),
    values=(
        "recommended_qty",
        "velocity",
        "demand_std",
        "safety",
        "on_hand",
        "in_transit",
        "rationale_hash",
    ),
    hashed=False,
    journal=False,
    restates=False,
)
