"""Tokens, categories and quotas at WB."""

import base64
import json

import pytest

from app.sandbox.world import World
from tests.sandbox.conftest import FINANCE, REMAINS, STATISTICS, TODAY, Shop, open_shop

SALES = f"{STATISTICS}/sales?dateFrom=2026-11-19"
LIST_BODY = {"dateFrom": "2026-11-18", "dateTo": "2026-11-19", "period": "daily"}


def _payload(headers: dict[str, str]) -> dict:
    part = headers["Authorization"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_the_papers_say_what_the_token_may(shop: Shop):
    usual = _payload(shop.wb)
    assert (usual["acc"], usual["sid"], usual["for"]) == (3, shop.papers["wb_sid"], "self")
    assert usual["s"] & (1 << 30)
    checked = _payload(shop.token(scopes="content,analytics,statistics,promotion,finance", readonly=0))
    assert checked["s"] == 8294  # the check value of facts/wildberries.md section 3
    base = _payload(shop.token(acc=1))
    assert base["acc"] == 1
    assert "for" not in base


@pytest.mark.parametrize(
    ("asked", "text"),
    [({"expires_in_days": -1}, "expired"), ({"acc": 2}, "test token")],
)
def test_an_expired_or_test_token_is_401(shop: Shop, asked: dict, text: str):
    reply = shop.http.get(SALES, headers=shop.token(**asked))
    assert reply.status_code == 401
    assert text in reply.json()["detail"]
    assert reply.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("header", [None, "", "abc", "a.b.c"])
def test_no_token_or_a_broken_one_is_401(shop: Shop, header: str | None):
    headers = {} if header is None else {"Authorization": header}
    assert shop.http.get(SALES, headers=headers).status_code == 401


def test_a_token_with_a_changed_payload_is_401(shop: Shop):
    head, body, sign = shop.wb["Authorization"].split(".")
    forged = f"{head}.{body[:-4]}AAAA.{sign}"
    assert shop.http.get(SALES, headers={"Authorization": forged}).status_code == 401


def test_a_missing_category_is_403(shop: Shop):
    only_content = shop.token(scopes="content")
    reply = shop.http.get(SALES, headers=only_content)
    assert (reply.status_code, reply.json()["detail"]) == (403, "scope is not allowed for this resource")
    assert shop.http.get("/wb/statistics-api/ping", headers=only_content).status_code == 403
    assert shop.http.get("/wb/content-api/ping", headers=only_content).json()["Status"] == "OK"
    assert shop.http.get("/wb/common-api/api/v1/seller-info", headers=only_content).status_code == 200


def test_report_headers_are_closed_to_base_tokens(shop: Shop):
    reply = shop.http.post(f"{FINANCE}/list", headers=shop.token(acc=1), json=LIST_BODY)
    assert (reply.status_code, reply.json()["detail"]) == (403, "base token is not allowed")
    rows = shop.http.post(f"{FINANCE}/detailed", headers=shop.token(acc=1), json=LIST_BODY)
    assert rows.status_code == 200


def test_a_bearer_prefix_is_accepted(shop: Shop):
    headers = {"Authorization": f"Bearer {shop.wb['Authorization']}"}
    assert shop.http.get(SALES, headers=headers).status_code == 200


def test_a_quota_is_told_in_headers_and_refills():
    hands = [50.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: hands[0]):
        first = shop.http.get(SALES, headers=shop.wb)
        assert (first.headers["X-Ratelimit-Limit"], first.headers["X-Ratelimit-Remaining"]) == ("1", "0")
        hands[0] += 31
        early = shop.http.get(SALES, headers=shop.wb)
        assert early.status_code == 429
        assert early.headers["X-Ratelimit-Retry"] == early.headers["X-Ratelimit-Reset"] == "29"
        assert "Retry-After" not in early.headers
        # another method of the same host has a bucket of its own
        assert shop.http.get(f"{STATISTICS}/orders?dateFrom=2026-11-19", headers=shop.wb).status_code == 200
        hands[0] += 29
        assert shop.http.get(SALES, headers=shop.wb).status_code == 200


@pytest.mark.parametrize(
    ("acc", "calls", "retry"),
    [(3, 5, "60"), (1, 1, "900")],
    ids=["personal: burst 5", "base: one per 15 min"],
)
def test_base_tokens_wait_longer(acc: int, calls: int, retry: str):
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: 50.0):
        token = shop.token(acc=acc)
        replies = [shop.http.get(REMAINS, headers=token) for _ in range(calls + 1)]
        assert [r.status_code for r in replies] == [200] * calls + [429]
        assert replies[-1].headers["X-Ratelimit-Retry"] == retry


def test_a_storm_of_refusals_locks_the_seller_out_of_everything():
    hands = [50.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: hands[0]):
        replies = [shop.http.get(SALES, headers=shop.wb) for _ in range(21)]
        assert int(replies[-1].headers["X-Ratelimit-Retry"]) == 676_358
        elsewhere = shop.http.get("/wb/content-api/ping", headers=shop.wb)
        assert elsewhere.status_code == 429


def test_at_the_demos_pace_a_bucket_is_full_again_at_once(shop: Shop):
    for _ in range(30):
        reply = shop.http.get(SALES, headers=shop.wb)
        assert (reply.status_code, reply.headers["X-Ratelimit-Remaining"]) == (200, "1")


def test_the_pace_shortens_the_waits():
    hands = [50.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=20.0, clock=lambda: hands[0]):
        shop.http.get(SALES, headers=shop.wb)
        refused = shop.http.get(SALES, headers=shop.wb)
        assert refused.headers["X-Ratelimit-Retry"] == "3"
        hands[0] += 3
        assert shop.http.get(SALES, headers=shop.wb).status_code == 200
