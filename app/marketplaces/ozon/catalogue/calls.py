"""Calls about products. Source: facts/ozon.md section 6."""

from collections.abc import Sequence
from typing import Literal

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

Visibility = Literal["ALL", "ARCHIVED"]

LIST_PAGE = 1000

LIST = post("ozon.product_list", "/v3/product/list")
INFO = post("ozon.product_info", "/v3/product/info/list")


def product_list(client: OzonClient, visibility: Visibility, last_id: str) -> Reply:
    """A page of products. ALL leaves the archived out, so ARCHIVED is read too."""
    body = {"filter": {"visibility": visibility}, "last_id": last_id, "limit": LIST_PAGE}
    return client.transport.call(LIST, body=body)


def product_info(client: OzonClient, product_ids: Sequence[int]) -> Reply:
    """Details of up to 1000 products."""
    return client.transport.call(INFO, body={"product_id": [str(number) for number in product_ids]})
