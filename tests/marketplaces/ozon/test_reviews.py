"""Reviews of Ozon as rows: what stands under each says whether somebody still waits."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.marketplaces.errors import MarketplaceDown, NotOffered, RateLimited
from app.marketplaces.ozon.reviews import calls, sources
from app.marketplaces.ozon.reviews.rows import normalise_reviews
from app.marketplaces.rows import ReviewRow, SkuRef
from app.marketplaces.source import Page, RequestKey, window
from app.marketplaces.transport.request import canonical
from tests.http.server import Answer
from tests.marketplaces.ozon.reading import opened, refused, sample, told

D = date(2026, 11, 20)
UNIT = window(D, D)


def review(name: str = "r1", **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "sku": 7,
        "text": "Хорошо",
        "published_at": "2026-11-19T22:30:00.000Z",
        "rating": 4,
        "status": "VIEWED",
        "comments_amount": 0,
        "photos_amount": 0,
        "videos_amount": 0,
        **changes,
    }


def comment(name: str = "c1", **changes: Any) -> dict[str, Any]:
    told_of = {"id": name, "text": "Спасибо", "is_owner": True, "published_at": "2026-11-20T10:00:00Z"}
    return told_of | changes


def page(*rows: Any) -> Page:
    body = json.dumps({"reviews": rows, "has_next": False, "last_id": ""}).encode()
    return Page(RequestKey("POST", "ozon", calls.LIST.path, ""), body, "")


def under(name: str, *rows: Any) -> Page:
    asked = canonical(None, {"review_id": name, "limit": 100})
    body = json.dumps({"comments": rows, "offset": 0}).encode()
    return Page(RequestKey("POST", "ozon", calls.COMMENTS.path, asked), body, "")


def states(*pages: Page) -> dict[str, tuple[str, str]]:
    return {row.review_id: (row.reply_status, row.answer) for row in normalise_reviews(pages).reviews}


def test_the_published_review() -> None:
    _, reply = sample("official-doc-examples/zh202607__v2_review_list.json")["request_then_response_examples"]
    found = normalise_reviews([page(*reply["reviews"])])
    assert found.unplaced == []
    assert found.reviews == [
        ReviewRow(
            review_id="017c0d1c-66d3-b838-3d29-cf9b95a6ac48",
            sku=SkuRef(ozon_id=148591503),
            created_at_utc=datetime(2024, 10, 10, 7, 23, 55, 970_000, tzinfo=UTC),
            rating=2,
            has_media=False,
            text="string",
            pros="",
            cons="",
            reply_status="new",
            reply_id=None,
            answer="",
            replied_at_utc=None,
        )
    ]


def test_who_waits_is_told_by_what_stands_under_a_review() -> None:
    rows = [
        review("unread", status="NEW"),
        review("talked", comments_amount=1),
        review("answered", comments_amount=2),
        review("turned down", status="PROCESSED", comments_amount=1),
        review("put aside", status="PROCESSED"),
        review("stars", text=""),
        review("photo", text="", photos_amount=1),
    ]
    told_of = [
        page(*rows),
        under("talked", comment(is_owner=False, text="И мне")),
        # The newest first: the first answer was turned down, the second stands.
        under("answered", comment("c2", text="Поменяем"), comment("c1", is_rejected=True)),
        under("turned down", comment(is_rejected=True)),
    ]
    assert states(*told_of) == {
        "unread": ("new", ""),
        "talked": ("new", ""),
        "answered": ("answered", "Поменяем"),
        "turned down": ("new", ""),
        "put aside": ("archived", ""),
        "stars": ("archived", ""),
        "photo": ("new", ""),
    }


def test_when_it_was_answered_is_known_once_it_is_published() -> None:
    found = normalise_reviews(
        [
            page(review("a"), review("b")),
            under("a", comment("c7")),
            under("b", comment("c8", published_at=None)),
        ]
    )
    answers = [(row.reply_id, row.replied_at_utc) for row in found.reviews]
    assert answers == [("c7", datetime(2026, 11, 20, 10, tzinfo=UTC)), ("c8", None)]


def test_a_review_that_cannot_be_read_is_set_aside_alone() -> None:
    wrong = [review(id=None), review(published_at="вчера"), review(rating=9), "review"]
    found = normalise_reviews([page(*wrong, review("ok", sku="0", text=None, videos_amount="1"))])
    assert [(row.review_id, row.sku, row.has_media) for row in found.reviews] == [("ok", None, True)]
    assert len(found.unplaced) == 4
    assert "не читается: published_at" in {each.reason for each in found.unplaced}


def test_what_stands_under_a_page_is_asked_before_the_next_page() -> None:
    script = [
        told({"reviews": [review("a"), review("b", comments_amount=1)], "has_next": True, "last_id": "b"}),
        told({"comments": [comment()], "offset": 0}),
        # It says there is more and brings nothing: the end all the same.
        told({"reviews": [], "has_next": True, "last_id": "c"}),
    ]
    with opened(sources, *script) as (stage, found):
        source = found["ozon.reviews"]
        pages = list(source.fetch(UNIT, ""))
        rows = source.normalise(UNIT, pages).reviews
    asked = [json.loads(each) for each in stage.bodies]
    assert asked[0]["filters"] == {"status": "ALL", "published_from": "2026-11-19T21:00:00Z"}
    assert (asked[1]["review_id"], asked[2]["last_id"]) == ("b", "b")
    assert (len(asked), pages[-1].cursor) == (3, "")
    assert [row.reply_status for row in rows] == ["new", "answered"]


@pytest.mark.parametrize(
    "end", [{"has_next": False, "last_id": "z"}, {"last_id": ""}, {"has_next": True, "last_id": "a"}]
)
def test_a_list_ends_without_a_next_page_or_where_it_repeats(end: dict[str, Any]) -> None:
    first = told({"reviews": [review("a")], "has_next": True, "last_id": "a"})
    with opened(sources, first, told({"reviews": [review("b")], **end})) as (stage, found):
        pages = list(found["ozon.reviews"].fetch(UNIT, ""))
    assert (len(stage.seen), pages[-1].cursor) == (2, "")


def test_a_night_goes_on_from_the_review_it_stopped_at() -> None:
    rows = [review("a", comments_amount=1), review("b", comments_amount=1)]
    limit = Answer(429, b"{}", {"Retry-After": "60"})
    words = told({"comments": [comment()], "offset": 0})
    with opened(sources, told({"reviews": rows, "has_next": False}), words, limit, words) as (stage, found):
        source, kept = found["ozon.reviews"], []
        with pytest.raises(RateLimited):
            kept.extend(source.fetch(UNIT, ""))
        source.client.transport.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]
        kept += list(source.fetch(UNIT, kept[-1].cursor))
        rows_told = source.normalise(UNIT, kept).reviews
    assert [json.loads(each).get("review_id") for each in stage.bodies] == [None, "a", "b", "b"]
    assert [row.reply_status for row in rows_told] == ["answered", "answered"]


def test_a_seller_without_the_subscription_is_told_so() -> None:
    no = refused("method is not available with existing subscription", 403, 7)
    with opened(sources, no) as (_, found), pytest.raises(NotOffered, match="подпиской"):
        list(found["ozon.reviews"].fetch(UNIT, ""))


def test_an_answer_is_sent_once_even_if_its_reply_is_lost() -> None:
    with opened(sources, Answer(500, b""), told({"comment_id": "c"})) as (stage, found):
        client = found["ozon.reviews"].client  # type: ignore[attr-defined]
        with pytest.raises(MarketplaceDown):
            calls.answer(client, "r1", "Спасибо!")
        assert len(stage.seen) == 1
        calls.answer(client, "r1", "Спасибо!")
    assert json.loads(stage.bodies[1]) == {
        "review_id": "r1",
        "text": "Спасибо!",
        "mark_review_as_processed": True,
    }
