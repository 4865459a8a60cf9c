"""Calls about reviews. Source: facts/ozon.md section 6, specs/ozon.

All of them need the subscription «Управление отзывами» or Premium Pro.
"""

from datetime import datetime

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Endpoint, Reply

PAGE = 100

LIST = post("ozon.reviews", "/v2/review/list")
COMMENTS = post("ozon.review_comments", "/v1/review/comment/list")
ANSWER = Endpoint("ozon.review_answer", "POST", "ozon", "/v1/review/comment/create", writes=True)


def reviews(client: OzonClient, since: datetime, last_id: str) -> Reply:
    """Reviews published at or after ``since``, the oldest first."""
    body = {
        "limit": PAGE,
        "last_id": last_id,
        "sort_dir": "ASC",
        "filters": {"status": "ALL", "published_from": f"{since:%Y-%m-%dT%H:%M:%SZ}"},
    }
    return client.transport.call(LIST, body=body)


def comments(client: OzonClient, review_id: str) -> Reply:
    """What was said under a review, the newest first."""
    body = {"review_id": review_id, "limit": PAGE, "offset": 0, "sort_dir": "DESC"}
    return client.transport.call(COMMENTS, body=body)


def answer(client: OzonClient, review_id: str, text: str) -> None:
    """Publish the seller's answer; the review counts as dealt with."""
    client.transport.call(
        ANSWER, body={"review_id": review_id, "text": text, "mark_review_as_processed": True}
    )
