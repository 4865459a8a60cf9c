"""/v1/analytics/stocks on the wire. Source: facts/ozon.md section 5."""

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
