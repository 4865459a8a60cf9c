"""/v5/product/info/prices on the wire. Prices are numbers here, strings in product/info (facts/ozon.md 6)."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from app.marketplaces.wire import ZERO, Id, Rubles, Text, Wire, parse_exact

Percent = Annotated[Decimal | None, BeforeValidator(lambda told: None if told is None else parse_exact(told))]

SCHEMES = ("fbo", "fbs", "rfbs", "fbp")


class Price(Wire):
    """``price`` is the seller's own, ``marketing_seller_price`` the one after the seller's promotions.

    ``old_price`` is only struck through on the card, ``net_price`` is what the seller typed as its cost.
    """

    price: Rubles
    marketing: Rubles = Field(ZERO, alias="marketing_seller_price")
    currency: Text = Field("", alias="currency_code")


class Commissions(Wire):
    """Percent of a sale by scheme. Sums of logistics stand beside them: forecasts that follow the price."""

    fbo: Percent = Field(None, alias="sales_percent_fbo")
    fbs: Percent = Field(None, alias="sales_percent_fbs")
    rfbs: Percent = Field(None, alias="sales_percent_rfbs")
    fbp: Percent = Field(None, alias="sales_percent_fbp")


class PricedProduct(Wire):
    """A row: a card, not a sku."""

    product_id: Id = Field(gt=0)
    offer_id: Text = ""
    price: Price
    commissions: Commissions | None = None
