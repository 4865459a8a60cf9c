"""How Ozon's pages follow each other. Never by ``total``: it goes away on 23 November 2026."""

from app.marketplaces.errors import Garbled
from app.marketplaces.wire import parse_json


def next_id(body: bytes, method: str, *path: str) -> str:
    """``last_id`` of a page, "" = none."""
    place = parse_json(body, method)
    for name in path:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise Garbled(method, "ожидался объект")
    told = place.get("last_id")
    return told if isinstance(told, str) else ""
