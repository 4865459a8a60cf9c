"""Reviews on the wire: only the fields we read; the buyer's name is none of them.

Source: specs/wb communications.yaml.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.marketplaces.wire import Count, Id, Moment, Text, Wire


class Reply(Wire):
    """The seller's answer. When it was given is not told."""

    text: Text = ""


class Goods(Wire):
    """What the review is of."""

    nm_id: Id = Field(0, alias="nmId")
    article: Text = Field("", alias="supplierArticle")
    size: Text = ""


def _is_there(told: object) -> bool:
    return bool(told)


def _or_nothing(told: Any) -> Any:
    return {} if told is None else told


class Feedback(Wire):
    """A review."""

    review_id: Text = Field(alias="id", min_length=1)
    created: Moment = Field(alias="createdDate")
    rating: Count = Field(0, alias="productValuation", ge=0, le=5)
    text: Text = ""
    pros: Text = ""
    cons: Text = ""
    answer: Reply | None = None
    goods: Annotated[Goods, BeforeValidator(_or_nothing)] = Field(Goods(), alias="productDetails")
    photos: Annotated[bool, BeforeValidator(_is_there)] = Field(False, alias="photoLinks")
    video: Annotated[bool, BeforeValidator(_is_there)] = False
