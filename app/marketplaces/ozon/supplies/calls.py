"""Calls about deliveries: orders, what each of them holds, what was accepted.

Source: facts/ozon.md section 7, specs/ozon (the acts are a beta of 11 August 2026).
"""

from collections.abc import Sequence

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

PAGE = 100
ORDERS_A_CALL = 50

OPEN_STATES = (
    "DATA_FILLING",
    "READY_TO_SUPPLY",
    "ACCEPTED_AT_SUPPLY_WAREHOUSE",
    "IN_TRANSIT",
    "ACCEPTANCE_AT_STORAGE_WAREHOUSE",
    "REPORTS_CONFIRMATION_AWAITING",
    "REPORT_REJECTED",
)
CLOSED_STATES = ("COMPLETED", "REJECTED_AT_SUPPLY_WAREHOUSE", "CANCELLED", "OVERDUE")
"""An order in one of these moves no more."""

LIST = post("ozon.supply_list", "/v3/supply-order/list")
ORDERS = post("ozon.supply_orders", "/v3/supply-order/get")
BUNDLE = post("ozon.supply_bundle", "/v1/supply-order/bundle")
ACTS = post("ozon.supply_acts", "/v1/supply-order/act/product/get")


def listed(client: OzonClient, states: Sequence[str], last_id: str) -> Reply:
    """Numbers of orders in these states, the one that moved last first."""
    body = {
        "filter": {"states": list(states)},
        "limit": PAGE,
        "sort_by": "ORDER_STATE_UPDATED_AT",
        "sort_dir": "DESC",
        "last_id": last_id,
    }
    return client.transport.call(LIST, body=body)


def orders(client: OzonClient, order_ids: Sequence[str]) -> Reply:
    """Up to 50 orders with their deliveries. The numbers are strings, as the list tells them."""
    return client.transport.call(ORDERS, body={"order_ids": list(order_ids)})


def bundle(client: OzonClient, bundle_id: str, last_id: str) -> Reply:
    """What a delivery is declared to hold. The reply does not say of which bundle it is: one a call."""
    body = {"bundle_ids": [bundle_id], "limit": PAGE, "is_asc": True, "sort_field": "SKU", "last_id": last_id}
    return client.transport.call(BUNDLE, body=body)


def acts(client: OzonClient, supply_id: int) -> Reply:
    """Acts of a delivery's acceptance: declared, found, agreed."""
    return client.transport.call(ACTS, body={"supply_id": supply_id})
