"""Rates on the wire. Source: specs/wb rates.yaml; live strings with decimal commas, "-" and ""."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, Field

from app.marketplaces.wire import Id, Text, Wire


def parse_term(told: object) -> Decimal | None:
    """An exact decimal; None where nothing is told ("", "-", null). Raises ValueError for other text."""
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, str | int | float | Decimal):
        raise ValueError("не число")
    text = str(told).replace("\u00a0", "").replace("\u2009", "").replace(" ", "").replace(",", ".")
    if text in ("", "-"):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("не число") from None
    if not number.is_finite() or abs(number) >= 10**9:
        raise ValueError("не число")
    return number


Term = Annotated[Decimal | None, BeforeValidator(parse_term)]


class Fee(Wire):
    """Commission of a category by scheme, percent of the seller's price."""

    subject_id: Id = Field(alias="subjectID", gt=0)
    subject: Text = Field("", alias="subjectName")
    fbw: Term = Field(None, alias="paidStorageKgvp")
    fbs: Term = Field(None, alias="kgvpMarketplace")
    dbs: Term = Field(None, alias="kgvpSupplier")
    express: Term = Field(None, alias="kgvpSupplierExpress")
    pickup: Term = Field(None, alias="kgvpPickup")
    booking: Term = Field(None, alias="kgvpBooking")


SCHEMES = ("fbw", "fbs", "dbs", "express", "pickup", "booking")

TERMS: Mapping[str, Mapping[str, str]] = {
    "box": {
        "boxDeliveryBase": "delivery_base",
        "boxDeliveryLiter": "delivery_liter",
        "boxDeliveryCoefExpr": "delivery_percent",
        "boxDeliveryMarketplaceBase": "fbs_base",
        "boxDeliveryMarketplaceLiter": "fbs_liter",
        "boxDeliveryMarketplaceCoefExpr": "fbs_percent",
        "boxStorageBase": "storage_base",
        "boxStorageLiter": "storage_liter",
        "boxStorageCoefExpr": "storage_percent",
    },
    "pallet": {
        "palletDeliveryValueBase": "delivery_base",
        "palletDeliveryValueLiter": "delivery_liter",
        "palletDeliveryExpr": "delivery_percent",
        "palletStorageValueExpr": "storage_pallet",
        "palletStorageExpr": "storage_percent",
    },
    "return": {
        "deliveryDumpKgtOfficeBase": "kgt_office_base",
        "deliveryDumpKgtOfficeLiter": "kgt_office_liter",
        "deliveryDumpKgtReturnExpr": "kgt_unclaimed",
        "deliveryDumpSrgOfficeExpr": "srg_office",
        "deliveryDumpSrgReturnExpr": "srg_unclaimed",
        "deliveryDumpSupCourierBase": "courier_base",
        "deliveryDumpSupCourierLiter": "courier_liter",
        "deliveryDumpSupOfficeBase": "office_base",
        "deliveryDumpSupOfficeLiter": "office_liter",
        "deliveryDumpSupReturnExpr": "unclaimed",
    },
}
"""Field → our name. Rubles, but for *_percent: a coefficient that the rubles hold already."""
