"""Clusters and the warehouses that stand in them: the seller's, and many that he never meets."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.sandbox.http import reply
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.stocks import PLACES, Place
from app.sandbox.world import World

STRANGERS = 20
"""Warehouses of a cluster that this seller never meets."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """The same for every seller."""

    world: World

    def routes(self) -> list[Route]:
        return [Route("/v2/cluster/list", self.listed)]

    async def listed(self, _body: dict[str, Any]) -> web.Response:
        return reply({"result": [_cluster(place) for place in PLACES]})


def _cluster(place: Place) -> dict[str, Any]:
    others = [
        {"warehouse_id": place.warehouse_id + n, "name": f"{place.cluster} {n}"} for n in range(1, STRANGERS)
    ]
    return {
        "macrolocal_cluster_id": place.macrolocal,
        "data": {
            "macrolocal_cluster": {"name": place.cluster, "country": {"name": "Россия", "uid": "RU"}},
            "fulfillments": [{"warehouse_id": place.warehouse_id, "name": place.name}, *others],
        },
    }
