"""The feeds of an Ozon cabinet."""

from collections.abc import Callable

from app.marketplaces.ozon import (
    access,
    accruals,
    ads,
    catalogue,
    clusters,
    compensations,
    money,
    orders,
    placement,
    prices,
    realization,
    returns,
    reviews,
    stock,
    supplies,
)
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Source

AREAS: tuple[Callable[[OzonClient, OzonPolicy], list[Source]], ...] = (
    access.sources,
    catalogue.sources,
    accruals.sources,
    realization.sources,
    money.sources,
    stock.sources,
    prices.sources,
    orders.sources,
    returns.sources,
    ads.sources,
    placement.sources,
    compensations.sources,
    supplies.sources,
    reviews.sources,
    # After whatever names warehouses.
    clusters.sources,
)
"""In the order of a night: whose key it is, then names, then what refers to them."""


def ozon_sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """All feeds that the policy allows."""
    return [source for area in AREAS for source in area(client, policy)]
