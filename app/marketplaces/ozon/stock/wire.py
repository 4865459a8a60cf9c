"""Stock on the wire. Source: facts/ozon.md section 5."""

from pydantic import Field

from app.marketplaces.wire import Count, Id, Text, Wire


class StockLevel(Wire):
    """A row of /v1/analytics/stocks: sku at a warehouse; warehouse 0 = a cluster's aggregate."""

    sku: Id = Field(gt=0)
    offer_id: Text = ""
    warehouse_id: Id
    warehouse_name: Text = ""
    available: Count = Field(0, alias="available_stock_count")
    preparing: Count = Field(0, alias="valid_stock_count")
    in_supplies: Count = Field(0, alias="transit_stock_count")
    from_customers: Count = Field(0, alias="return_from_customer_stock_count")
    between_warehouses: Count = Field(0, alias="inbound_replenishment")

    @property
    def in_transit(self) -> int:
        """On the way to being sold: in supplies, being moved, coming back, being prepared for sale.

        Not counted: ``requested`` (only an application, nothing has left), defects, what waits
        for documents or for the seller to take it away.
        """
        return self.in_supplies + self.between_warehouses + self.from_customers + self.preparing


class PlacedPieces(Wire):
    """A row of stocks-by-warehouse, Ozon's or the seller's: ``present`` includes what is reserved.

    ``free`` and the name are told of the seller's own warehouses only.
    """

    sku: Id = Field(gt=0)
    offer_id: Text = ""
    warehouse_id: Id = Field(gt=0)
    warehouse_name: Text = ""
    present: Count = 0
    reserved: Count = 0
    free: Count | None = Field(None, alias="free_stock")

    @property
    def available(self) -> int:
        """What can be sold now, never less than nothing."""
        return max(self.present - self.reserved if self.free is None else self.free, 0)


class OzonWarehouse(Wire):
    """A row of /v1/warehouse/ozon/list."""

    warehouse_id: Id = Field(gt=0)
    name: Text = ""
