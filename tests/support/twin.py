"""A shop's twin: its database copied, its sandbox's world copied, so that a story may change either and the
shop that it began from stays what it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
from sqlalchemy import make_url

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from tests.support.shop import Shop, ShortGateway, WorldClock, make_house

LATER = timedelta(hours=1)
"""The twin's clock is surely past everything that the shop has written."""


@contextmanager
def open_twin(shop: Shop, urls: Urls, server: SandboxServer) -> Iterator[Shop]:
    """The same organisation with the same cabinets and key; ``urls`` are of its database copied, ``server``
    listens and is of a copy of its world. Budgets and breakers are as new."""
    old = shop.house
    settings = old.settings.model_copy(
        update={
            "wb_api_url": server.wb_api_url,
            "ozon_api_url": server.ozon_api_url,
            "ozon_performance_api_url": server.ozon_performance_api_url,
        }
    )
    only = old.gateway.only if isinstance(old.gateway, ShortGateway) else None
    clock, wall = (WorldClock(server.world, skipped=shop.wall.skipped + LATER) for _ in range(2))
    db = Database(urls.app, pool_size=10)
    try:
        house = make_house(db, urls, old.data, settings, clock, wall, only)
        with httpx.Client(
            base_url=server.base_url, params={"seller": server.world.sid}, verify=False
        ) as control:
            made = replace(
                shop, house=house, server=server, wall=wall, control=control, accounts=dict(shop.accounts)
            )
            made.heal()
            yield made
    finally:
        db.close()


def database_of(urls: Urls) -> str:
    """The name of the database behind these URLs."""
    name = make_url(urls.admin).database
    assert name is not None
    return name
