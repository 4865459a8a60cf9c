"""Postings on the wire: /v3/posting/fbo/list and /v4/posting/fbs/list in one model.

FBO tells when an order was made, FBS when it was taken into work. Prices are objects in these versions and
strings in those before them; analytics_data and financial_data may be null. Who buys is not read, and
blanked before it is stored. Source: facts/ozon.md sections 3 and 11.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.marketplaces.ozon.wire import MomentOrNone, Price, only_object
from app.marketplaces.wire import Count, Id, Text, Wire


class Place(Wire):
    """analytics_data: the warehouse it is sent from, where it goes."""

    warehouse_id: Id = 0
    region: Text = ""
    city: Text = ""


class OwnPlace(Wire):
    """delivery_method: the seller's own warehouse."""

    warehouse_id: Id = 0


class Clusters(Wire):
    """financial_data."""

    cluster_to: Text = ""


class Cancellation(Wire):
    cancel_reason: Text = ""


class Ordered(Wire):
    """A product of a posting; ``price`` is of one piece, after the seller's discounts."""

    sku: Id = Field(gt=0)
    offer_id: Text = ""
    quantity: Count = Field(gt=0)
    price: Price = None
    currency_code: Text = ""

    @property
    def currency(self) -> str:
        return ((self.price.currency if self.price else "") or self.currency_code or "RUB").upper()


class Posting(Wire):
    """A posting as it stands now; its ``products`` are read one by one."""

    number: Text = Field(alias="posting_number", min_length=1)
    status: Text = ""
    created: MomentOrNone = Field(None, alias="created_at")
    in_process: MomentOrNone = Field(None, alias="in_process_at")
    flow: Text = Field("", alias="integration_type_flow")
    carrier: Text = Field("", alias="tpl_integration_type")
    products: list[Any] | None = None
    place: Annotated[Place | None, BeforeValidator(only_object)] = Field(None, alias="analytics_data")
    own_place: Annotated[OwnPlace | None, BeforeValidator(only_object)] = Field(None, alias="delivery_method")
    clusters: Annotated[Clusters | None, BeforeValidator(only_object)] = Field(None, alias="financial_data")
    cancellation: Annotated[Cancellation | None, BeforeValidator(only_object)] = None

    @property
    def warehouse(self) -> str:
        """Its number, the seller's own first; "" where none is told."""
        told = (self.own_place.warehouse_id if self.own_place else 0) or (
            self.place.warehouse_id if self.place else 0
        )
        return str(told) if told > 0 else ""

    @property
    def region(self) -> str:
        """The cluster it goes to, by which goods are sent to Ozon; where that is not told, the place."""
        told = (self.clusters.cluster_to if self.clusters else "", *self._where())
        return next((each for each in told if each), "")

    def _where(self) -> tuple[str, ...]:
        return (self.place.region, self.place.city) if self.place else ()
