"""Prices of Wildberries as rows: one per size, the card's discounts on each."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.marketplaces.rows import PriceRow, SkuRef
from app.marketplaces.source import Unit
from app.marketplaces.wb.prices import calls
from app.marketplaces.wb.prices.rows import normalise_prices
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import TokenType
from tests.marketplaces.replay import replay, wb_client
from tests.marketplaces.wb.reading import PERSONAL, opened, told

D = date(2026, 11, 20)
TODAY = Unit("now", D, D)


def goods(*cards: Any) -> dict[str, Any]:
    return {"data": {"listGoods": list(cards)}, "error": False}


def test_the_published_price() -> None:
    client = wb_client(TokenType.PERSONAL)
    with replay("wb_prices_official"), client.transport:
        (source,) = [s for s in wb_sources(client, PERSONAL) if s.name == "wb.prices"]
        found = source.normalise(TODAY, list(source.fetch(TODAY, "")))
    assert found.prices == [
        PriceRow(
            sku=SkuRef(98486, 3123515574, size="42", article="07326060"),
            price=Decimal("500.00"),
            discount=Decimal("30.00"),
            club_discount=Decimal("5.00"),
            final_price=Decimal("350.00"),
            currency="RUB",
        )
    ]


def test_a_card_that_cannot_be_read_is_set_aside_alone() -> None:
    size = {"sizeID": 1, "price": "1 290", "discountedPrice": 645.5, "techSizeName": "0"}
    body = goods(
        {"nmID": 1, "sizes": [{**size, "price": "много"}]}, {"nmID": 2, "sizes": [size]}, {"nmID": 3}
    )
    found = normalise_prices([json.dumps(body).encode()])
    assert [(row.sku.nm_id, row.price, row.final_price) for row in found.prices] == [
        (2, Decimal("1290.00"), Decimal("645.50"))
    ]
    assert [each.row_key for each in found.unplaced] == ["1"]


def test_a_short_page_is_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 2)
    card = {"nmID": 1, "sizes": []}
    with opened(told(goods(card, card)), told(goods(card))) as (stage, sources):
        pages = list(sources["wb.prices"].fetch(TODAY, ""))
    assert [each.cursor for each in pages] == ["2", ""]
    assert [json.loads(each.key.params)["query"] for each in pages] == [
        {"limit": "2", "offset": "0"},
        {"limit": "2", "offset": "2"},
    ]
    assert len(stage.seen) == 2
