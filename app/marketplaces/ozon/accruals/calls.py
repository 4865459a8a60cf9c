"""Calls about accruals. Source: facts/ozon.md section 2."""

from collections.abc import Sequence
from datetime import date

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

TYPES = post("ozon.accrual_types", "/v1/finance/accrual/types")
BY_DAY = post("ozon.accruals", "/v1/finance/accrual/by-day")
POSTINGS = post("ozon.accrual_postings", "/v1/finance/accrual/postings")

LARGEST_BATCH = 200


def accrual_types(client: OzonClient) -> Reply:
    """Ozon's current dictionary of accrual types, whole."""
    return client.transport.call(TYPES, body={})


def by_day(client: OzonClient, d: date, last_id: str) -> Reply:
    """A page of a day's accruals. ``last_id`` lives for 15 minutes."""
    return client.transport.call(BY_DAY, body={"date": d.isoformat(), "last_id": last_id})


def postings(client: OzonClient, numbers: Sequence[str]) -> Reply:
    """All accruals of ``LARGEST_BATCH`` postings at most. One malformed number refuses them all."""
    return client.transport.call(POSTINGS, body={"posting_numbers": list(numbers)})
