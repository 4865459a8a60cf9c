"""Deliveries on the wire: only the fields we read; the creator's phone is none of them.

Source: specs/wb orders_fbw.yaml.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.marketplaces.wire import Count, Id, Rubles, Text, Wire, parse_day


def _day_or_none(told: object) -> object:
    return None if told in (None, "") else parse_day(told)


MaybeDay = Annotated[date | None, BeforeValidator(_day_or_none)]


def _or_none(told: Any) -> Any:
    return None if told == "" else told


class Listed(Wire):
    """A delivery in the list; one that has only been drafted has the number of its draft alone."""

    supply_id: Id = Field(0, alias="supplyID")
    draft_id: Id = Field(0, alias="preorderID")
    created: MaybeDay = Field(None, alias="createDate")
    planned: MaybeDay = Field(None, alias="supplyDate")
    fact: MaybeDay = Field(None, alias="factDate")
    updated: MaybeDay = Field(None, alias="updatedDate")
    status: Count = Field(0, alias="statusID")

    @property
    def key(self) -> str:
        """Ours."""
        return str(self.supply_id) if self.supply_id else f"draft:{self.draft_id}"


class Details(Wire):
    """A delivery's own page."""

    status: Count = Field(0, alias="statusID")
    warehouse: Text = Field("", alias="warehouseName")
    actual_warehouse: Text = Field("", alias="actualWarehouseName")
    quantity: Count | None = None
    accepted: Count | None = Field(None, alias="acceptedQuantity")
    ready: Count | None = Field(None, alias="readyForSaleQuantity")
    cost: Annotated[Rubles | None, BeforeValidator(_or_none)] = Field(None, alias="acceptanceCost")


class Goods(Wire):
    """One SKU of a delivery."""

    nm_id: Id = Field(0, alias="nmID")
    barcode: Text = ""
    size: Text = Field("", alias="techSize")
    article: Text = Field("", alias="vendorCode")
    quantity: Count = 0
    accepted: Count = Field(0, alias="acceptedQuantity")
    ready: Count = Field(0, alias="readyForSaleQuantity")
