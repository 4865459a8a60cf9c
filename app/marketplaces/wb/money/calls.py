"""Calls of finance-api. Source: facts/wildberries.md sections 5 and 6."""

from datetime import date
from typing import Literal

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.wire import FINANCE_FIELDS

Period = Literal["daily", "weekly"]

PAGE, LIST_PAGE = 100_000, 1_000

_DETAILED = Endpoint("wb.finance", "POST", "finance-api", "/api/finance/v1/sales-reports/detailed")
_LIST = Endpoint("wb.finance.list", "POST", "finance-api", "/api/finance/v1/sales-reports/list")
_BALANCE = Endpoint("wb.balance", "GET", "finance-api", "/api/v1/account/balance")


def detailed(client: WbClient, d_from: date, d_to: date, period: Period, after_rrd: int) -> Reply:
    """Rows of the sales reports of a period, after row ``after_rrd`` (0 = from the first)."""
    body = {
        "dateFrom": d_from.isoformat(),
        "dateTo": d_to.isoformat(),
        "period": period,
        "limit": PAGE,
        "rrdId": after_rrd,
        "fields": list(FINANCE_FIELDS),
    }
    return client.transport.call(_DETAILED, body=body)


def headers(client: WbClient, d_from: date, d_to: date, period: Period, offset: int) -> Reply:
    """Headers of the sales reports whose period overlaps the days. Closed to base tokens."""
    body = {
        "dateFrom": d_from.isoformat(),
        "dateTo": d_to.isoformat(),
        "period": period,
        "limit": LIST_PAGE,
        "offset": offset,
    }
    return client.transport.call(_LIST, body=body)


def balance(client: WbClient) -> Reply:
    """What Wildberries owes the seller now."""
    return client.transport.call(_BALANCE)
