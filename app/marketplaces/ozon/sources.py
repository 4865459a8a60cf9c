"""The feeds of an Ozon cabinet."""

from collections.abc import Callable

from app.marketplaces.ozon import accruals, catalogue, stock
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Source

AREAS: tuple[Callable[[OzonClient, OzonPolicy], list[Source]], ...] = (
    catalogue.sources,
    accruals.sources,
    stock.sources,
)
"""In the order of a night: names first, then what refers to them."""


def ozon_sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """All feeds that the policy allows."""
    return [source for area in AREAS for source in area(client, policy)]
