"""Calls of the two lists of postings. Source: facts/ozon.md section 3."""

from datetime import date
from typing import Any

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.ozon.days import between
from app.marketplaces.transport import Reply

PAGE = 100
FBO = post("ozon.fbo", "/v3/posting/fbo/list")
FBS = post("ozon.fbs", "/v4/posting/fbs/list")

_WITH = {"analytics_data": True, "financial_data": True}
"""Where from and where to: the clusters stand in financial_data alone."""


def fbo(client: OzonClient, d_from: date, d_to: date, cursor: str) -> Reply:
    """Postings that Ozon sends, of these days' orders, oldest first. A year at most."""
    return client.transport.call(FBO, body=_body(d_from, d_to, cursor))


def fbs(client: OzonClient, d_from: date, d_to: date, cursor: str) -> Reply:
    """Postings that the seller sends, FBS and rFBS, of these days' orders, oldest first. A year at most."""
    return client.transport.call(FBS, body=_body(d_from, d_to, cursor))


def _body(d_from: date, d_to: date, cursor: str) -> dict[str, Any]:
    since, to = between(d_from, d_to)
    asked = {"since": since, "to": to}
    return {"filter": asked, "limit": PAGE, "cursor": cursor, "sort_dir": "ASC", "with": _WITH}
