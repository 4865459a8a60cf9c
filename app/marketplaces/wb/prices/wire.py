"""Prices on the wire: only the fields we read. Source: specs/wb items.yaml."""

from pydantic import Field

from app.marketplaces.wire import ZERO, Id, Rubles, Text, Wire


class SizePrice(Wire):
    """A size; ``size_id`` is what cards call chrtID."""

    size_id: Id = Field(0, alias="sizeID")
    size: Text = Field("", alias="techSizeName")
    price: Rubles = ZERO
    discounted: Rubles = Field(ZERO, alias="discountedPrice")


class CardPrices(Wire):
    """A card: its discounts (percent) are those of all its sizes."""

    nm_id: Id = Field(alias="nmID", gt=0)
    article: Text = Field("", alias="vendorCode")
    currency: Text = Field("", alias="currencyIsoCode4217")
    discount: Rubles = ZERO
    club_discount: Rubles = Field(ZERO, alias="clubDiscount")
    sizes: list[SizePrice] | None = None
