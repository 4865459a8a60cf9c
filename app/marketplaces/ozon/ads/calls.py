"""Calls of the Performance API. Source: facts/ozon.md section 8, specs/ozon performance."""

from collections.abc import Sequence
from datetime import date

from app.marketplaces.ozon.performance import HOST, PerformanceClient
from app.marketplaces.transport import Endpoint, Reply

PAGE = 100
BY_SKU_AT_ONCE = 30
"""Campaigns that one call of products/sku was seen to take."""
EXPORT_AT_ONCE = 10
EXPORT_DAYS = 62
"""Campaigns and days of one export, by Ozon's limits."""

_CAMPAIGNS = Endpoint("ozon.ads.campaigns", "GET", HOST, "/api/client/campaign")
_EXPENSE = Endpoint("ozon.ads.expense", "GET", HOST, "/api/client/statistics/expense/json")
_BY_SKU = Endpoint("ozon.ads.by_sku", "POST", HOST, "/api/client/statistics/products/sku")
_ORDER = Endpoint("ozon.ads.export.create", "POST", HOST, "/api/client/statistics/json")
_REPORT = Endpoint("ozon.ads.export.download", "GET", HOST, "/api/client/statistics/report")


def campaigns(client: PerformanceClient, page: int) -> Reply:
    """A page of campaigns of every kind and state, from 1."""
    return client.call(_CAMPAIGNS, params={"page": str(page), "pageSize": str(PAGE)})


def expense(client: PerformanceClient, d_from: date, d_to: date) -> Reply:
    """What every campaign spent on each of the days."""
    return client.call(_EXPENSE, params={"dateFrom": d_from.isoformat(), "dateTo": d_to.isoformat()})


def by_sku(client: PerformanceClient, asked: Sequence[int], d: date) -> Reply:
    """Statistics by SKU of a day that is today or yesterday in Moscow; of any other it is a 400. The fields
    are called otherwise than everywhere else in this API."""
    day = d.isoformat()
    return client.call(
        _BY_SKU, body={"campaignIds": [str(each) for each in asked], "date_from": day, "date_to": day}
    )


def order(client: PerformanceClient, asked: Sequence[int], d_from: date, d_to: date) -> Reply:
    """Have a report made of up to 10 campaigns and 62 days, by day and SKU."""
    return client.call(
        _ORDER,
        body={
            "campaigns": [str(each) for each in asked],
            "dateFrom": d_from.isoformat(),
            "dateTo": d_to.isoformat(),
            "groupBy": "DATE",
        },
    )


def state(client: PerformanceClient, report: str) -> Reply:
    """How far a report is; ``report`` is its UUID."""
    return client.call(Endpoint("ozon.ads.export.status", "GET", HOST, f"/api/client/statistics/{report}"))


def download(client: PerformanceClient, report: str) -> Reply:
    """A report that is ready: JSON, CSV or a ZIP of CSVs."""
    return client.call(_REPORT, params={"UUID": report})
