"""Calls about accruals. Source: facts/ozon.md section 2."""

from datetime import date

from app.marketplaces.ozon.accruals.lines import AccrualType
from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply
from app.marketplaces.wire import clean, parse_rows

TYPES = post("ozon.accrual_types", "/v1/finance/accrual/types")
BY_DAY = post("ozon.accruals", "/v1/finance/accrual/by-day")


def accrual_types(client: OzonClient) -> list[AccrualType]:
    """Ozon's current dictionary of accrual types."""
    reply = client.transport.call(TYPES, body={})
    return [
        AccrualType(row["id"], clean(str(row.get("name") or "")), clean(str(row.get("description") or "")))
        for row in parse_rows(reply.body, TYPES.budget, "accrual_types")
        if isinstance(row, dict) and isinstance(row.get("id"), int)
    ]


def by_day(client: OzonClient, d: date, last_id: str) -> Reply:
    """A page of a day's accruals. ``last_id`` lives for 15 minutes."""
    return client.transport.call(BY_DAY, body={"date": d.isoformat(), "last_id": last_id})
