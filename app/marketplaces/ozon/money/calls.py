"""Calls about the balance and payouts. Source: facts/ozon.md sections 2.2, 10.4."""

from datetime import date

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

CASH_PAGE = 100

BALANCE = post("ozon.balance", "/v1/finance/balance")
CASH_FLOWS = post("ozon.cashflows", "/v1/finance/cash-flow-statement/list")


def balance(client: OzonClient, d_from: date, d_to: date) -> Reply:
    """What was owed, earned and paid out in up to 30 days."""
    asked = {"date_from": d_from.isoformat(), "date_to": d_to.isoformat()}
    return client.transport.call(BALANCE, body=asked)


def cash_flows(client: OzonClient, d_from: date, d_to: date, page: int) -> Reply:
    """Statements of the periods that touch these days, from page 1 on."""
    asked = {
        "date": {"from": f"{d_from}T00:00:00.000Z", "to": f"{d_to}T23:59:59.000Z"},
        "page": page,
        "page_size": CASH_PAGE,
        "with_details": True,
    }
    return client.transport.call(CASH_FLOWS, body=asked)
