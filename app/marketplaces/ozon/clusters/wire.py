"""/v2/cluster/list on the wire. Only the fields we read."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.marketplaces.ozon.wire import only_object
from app.marketplaces.wire import Id, Text, Wire


def _object(told: Any) -> Any:
    return only_object(told) or {}


def _rows(told: Any) -> Any:
    return told or []


class ClusterName(Wire):
    """What a cluster is called."""

    name: Text = ""


class ClusterData(Wire):
    """Its name and its warehouses."""

    about: Annotated[ClusterName, BeforeValidator(_object)] = Field(ClusterName(), alias="macrolocal_cluster")
    warehouses: Annotated[tuple[Any, ...], BeforeValidator(_rows)] = Field((), alias="fulfillments")


class Cluster(Wire):
    """A cluster by the number that stock and deliveries name it with (four digits)."""

    cluster_id: Id = Field(alias="macrolocal_cluster_id", gt=0)
    data: Annotated[ClusterData, BeforeValidator(_object)] = ClusterData()


class Warehouse(Wire):
    """A warehouse of a cluster."""

    warehouse_id: Id = Field(gt=0)
    name: Text = ""
