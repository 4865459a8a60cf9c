"""/v2/finance/realization on the wire, and /v1/finance/realization/posting, whose rows are of postings.

The second has no ``result`` around it and spells ``row_number``; a side that did not happen is null.
"""

from decimal import Decimal

from pydantic import AliasChoices, Field

from app.marketplaces.wire import Count, Id, Rubles, Text, Wire


class Side(Wire):
    """Pieces sold, or taken back. ``amount`` is what buyers pay, ``standard_fee`` Ozon's commission,
    ``total`` what is accrued."""

    quantity: Count = 0
    amount: Rubles = Decimal(0)
    bonus: Rubles = Decimal(0)
    bank_coinvestment: Rubles = Decimal(0)
    stars: Rubles = Decimal(0)
    pick_up_point_coinvestment: Rubles = Decimal(0)
    standard_fee: Rubles = Decimal(0)
    total: Rubles = Decimal(0)

    @property
    def partners(self) -> Decimal:
        """What partner programmes pay."""
        return self.bank_coinvestment + self.stars + self.pick_up_point_coinvestment

    @property
    def gross(self) -> Decimal:
        """At the seller's price: an accrual's ``sale_amount``."""
        return self.amount + self.bonus + self.partners

    @property
    def residual(self) -> Decimal:
        """What the total is beyond its parts; 0 in a sound row."""
        return self.total - (self.gross - self.standard_fee)


class Item(Wire):
    sku: Id = 0


class RealizationRow(Wire):
    """A product at a price."""

    number: Count = Field(0, validation_alias=AliasChoices("rowNumber", "row_number"))
    item: Item | None = None
    sold: Side | None = Field(None, alias="delivery_commission")
    returned: Side | None = Field(None, alias="return_commission")


class Header(Wire):
    """The title page. The days and the currency are told in words that nobody promised to keep."""

    number: Text = ""
    doc_date: Text = ""
    currency: Text = Field("", alias="currency_sys_name")
