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
    "ozon.stock",
)


def ozon_limits(pace: float = 1.0) -> dict[str, Limit]:
    """Limits of an account. ``pace`` > 1 shortens every interval."""
    return {method: Limit(1 / 50 / pace, 10) for method in _METHODS}
