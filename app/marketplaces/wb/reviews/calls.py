"""Calls of feedbacks-api. Source: facts/wildberries.md section 5.7, specs/wb communications.yaml."""

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient

PAGE = 5_000
LARGEST_SKIP = 199_990
SHORTEST_ANSWER, LONGEST_ANSWER = 2, 5_000
"""Characters of an answer."""

_HOST, _PATH = "feedbacks-api", "/api/v1/feedbacks"
_LIST = Endpoint("wb.feedbacks", "GET", _HOST, _PATH)
_ARCHIVE = Endpoint("wb.feedbacks", "GET", _HOST, f"{_PATH}/archive")
_ANSWER = Endpoint("wb.feedbacks", "POST", _HOST, f"{_PATH}/answer", writes=True)


def feedbacks(client: WbClient, *, is_answered: bool, since: int, skip: int) -> Reply:
    """Reviews written at or after ``since`` (Unix seconds), newest first: dealt with, or waiting."""
    params = {"isAnswered": "true" if is_answered else "false", "dateFrom": str(since), **_paging(skip)}
    return client.transport.call(_LIST, params=params)


def archive(client: WbClient, skip: int) -> Reply:
    """Reviews that nobody is expected to answer any more, newest first; no dates can be asked for."""
    return client.transport.call(_ARCHIVE, params=_paging(skip))


def answer(client: WbClient, review_id: str, text: str) -> None:
    """Publish the seller's answer. Wildberries says yes to a wrong id too."""
    client.transport.call(_ANSWER, body={"id": review_id, "text": text})


def _paging(skip: int) -> dict[str, str]:
    return {"take": str(PAGE), "skip": str(skip), "order": "dateDesc"}
