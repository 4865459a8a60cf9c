"""Clusters as plain rows."""

from collections.abc import Sequence
from typing import Any

from app.marketplaces.ozon.clusters.wire import Cluster, Warehouse
from app.marketplaces.rows import ClusterRow
from app.marketplaces.source import Normalised
from app.marketplaces.unplaced import set_aside
from app.marketplaces.wire import parse_rows, read_rows


def place_of_cluster(cluster_id: int) -> str:
    """What we call the place of goods that are sent to a cluster: Ozon chooses the warehouse later."""
    return f"cluster:{cluster_id}"


def normalise_clusters(bodies: Sequence[bytes]) -> Normalised:
    """A row a warehouse, and one for the cluster itself."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        told = raw if isinstance(raw, dict) else {}
        key = "warehouse_id" if "warehouse_id" in told else "macrolocal_cluster_id"
        out.unplaced.append(set_aside(raw, reason, key, amount=""))

    for body in bodies:
        for _, cluster in read_rows(parse_rows(body, "ozon.clusters", "result"), Cluster, refuse):
            name = cluster.data.about.name
            places = [(place_of_cluster(cluster.cluster_id), name)]
            for _, each in read_rows(cluster.data.warehouses, Warehouse, refuse):
                places.append((str(each.warehouse_id), each.name))
            out.clusters += [ClusterRow(code, called, cluster.cluster_id, name) for code, called in places]
    return out
