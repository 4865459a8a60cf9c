"""Calls about returns. Source: facts/ozon.md section 4."""

from datetime import date

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.ozon.days import between
from app.marketplaces.transport import Reply

PAGE, RFBS_PAGE = 500, 100
"""500 is the largest page of the first; of the other none is told."""

RETURNS = post("ozon.returns", "/v1/returns/list")
RFBS = post("ozon.rfbs_returns", "/v2/returns/rfbs/list")


def returns(client: OzonClient, d_from: date, d_to: date, last_id: int) -> Reply:
    """Returns of FBO and FBS whose status moved on these days; of the method's periods one may be asked."""
    first, last = between(d_from, d_to)
    moved = {"visual_status_change_moment": {"time_from": first, "time_to": last}}
    return client.transport.call(RETURNS, body={"filter": moved, "limit": PAGE, "last_id": last_id})


def rfbs_returns(client: OzonClient, d_from: date, d_to: date, last_id: int) -> Reply:
    """Claims for the return of rFBS goods that were made on these days."""
    first, last = between(d_from, d_to)
    made = {"created_at": {"from": first, "to": last}, "group_state": ["All"]}
    return client.transport.call(RFBS, body={"filter": made, "limit": RFBS_PAGE, "last_id": last_id})
