"""Returns on the wire. Live replies are full of nulls, ids come as numbers or as digits, money as an object
with a ``price``. Source: facts/ozon.md sections 4 and 11."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.marketplaces.ozon.wire import MomentOrNone, only_object
from app.marketplaces.wire import Id, Text, Wire


class Product(Wire):
    sku: Id = 0
    offer_id: Text = ""


class Place(Wire):
    name: Text = ""


class Logistic(Wire):
    """Instants of its way. ``final``: it is in Ozon's warehouse again, or the seller has it."""

    returned: MomentOrNone = Field(None, alias="return_date")
    sent_back: MomentOrNone = Field(None, alias="technical_return_moment")
    final: MomentOrNone = Field(None, alias="final_moment")


class Named(Wire):
    display_name: Text = ""
    sys_name: Text = ""


class Visual(Wire):
    """The status as the cabinet shows it."""

    status: Annotated[Named | None, BeforeValidator(only_object)] = None
    changed: MomentOrNone = Field(None, alias="change_moment")


class Return(Wire):
    """A row of /v1/returns/list. ``kind``: Cancellation, FullReturn, PartialReturn, ClientReturn."""

    id: Id = Field(gt=0)
    kind: Text = Field("", alias="type")
    reason: Text = Field("", alias="return_reason_name")
    product: Annotated[Product | None, BeforeValidator(only_object)] = None
    place: Annotated[Place | None, BeforeValidator(only_object)] = None
    target: Annotated[Place | None, BeforeValidator(only_object)] = Field(None, alias="target_place")
    logistic: Annotated[Logistic | None, BeforeValidator(only_object)] = None
    visual: Annotated[Visual | None, BeforeValidator(only_object)] = None


def _first(told: Any) -> Any:
    """One product in an object is what the model says; a list of one is taken too."""
    return told[0] if isinstance(told, list) and told else only_object(told)


class State(Wire):
    """``name`` is in Russian, ``state`` is Ozon's word for it."""

    name: Text = Field("", alias="state_name")
    state: Text = ""
    money: Text = Field("", alias="money_return_state_name")


class RfbsReturn(Wire):
    """A row of /v2/returns/rfbs/list: a claim."""

    id: Id = Field(alias="return_id", gt=0)
    created: MomentOrNone = Field(None, alias="created_at")
    product: Annotated[Product | None, BeforeValidator(_first)] = None
    state: Annotated[State | None, BeforeValidator(only_object)] = None
