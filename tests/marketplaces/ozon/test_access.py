"""A key's papers: what it may do, until when, and whose it is."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.marketplaces.errors import Garbled, NotOffered, TokenRefused
from app.marketplaces.ozon.access.rows import normalise_access
from app.marketplaces.ozon.client import REQUIRED_METHODS, ROLES, SELLER_INFO, read_roles, read_seller
from app.marketplaces.source import Page, RequestKey
from tests.marketplaces.test_paging import cursors, opened, told

D = date(2026, 11, 20)
SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "ozon"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not beside the repository")

GIVEN = {"expires_at": "2027-02-18T09:54:23.296Z", "roles": [{"name": "Admin", "methods": ["/v1", "/v3"]}]}
SELLER = {
    "company": {"name": "Тёплый Дом", "currency": "RUB", "tax_system": "USN", "inn": "770000000000"},
    "subscription": {"is_premium": True, "type": "PREMIUM_LITE"},
}


def pages(roles: Any, seller: Any = None) -> list[Page]:
    told = [(ROLES.path, roles), (SELLER_INFO.path, seller)]
    return [
        Page(RequestKey("POST", "ozon", path, ""), json.dumps(body).encode(), "")
        for path, body in told
        if body
    ]


def test_the_seller_is_asked_after_the_key() -> None:
    with opened(told(GIVEN), told(SELLER)) as (stage, sources):
        assert cursors(sources["ozon.access"]) == ["seller", ""]
        assert [path for _, path, _ in stage.seen] == [ROLES.path, SELLER_INFO.path]
    with opened(told(SELLER)) as (stage, sources):
        assert cursors(sources["ozon.access"], "seller") == [""]
        assert [path for _, path, _ in stage.seen] == [SELLER_INFO.path]


@pytest.mark.parametrize(
    "refusal",
    [
        told({"code": 7, "message": "Api-Key is missing a required role for a method"}, 403),
        told({"code": 7, "message": "Company is blocked"}, 403),
        told({"code": 9, "message": "obsolete method cannot be used"}, 400),
        told([]),
    ],
)
def test_a_key_that_may_not_ask_whose_it_is_still_tells_its_end(refusal: Any) -> None:
    with opened(told(GIVEN), refusal) as (_, sources):
        (unit,) = sources["ozon.access"].units(D, D)
        found = list(sources["ozon.access"].fetch(unit, ""))
    (row,) = normalise_access(found).access
    assert row.expires_at == datetime(2027, 2, 18, 9, 54, 23, 296000, tzinfo=UTC)
    assert row.seller == ""


def test_a_dead_key_ends_the_night() -> None:
    dead = told({"code": 7, "message": "Api-key is deactivated"}, 403)
    with opened(dead) as (_, sources), pytest.raises(TokenRefused):
        cursors(sources["ozon.access"])


def test_a_subscription_that_is_missing_is_a_note_from_any_method() -> None:
    closed = told({"code": 7, "message": "method is not available with existing subscription"}, 403)
    with opened(closed) as (_, sources), pytest.raises(NotOffered, match="подпиской"):
        cursors(sources["ozon.prices"])


def test_papers_are_one_row() -> None:
    (row,) = normalise_access(pages(GIVEN, SELLER)).access
    assert row.roles == ("Admin",)
    assert row.missing == ()
    assert json.loads(row.seller) == {
        "name": "Тёплый Дом",
        "currency": "RUB",
        "subscription": "PREMIUM_LITE",
        "tax_system": "USN",
    }


def test_methods_that_no_role_gives_are_missing_and_a_list_that_is_not_told_says_nothing() -> None:
    partly = {"roles": [{"name": "Product", "methods": ["/v3/product"]}]}
    (row,) = normalise_access(pages(partly)).access
    assert row.missing == tuple(path for path in REQUIRED_METHODS if not path.startswith("/v3/product"))
    for odd in ({"roles": None}, {"roles": [{"name": None, "methods": None}, "Admin"]}, {"roles": {}}):
        (row,) = normalise_access(pages(odd)).access
        assert (row.missing, row.expires_at) == ((), None)


def test_without_roles_there_are_no_papers() -> None:
    with pytest.raises(Garbled):
        normalise_access(pages(None, SELLER))


def test_no_subscription_has_no_name() -> None:
    assert read_seller(json.dumps({"subscription": {"type": "UNSPECIFIED"}}).encode()).subscription == ""


@needs_samples
def test_the_published_replies_are_read() -> None:
    official = SAMPLES / "official-doc-examples" / "ru202604__v1_roles.json"
    roles = read_roles(json.dumps(json.loads(official.read_text("utf-8"))["response"]).encode())
    assert roles.names == ("Admin", "Posting FBS")
    assert str(roles.expires_at) == "2026-02-18 09:54:23.296000+00:00"
    (live,) = (SAMPLES / "live").glob("seller_info_v1_LIVE*.json")
    assert read_seller(live.read_bytes()).subscription == "PREMIUM_LITE"
