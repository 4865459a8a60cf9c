"""Reports of costs on the wire: only the fields we read. Source: specs/wb, reports."""

from pydantic import Field

from app.marketplaces.wire import ZERO, Count, Day, Exact, Id, Moment, Rubles, Text, Wire


class Accepted(Wire):
    """A card of a delivery on the day of its acceptance (/api/v1/acceptance_report)."""

    d: Day = Field(alias="shkCreateDate")
    income_id: Id = Field(0, alias="incomeId")
    nm_id: Id = Field(0, alias="nmID")
    pieces: Count = Field(0, alias="count")
    total: Exact = ZERO


class Substitution(Wire):
    """Another thing in the parcel than was sold (/api/analytics/v1/deductions). ``old…`` is the seller's."""

    at: Moment = Field(alias="dtBonus")
    nm_id: Id = Field(0, alias="nmId")
    old_item: Id = Field(0, alias="oldShkId")
    new_item: Id = Field(0, alias="newShkId")
    barcode: Text = Field("", alias="oldSku")
    size: Text = Field("", alias="oldSize")
    article: Text = Field("", alias="oldVendorCode")
    amount: Rubles = Field(ZERO, alias="bonusSumm")
    kind: Text = Field("", alias="bonusType")


class Measurement(Wire):
    """A package larger than its card says (/api/analytics/v1/measurement-penalties). Without ``at`` it has
    not been fined; what was taken back is ``reversal``."""

    at: Moment | None = Field(None, alias="dtBonus")
    dim_id: Id = Field(alias="dimId", gt=0)
    nm_id: Id = Field(0, alias="nmId")
    percent_over: Exact = Field(ZERO, alias="prcOver")
    penalty: Rubles = Field(ZERO, alias="penaltyAmount")
    reversal: Rubles = Field(ZERO, alias="reversalAmount")
    is_valid: bool | None = Field(None, alias="isValid")


class SelfBuyout(Wire):
    """Orders of a card in a week that Wildberries takes for the seller's own
    (/api/v1/analytics/antifraud-details). ``ordered`` is what they cost: «сумма заказа»."""

    d_from: Day = Field(alias="dateFrom")
    d_to: Day = Field(alias="dateTo")
    nm_id: Id = Field(0, alias="nmID")
    ordered: Exact = Field(ZERO, alias="sum")
    currency: Text = ""
