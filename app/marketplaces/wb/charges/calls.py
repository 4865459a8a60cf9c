"""Calls of the reports on deductions. Source: specs/wb (reports), facts/wildberries.md section 5.5."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient

PAGE = 1_000
_HOST = "seller-analytics-api"
_DEDUCTIONS = Endpoint("wb.deductions", "GET", _HOST, "/api/analytics/v1/deductions")
_MEASUREMENTS = Endpoint("wb.measurements", "GET", _HOST, "/api/analytics/v1/measurement-penalties")
_SELF_BUYOUTS = Endpoint("wb.self_buyouts", "GET", _HOST, "/api/v1/analytics/antifraud-details")


def deductions(client: WbClient, d_from: date, d_to: date, zone: ZoneInfo, offset: int) -> Reply:
    """Up to 1,000 deductions, oldest first: new ones do not push others onto the next page."""
    asked = {**_span(d_from, d_to, zone), "sort": "dtBonus", "order": "asc"}
    return client.transport.call(_DEDUCTIONS, params=asked | _paging(offset))


def measurements(client: WbClient, d_from: date, d_to: date, zone: ZoneInfo, offset: int) -> Reply:
    """Up to 1,000 fines for understated sizes."""
    return client.transport.call(_MEASUREMENTS, params=_span(d_from, d_to, zone) | _paging(offset))


def self_buyouts(client: WbClient) -> Reply:
    """Every week there was since August 2023: without a date all of them are told at once."""
    return client.transport.call(_SELF_BUYOUTS)


def _span(d_from: date, d_to: date, zone: ZoneInfo) -> dict[str, str]:
    first = datetime.combine(d_from, time.min, zone).astimezone(UTC)
    last = datetime.combine(d_to, time(23, 59, 59), zone).astimezone(UTC)
    return {"dateFrom": f"{first:%Y-%m-%dT%H:%M:%SZ}", "dateTo": f"{last:%Y-%m-%dT%H:%M:%SZ}"}


def _paging(offset: int) -> dict[str, str]:
    return {"limit": str(PAGE), "offset": str(offset)}
