"""Calls of common-api for rates; any token may ask. Source: facts/wildberries.md section 5.7."""

from datetime import date

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient

_HOST, _PATH = "common-api", "/api/v1/tariffs"
_COMMISSION = Endpoint("wb.commission", "GET", _HOST, f"{_PATH}/commission")


def commission(client: WbClient) -> Reply:
    """Commission of every category, percent."""
    return client.transport.call(_COMMISSION, params={"locale": "ru"})


def tariffs(client: WbClient, kind: str, d: date) -> Reply:
    """Tariffs of a kind ("box", "pallet", "return") that hold on day ``d``, by warehouse."""
    endpoint = Endpoint(f"wb.tariffs.{kind}", "GET", _HOST, f"{_PATH}/{kind}")
    return client.transport.call(endpoint, params={"date": d.isoformat()})
