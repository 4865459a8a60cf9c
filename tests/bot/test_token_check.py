"""The real checker against the sandbox: what a token says of itself, and what the marketplace says of it."""

from datetime import UTC, date, datetime

import httpx
import pytest

from app.core.clock import FixedClock
from app.marketplaces.errors import MarketplaceDown, TokenRefused, TokenUnfit
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.tenancy.token_check import MarketplaceTokenChecker


@pytest.fixture(scope="module")
def sandbox():
    with SandboxServer(World(seed=7, skus=5, days=10, today=date(2026, 11, 20)), pace=1_000_000) as server:
        yield server


@pytest.fixture
def papers(sandbox):
    return httpx.get(f"{sandbox.base_url}/sandbox/state", trust_env=False).json()


@pytest.fixture
def check(db, settings, sandbox):
    pointed = settings.model_copy(
        update={
            "wb_api_url": sandbox.wb_api_url,
            "ozon_api_url": sandbox.ozon_api_url,
            "ozon_performance_api_url": sandbox.ozon_performance_api_url,
            "api_pace": 1_000_000.0,
            "http_timeout_seconds": 5.0,
        }
    )
    return MarketplaceTokenChecker(
        db=db, settings=pointed, clock=FixedClock(datetime(2026, 11, 20, tzinfo=UTC))
    )


def token(sandbox, **asked):
    return httpx.get(f"{sandbox.base_url}/sandbox/token", params=asked, trust_env=False).json()["token"]


def test_a_good_wb_token_tells_whose_it_is_what_it_may_and_until_when(check, papers):
    checked = check("WB", f"  Bearer {papers['wb_token']}\n")
    assert checked.seller_key == papers["wb_sid"]
    assert checked.secret == papers["wb_token"]
    assert checked.name
    assert checked.info["sid"] == papers["wb_sid"]
    assert checked.info["name"]
    assert checked.missing_scopes == ()
    assert checked.expires_at is not None
    assert papers["wb_token"] not in repr(checked)


def test_missing_scopes_are_named_in_words(check, sandbox):
    assert check("WB", token(sandbox, scopes="content,statistics")).missing_scopes == ("Аналитика", "Финансы")


def test_a_token_that_may_write_is_taken_with_advice(check, sandbox):
    checked = check("WB", token(sandbox, readonly="0"))
    assert any("Только на чтение" in note for note in checked.notes)


def test_a_personal_token_is_taken_with_the_marketplaces_own_warning(check, sandbox):
    warned = check("WB", token(sandbox, acc=3)).notes
    assert any("запрещает передавать" in note and "облачным сервисам" in note for note in warned)
    assert not any("запрещает передавать" in note for note in check("WB", token(sandbox, acc=1)).notes)


@pytest.mark.parametrize(("asked", "why"), [({"acc": 2}, "тестовый"), ({"expires_in_days": -1}, "истёк")])
def test_a_token_unfit_by_its_own_words_is_refused_without_a_call(check, sandbox, asked, why):
    with pytest.raises(TokenUnfit, match=why):
        check("WB", token(sandbox, **asked))


def test_a_token_with_a_forged_signature_is_refused_by_the_marketplace(check, papers):
    head, body, _ = papers["wb_token"].split(".")
    with pytest.raises(TokenRefused):
        check("WB", f"{head}.{body}.Zm9yZ2Vk")


def test_a_good_ozon_key_tells_its_roles(check, papers):
    checked = check("OZON", f"{papers['ozon_client_id']} {papers['ozon_api_key']}")
    assert checked.seller_key == str(papers["ozon_client_id"])
    assert checked.secret == f"{papers['ozon_client_id']} {papers['ozon_api_key']}"
    assert checked.missing_scopes == ()


def ads_of(papers):
    return f"{papers['ozon_ads_client_id']} {papers['ozon_ads_client_secret']}"


def test_all_four_parts_of_ozon_are_asked_about_and_kept_together(check, papers):
    pasted = f"{papers['ozon_client_id']} {papers['ozon_api_key']} {ads_of(papers)}"
    checked = check("OZON", pasted)
    assert (checked.secret, checked.kind) == (pasted, "с рекламой")
    assert any("Ключ рекламы принят" in note for note in checked.notes)
    assert papers["ozon_ads_client_secret"] not in repr(checked)


def test_a_good_key_of_advertising_alone_names_no_seller(check, papers):
    checked = check("OZON", ads_of(papers))
    assert (checked.seller_key, checked.secret) == ("", ads_of(papers))


@pytest.mark.parametrize("own", [True, False])
def test_a_wrong_key_of_advertising_is_refused_at_once_even_beside_a_good_key(check, papers, own):
    wrong = f"{papers['ozon_ads_client_id']} {'x' * 40}"
    pasted = f"{papers['ozon_client_id']} {papers['ozon_api_key']} {wrong}" if own else wrong
    with pytest.raises(TokenUnfit, match="ключ рекламы"):
        check("OZON", pasted)


def test_a_wrong_ozon_key_is_refused(check, papers):
    with pytest.raises(TokenRefused):
        check("OZON", f"{papers['ozon_client_id']} 00000000-0000-0000-0000-000000000000")


def test_a_marketplace_that_is_away_is_told_so(db, settings, papers):
    away = settings.model_copy(
        update={"wb_api_url": "http://127.0.0.1:1/wb/{host}", "http_timeout_seconds": 1.0}
    )
    check = MarketplaceTokenChecker(
        db=db, settings=away, clock=FixedClock(datetime(2026, 11, 20, tzinfo=UTC))
    )
    with pytest.raises(MarketplaceDown):
        check("WB", papers["wb_token"])
