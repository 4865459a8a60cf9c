"""Reviews of Wildberries as rows: three passes, one row each, nobody's name."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.marketplaces.errors import MarketplaceDown, RateLimited
from app.marketplaces.rows import SkuRef
from app.marketplaces.source import Normalised, Page, window
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.reviews import calls
from app.marketplaces.wb.reviews.rows import normalise_feedbacks
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import Scope, TokenType
from tests.http.server import Answer
from tests.marketplaces.replay import replay, wb_client
from tests.marketplaces.wb.reading import PERSONAL, opened, page, told

D = date(2024, 9, 26)
LIST, ARCHIVE = "/api/v1/feedbacks", "/api/v1/feedbacks/archive"
WAITING, DONE = '{"query":{"isAnswered":"false"}}', '{"query":{"isAnswered":"true"}}'


def review(**changes: Any) -> dict[str, Any]:
    return {
        "id": "r1",
        "text": "Хорошо",
        "pros": "",
        "cons": None,
        "productValuation": 4,
        "createdDate": "2026-11-20T01:30:00+03:00",
        "answer": None,
        "productDetails": {"nmId": 7, "size": "42", "supplierArticle": "A-1", "brandName": "b"},
        "userName": "Николай",
        **changes,
    }


def reply(*rows: Any) -> dict[str, Any]:
    return {"data": {"feedbacks": list(rows)}, "error": False, "errorText": ""}


def read(*pages: Page) -> Normalised:
    return normalise_feedbacks(pages)


def test_the_published_review() -> None:
    client = wb_client(TokenType.PERSONAL)
    with replay("wb_reviews_official"), client.transport:
        (source,) = [s for s in wb_sources(client, PERSONAL) if s.name == "wb.reviews"]
        unit = window(D, D)
        pages = list(source.fetch(unit, ""))
        found = source.normalise(unit, pages)
    assert [each.cursor for each in pages] == ["done:0", "archive:0", ""]
    assert found.unplaced == []
    row = found.reviews[-1]
    assert set(found.reviews) == {row}
    assert row.sku == SkuRef(nm_id=987654321, size="0", article="DP02/черный")
    assert row.created_at_utc == datetime(2024, 9, 26, 7, 20, 48, tzinfo=UTC)
    assert (row.rating, row.has_media, row.reply_status) == (5, True, "answered")
    assert (row.text, row.pros, row.cons) == ("Спасибо, всё подошло", "Удобный", "Нет")
    assert row.answer == "Пожалуйста. Ждём вас снова!"


def test_whether_somebody_waits_is_told_by_the_list_and_the_answer() -> None:
    rows = read(
        page(LIST, reply(review(id="a"), review(id="b")), WAITING),
        page(LIST, reply(review(id="b", answer={"text": "Спасибо"}), review(id="c")), DONE),
        page(ARCHIVE, reply(review(id="d"), review(id="e", answer={"text": "Да", "state": "wbRu"}))),
    ).reviews
    # Answered between two passes, a review is in both: what was said last counts.
    assert {row.review_id: row.reply_status for row in rows} == {
        "a": "new",
        "b": "answered",
        "c": "archived",
        "d": "archived",
        "e": "answered",
    }


def test_a_review_that_cannot_be_read_is_set_aside_alone() -> None:
    wrong = [review(id=None), review(createdDate="вчера"), review(productValuation=9), "review"]
    found = read(
        page(LIST, reply(*wrong, review(id="ok", productDetails=None, video={"link": "x"})), WAITING)
    )
    assert [(row.review_id, row.sku, row.has_media) for row in found.reviews] == [("ok", None, True)]
    assert len(found.unplaced) == 4
    assert "не читается: createdDate" in {each.reason for each in found.unplaced}


def test_pages_go_on_by_skip_and_the_archive_ends_where_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 2)
    old = review(createdDate="2024-09-25T23:00:00+03:00")
    script = [
        told(reply(review(), review())),
        told(reply(review())),
        told(reply()),
        told(reply(review(), review())),
        told(reply(review(), old)),
    ]
    with opened(*script) as (stage, sources):
        pages = list(sources["wb.reviews"].fetch(window(D, D), ""))
        cursors = [each.cursor for each in pages]
    assert cursors == ["waiting:2", "done:0", "archive:0", "archive:2", ""]
    assert len(stage.seen) == 5
    asked = [json.loads(each.key.params)["query"] for each in pages]
    assert asked[0] | {"take": "2"} == {
        "isAnswered": "false",
        "dateFrom": str(int(datetime(2024, 9, 25, 21, tzinfo=UTC).timestamp())),
        "take": "2",
        "skip": "0",
        "order": "dateDesc",
    }
    assert "dateFrom" not in asked[-1]


def test_a_night_goes_on_from_the_pass_it_stopped_in() -> None:
    refused = Answer(429, b"{}", {"X-Ratelimit-Retry": "720"})
    with opened(told(reply(review())), refused, told(reply()), told(reply())) as (stage, sources):
        pages = sources["wb.reviews"].fetch(window(D, D), "")
        cursor = next(pages).cursor
        with pytest.raises(RateLimited):
            next(pages)
        sources["wb.reviews"].client.transport.clock.advance(timedelta(minutes=12))  # type: ignore[attr-defined]
        rest = [each.cursor for each in sources["wb.reviews"].fetch(window(D, D), cursor)]
    assert (cursor, rest, len(stage.seen)) == ("done:0", ["archive:0", ""], 4)


def test_a_token_without_the_category_has_no_such_feeds() -> None:
    client = wb_client()
    bare = WbPolicy(token_type=TokenType.PERSONAL, scopes=frozenset({Scope.CONTENT}))
    names = {source.name for source in wb_sources(client, bare)}
    assert names.isdisjoint({"wb.reviews", "wb.prices", "wb.supplies"})
    assert {"wb.cards", "wb.commission", "wb.tariffs"} <= names
    client.transport.close()


def test_an_answer_is_sent_once_even_if_its_reply_is_lost() -> None:
    with opened(Answer(500, b""), told(None, 204)) as (stage, sources):
        client: WbClient = sources["wb.reviews"].client  # type: ignore[attr-defined]
        with pytest.raises(MarketplaceDown):
            calls.answer(client, "r1", "Спасибо!")
        assert len(stage.seen) == 1
        calls.answer(client, "r1", "Спасибо!")
    assert len(stage.seen) == 2
