"""Products on the wire: the list and the details. Source: facts/ozon.md section 6."""

from pydantic import Field

from app.marketplaces.wire import Id, Text, Wire


class ListedProduct(Wire):
    """A row of /v3/product/list. ``sku`` is there since 9 Jul 2026."""

    product_id: Id
    offer_id: Text = ""
    sku: Id = 0


class SkuOrigin(Wire):
    sku: Id = 0
    source: Text = ""


class Product(Wire):
    """A row of /v3/product/info/list."""

    product_id: Id = Field(alias="id", gt=0)
    offer_id: Text = ""
    name: Text = ""
    sku: Id = 0
    barcodes: list[Text] | None = None
    sources: list[SkuOrigin] | None = None

    def skus(self) -> list[int]:
        """Every Ozon sku of the card: today's one and the old separate FBO and FBS ones."""
        told = [self.sku, *(origin.sku for origin in self.sources or ())]
        return [sku for sku in dict.fromkeys(told) if sku > 0]
