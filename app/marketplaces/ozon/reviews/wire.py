"""Reviews on the wire: only the fields we read; who wrote is not told at all.

Source: the swagger models of October 2026.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from app.marketplaces.ozon.wire import MomentOrNone
from app.marketplaces.wire import Count, Id, Moment, Text, Wire


def _flag(told: object) -> bool:
    return told is True


Flag = Annotated[bool, BeforeValidator(_flag)]


class Review(Wire):
    """A review. ``status``: NEW, VIEWED, PROCESSED; the example of July 2026 says UNPROCESSED too."""

    review_id: Text = Field(alias="id", min_length=1)
    sku: Id = 0
    text: Text = ""
    published: Moment = Field(alias="published_at")
    rating: Count = Field(0, ge=0, le=5)
    status: Text = ""
    comments: Count = Field(0, alias="comments_amount")
    photos: Count = Field(0, alias="photos_amount")
    videos: Count = Field(0, alias="videos_amount")


class Comment(Wire):
    """What was said under a review: by its seller (``is_owner``), or by somebody else."""

    comment_id: Text = Field(alias="id", min_length=1)
    text: Text = ""
    published: Annotated[MomentOrNone, Field(alias="published_at")] = None
    is_owner: Flag = False
    is_rejected: Flag = False
