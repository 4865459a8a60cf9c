"""/reviews: what waits for an answer is listed, answered from the chat, and answered at the marketplace."""

import json
from datetime import timedelta

import httpx
import pytest

from app.marketplaces.errors import NotOffered
from app.marketplaces.rows import ReviewRow, SkuRef
from app.marketplaces.source import Normalised, Unit
from app.repositories.audit import list_entries
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.ingestion.facts import FactWriter
from app.services.tenancy.connect import CheckedToken, StoreAccount
from tests.bot.conftest import YESTERDAY
from tests.support.shop import NO_LIMITS

FEEDBACKS = "/wb/feedbacks-api/api/v1/feedbacks"
ANSWER = "Здравствуйте! Заменим <бесплатно>."


class Market:
    """The sandbox as Wildberries."""

    def __init__(self, http):
        self.http = http

    def token(self, **asked):
        return self.http.get("/sandbox/token", params={"readonly": 0, **asked}).json()["token"]

    def waiting(self):
        asked = {"isAnswered": "false", "take": 5, "skip": 0}
        reply = self.http.get(FEEDBACKS, params=asked, headers={"Authorization": self.token()})
        return reply.json()["data"]["feedbacks"]

    def answer_to(self, review_id):
        asked = {"isAnswered": "true", "take": 5000, "skip": 0}
        reply = self.http.get(FEEDBACKS, params=asked, headers={"Authorization": self.token()})
        found = [each for each in reply.json()["data"]["feedbacks"] if each["id"] == review_id]
        return found[0]["answer"]["text"] if found else None

    def answers_asked(self):
        return [each for each in self.http.get("/sandbox/requests").json() if "answer" in json.dumps(each)]


@pytest.fixture(scope="module")
def server():
    with SandboxServer(
        World(7, skus=40, days=14, today=YESTERDAY + timedelta(days=1)), pace=NO_LIMITS
    ) as server:
        yield server


@pytest.fixture
def settings(settings, server):
    told = {"wb_api_url": server.wb_api_url, "ozon_api_url": server.ozon_api_url, "api_pace": NO_LIMITS}
    return settings.model_copy(update=told)


@pytest.fixture
def market(server):
    with httpx.Client(base_url=server.base_url) as http:
        yield Market(http)
        http.delete("/sandbox/fault")
        http.post("/sandbox/refill")


def shelved(chat, vault, tenant_id, market, **token):
    """A cabinet with that token and two reviews that wait; their ids, the newest first."""
    listed = market.waiting()[:2]
    with chat.db.tenant(tenant_id) as tx:
        account = StoreAccount(vault=vault)(
            tx,
            CheckedToken(
                marketplace="WB", seller_key="sid-1", name="Тёплый Дом", kind="", scopes=(),
                missing_scopes=(), expires_at=None, notes=(), secret=market.token(**token),
            ),
        ).account_id  # fmt: skip
        rows = [
            ReviewRow(
                review_id=each["id"], sku=SkuRef(nm_id=500, article=f"KRS-{number}"),
                created_at_utc=chat.deps.clock.now() - timedelta(hours=number), rating=2,
                has_media=True, text=f"Пришёл <b>скол</b> {number}", pros="", cons="Упаковка",
                reply_status="new", reply_id=None, answer="", replied_at_utc=None,
            )
            for number, each in enumerate(listed)
        ]  # fmt: skip
        writer = FactWriter(
            tx=tx, account_id=account, marketplace="WB", now=chat.deps.clock.now(), trace_id="t"
        )
        unit = Unit("u", YESTERDAY, YESTERDAY)
        writer.write(unit, Normalised(reviews=rows), frozenset({"reviews"}), replaces=False)
    return [each["id"] for each in listed]


class OzonMarket:
    """The sandbox as Ozon."""

    def __init__(self, http):
        self.http = http
        self.papers = http.get("/sandbox/state").json()

    def ask(self, path, body):
        key = {"Client-Id": self.papers["ozon_client_id"], "Api-Key": self.papers["ozon_api_key"]}
        return self.http.post(f"/ozon{path}", headers=key, json=body).json()

    def waiting(self):
        found = self.ask("/v2/review/list", {"limit": 100})["reviews"]
        return [each for each in found if not each["comments_amount"] and each["text"]]

    def answer_to(self, review_id):
        found = self.ask("/v1/review/comment/list", {"review_id": review_id, "limit": 20})["comments"]
        return [each["text"] for each in found if each["is_owner"]]


def on_ozon(chat, vault, tenant_id, market):
    """An Ozon cabinet and a review that waits; its id."""
    (first, *_), papers = market.waiting(), market.papers
    with chat.db.tenant(tenant_id) as tx:
        account = StoreAccount(vault=vault)(
            tx,
            CheckedToken(
                marketplace="OZON", seller_key=papers["ozon_client_id"], name="Дом на Ozon", kind="",
                scopes=(), missing_scopes=(), expires_at=None, notes=(),
                secret=f"{papers['ozon_client_id']} {papers['ozon_api_key']}",
            ),
        ).account_id  # fmt: skip
        row = ReviewRow(
            review_id=first["id"], sku=SkuRef(ozon_id=7, article="OZ-1"),
            created_at_utc=chat.deps.clock.now() - timedelta(hours=1), rating=5, has_media=False,
            text="Спасибо, всё подошло", pros="", cons="", reply_status="new", reply_id=None, answer="",
            replied_at_utc=None,
        )  # fmt: skip
        writer = FactWriter(
            tx=tx, account_id=account, marketplace="OZON", now=chat.deps.clock.now(), trace_id="t"
        )
        unit = Unit("u", YESTERDAY, YESTERDAY)
        writer.write(unit, Normalised(reviews=[row]), frozenset({"reviews"}), replaces=False)
    return first["id"]


def kept(chat, tenant_id):
    with chat.db.tenant(tenant_id) as tx:
        rows = tx.run("SELECT review_id, reply_status, answer FROM reviews WHERE tenant_id = :tenant_id")
        return {row.review_id: (row.reply_status, row.answer) for row in rows}


async def drafts(somebody, answer=ANSWER):
    await somebody.says("/reviews")
    await somebody.taps("Ответить 1")
    await somebody.says(answer)


async def test_a_review_is_answered_from_the_chat(chat, vault, market):
    vera = chat.person("Вера", "manager")
    first, second = shelved(chat, vault, vera.tenant_id, market)
    await vera.says("/reviews")
    vera.sees("Отзывы без ответа: 2", "1. ★★☆☆☆", "Пришёл <b>скол</b> 0", "Минусы: Упаковка", "фото")
    await vera.taps("Ответить 1")
    vera.sees("Что ответить?", "скол</b> 0")
    await vera.says("!")
    vera.sees("от 2 до")
    await vera.says(ANSWER)
    vera.sees("Отправить этот ответ?", ANSWER)
    assert kept(chat, vera.tenant_id)[first] == ("new", "")
    await vera.taps("Отправить")
    vera.sees("ответ отправлен", "Ещё ждут ответа: 1")
    assert market.answer_to(first) == ANSWER
    assert kept(chat, vera.tenant_id) == {first: ("answered", ANSWER), second: ("new", "")}
    with chat.db.tenant(vera.tenant_id) as tx:
        (entry,) = list_entries(tx, 10, action="review.answered")
    assert (entry.actor, entry.after["text"], bool(entry.trace_id)) == ("Вера", ANSWER, True)
    await vera.says("/reviews")
    vera.sees("Отзывы без ответа: 1")


async def test_a_read_only_token_is_said_in_words_and_nobody_is_asked(chat, vault, market):
    vera = chat.person("Вера", "owner")
    first, _ = shelved(chat, vault, vera.tenant_id, market, readonly=1)
    before = market.answers_asked()
    await drafts(vera)
    await vera.taps("Отправить")
    vera.sees("Только на чтение", "/connect")
    assert market.answers_asked() == before
    assert kept(chat, vera.tenant_id)[first] == ("new", "")


async def test_an_answer_without_a_reply_is_not_noted_and_not_sent_twice(chat, vault, market):
    vera = chat.person("Вера", "owner")
    first, _ = shelved(chat, vault, vera.tenant_id, market)
    await drafts(vera)
    market.http.post("/sandbox/fault", json={"path": "/feedbacks/answer", "kind": "500", "times": 1})
    await vera.taps("Отправить")
    vera.sees("не подтвердил ответ")
    assert kept(chat, vera.tenant_id)[first] == ("new", "")
    assert market.answer_to(first) is None


async def test_a_review_answered_elsewhere_meanwhile_is_not_answered_again(chat, vault, market):
    vera = chat.person("Вера", "owner")
    first, _ = shelved(chat, vault, vera.tenant_id, market)
    await drafts(vera)
    with chat.db.tenant(vera.tenant_id) as tx:
        tx.run("UPDATE reviews SET reply_status = 'answered' WHERE tenant_id = :tenant_id")
    await vera.taps("Отправить")
    vera.sees("уже ответили")
    assert market.answer_to(first) is None


async def test_a_draft_that_was_left_is_gone(chat, vault, market):
    vera = chat.person("Вера", "owner")
    first, _ = shelved(chat, vault, vera.tenant_id, market)
    await drafts(vera)
    await vera.says("/help")
    await vera.taps("Отправить")
    vera.sees("уже отправлен или отменён")
    assert kept(chat, vera.tenant_id)[first] == ("new", "")


async def test_a_review_at_ozon_is_answered_from_the_chat(chat, vault, market):
    ozon, vera = OzonMarket(market.http), chat.person("Вера", "manager")
    review = on_ozon(chat, vault, vera.tenant_id, ozon)
    await drafts(vera)
    vera.sees("Отправить этот ответ?", ANSWER)
    await vera.taps("Отправить")
    vera.sees("OZ-1: ответ отправлен", "Ozon проверит его", "Больше никто не ждёт ответа")
    assert ozon.answer_to(review) == [ANSWER]
    assert kept(chat, vera.tenant_id) == {review: ("answered", ANSWER)}


async def test_ozon_without_the_subscription_says_so_and_the_review_waits(chat, vault, market, monkeypatch):
    ozon, vera = OzonMarket(market.http), chat.person("Вера", "owner")
    review = on_ozon(chat, vault, vera.tenant_id, ozon)
    no = NotOffered("/v1/review/comment/create", "Ozon даёт это только с подпиской.")

    def refused(*_told):
        raise no

    monkeypatch.setattr("app.marketplaces.ozon.reviews.calls.answer", refused)
    await drafts(vera)
    await vera.taps("Отправить")
    vera.sees("только с подпиской", "Ответьте в кабинете Ozon")
    assert kept(chat, vera.tenant_id)[review] == ("new", "")
    assert ozon.answer_to(review) == []
