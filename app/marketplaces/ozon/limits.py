"""How often Ozon may be called: 50 requests a second per Client-Id, whatever the method.

Some methods have undisclosed limits of their own (429s of accrual/by-day have been seen), so each
keeps its own bucket and a 429 closes that method only. Source: facts/ozon.md sections 1, 2.1.
"""

from app.marketplaces.transport.budget import Limit

_METHODS = (
    "ozon.roles",
    "ozon.seller_info",
    "ozon.product_list",
    "ozon.product_info",
    "ozon.accrual_types",
    "ozon.accruals",
    "ozon.accrual_postings",
    "ozon.realization",
    "ozon.realization_postings",
    "ozon.realization_postings.create",
    "ozon.prices",
    "ozon.stock",
    "ozon.fbo_stock",
    "ozon.own_stock",
    "ozon.warehouses",
    "ozon.fbo",
    "ozon.fbs",
    "ozon.returns",
    "ozon.rfbs_returns",
    "ozon.own_warehouses",
    "ozon.supply_list",
    "ozon.supply_orders",
    "ozon.supply_bundle",
    "ozon.supply_acts",
    "ozon.clusters",
    "ozon.reviews",
    "ozon.review_comments",
    "ozon.review_answer",
    "ozon.balance",
    "ozon.cashflows",
    "ozon.compensations.create",
    "ozon.report.info",
    "ozon.report.file",
)

_ADVERTISING = Limit(86_400 / 100_000, 50)
_ADS = {
    **dict.fromkeys(
        (
            *("ozon.ads.token", "ozon.ads.campaigns", "ozon.ads.expense", "ozon.ads.by_sku"),
            *("ozon.ads.export.status", "ozon.ads.export.download"),
        ),
        _ADVERTISING,
    ),
    # 2000 campaigns in 24 hours, ten of them a report.
    "ozon.ads.export.create": Limit(86_400 / 200, 20),
}
"""The Performance API: 100,000 requests a day and rules of its own for reports (facts/ozon.md section 8)."""

_REPORTS = {
    # «не больше 5 раз в день»: three at once and two more in the same day stay within it.
    "ozon.placement.create": Limit(43_200, 3),
}


def ozon_limits(pace: float = 1.0) -> dict[str, Limit]:
    """Limits of an account. ``pace`` > 1 shortens every interval."""
    told = {**dict.fromkeys(_METHODS, Limit(1 / 50, 10)), **_ADS, **_REPORTS}
    return {method: Limit(each.interval / pace, each.burst) for method, each in told.items()}
