"""Deliveries on the wire: only the fields we read.

Source: the swagger models of October 2026 and live replies of July 2026 (facts/ozon.md section 7).
"""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.marketplaces.ozon.wire import MomentOrNone, only_object
from app.marketplaces.wire import Count, Id, Text, Wire, parse_day


def _object(told: Any) -> Any:
    """Null and ``[]`` come where an object belongs (facts/ozon.md section 11, trap 12)."""
    return only_object(told) or {}


def _rows(told: Any) -> Any:
    return told or []


def _day_or_none(told: object) -> object:
    """The published example tells of an arrival that has not been yet as the word "null"."""
    return None if told in (None, "", "null") else parse_day(told)


MaybeDay = Annotated[date | None, BeforeValidator(_day_or_none)]


class Slot(Wire):
    """When the goods are expected: the local time of the place, whatever zone the text says."""

    start: MaybeDay = Field(None, alias="from")


class Timeslot(Wire):
    """The slot in its wrapping."""

    timeslot: Annotated[Slot, BeforeValidator(_object)] = Slot()


class Place(Wire):
    """A warehouse of Ozon."""

    warehouse_id: Id = 0
    arrived: MaybeDay = Field(None, alias="arrival_date")


class Supply(Wire):
    """One delivery of an order. ``cluster`` is told instead of a place where Ozon chooses the warehouse."""

    supply_id: Id = Field(gt=0)
    state: Text = ""
    bundle_id: Text = ""
    cluster: Id = Field(0, alias="macrolocal_cluster_id")
    place: Annotated[Place, BeforeValidator(_object)] = Field(Place(), alias="storage_warehouse")


class Order(Wire):
    """An order of deliveries, which may be in different states; ``supplies`` are read one by one."""

    order_id: Id = Field(gt=0)
    state: Text = ""
    created: Annotated[MomentOrNone, Field(alias="created_date")] = None
    updated: Annotated[MomentOrNone, Field(alias="state_updated_date")] = None
    timeslot: Annotated[Timeslot, BeforeValidator(_object)] = Timeslot()
    supplies: Annotated[tuple[Any, ...], BeforeValidator(_rows)] = ()


class Declared(Wire):
    """One SKU of a delivery's bundle."""

    sku: Id = Field(gt=0)
    article: Text = Field("", alias="offer_id")
    quantity: Count = Field(0, ge=0)


class ActSku(Wire):
    """What a line of an act is of."""

    sku: Id = Field(gt=0)
    article: Text = Field("", alias="offer_id")


class ActLine(Wire):
    """Pieces of one SKU in an act: ``found`` by the warehouse, ``agreed`` with the seller."""

    goods: ActSku = Field(alias="sku_info")
    found: Count = Field(0, alias="fact_quantity", ge=0)
    agreed: Count = Field(0, alias="approved_quantity", ge=0)


class Act(Wire):
    """An act; of what is short, spoilt or too much there may be acts beside that of the acceptance."""

    type: Text = ""
    items: Annotated[tuple[Any, ...], BeforeValidator(_rows)] = ()
