"""Calls of supplies-api. Source: facts/wildberries.md section 5.7, specs/wb orders_fbw.yaml."""

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient

PAGE = 1_000
_HOST, _PATH = "supplies-api", "/api/v1/supplies"
_LIST = Endpoint("wb.supplies", "POST", _HOST, _PATH)


def supplies(client: WbClient, offset: int) -> Reply:
    """Deliveries, the newest first, whatever their dates and statuses."""
    params = {"limit": str(PAGE), "offset": str(offset)}
    return client.transport.call(_LIST, params=params, body={"dates": [], "statusIDs": []})


def details(client: WbClient, supply_id: int) -> Reply:
    """A delivery's warehouse, quantities and cost of acceptance."""
    return client.transport.call(Endpoint("wb.supply", "GET", _HOST, f"{_PATH}/{supply_id}"))


def goods(client: WbClient, supply_id: int, offset: int) -> Reply:
    """What a delivery holds."""
    endpoint = Endpoint("wb.supply_goods", "GET", _HOST, f"{_PATH}/{supply_id}/goods")
    return client.transport.call(endpoint, params={"limit": str(PAGE), "offset": str(offset)})
