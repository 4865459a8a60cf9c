"""Calls about realization. Source: facts/ozon.md section 2.2."""

from datetime import date

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

MONTHLY = post("ozon.realization", "/v2/finance/realization")
BY_POSTING = post("ozon.realization_postings", "/v1/finance/realization/posting")
AS_A_FILE = post("ozon.realization_postings.create", "/v1/report/realization/posting/create")


def monthly(client: OzonClient, month: date) -> Reply:
    """The report of a month by sku, whole. 404 "Report was not found" before it is made."""
    return client.transport.call(MONTHLY, body={"month": month.month, "year": month.year})


def by_posting(client: OzonClient, month: date) -> Reply:
    """The same by posting. 400 "too large" for a month that is told as a file only."""
    return client.transport.call(BY_POSTING, body={"month": month.month, "year": month.year})
