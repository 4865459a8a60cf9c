"""/analytics in the chat: four screens, each with its figures, its pages and how it counts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.bot.parse_analytics import parse_analytics
from app.core.errors import BadInput
from app.domain.warehouse.movements import Line, Reason
from app.repositories.dw import list_shelf
from app.services.analytics.abc import AbcQuery
from app.services.analytics.ageing import AgeingQuery
from app.services.analytics.slow import SlowQuery
from app.services.analytics.valuation import ValuationQuery
from app.services.dw import refresh_dw
from tests.bot.conftest import YESTERDAY
from tests.support.shelf import Shelf

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("said", "query"),
    [
        (None, None),
        ("  ", None),
        ("abc", AbcQuery()),
        ("ABC по выручке за 90 дней", AbcQuery(by="revenue", days=90)),
        ("авс 7", AbcQuery(days=7)),
        ("возраст", AgeingQuery()),
        ("залежи", SlowQuery()),
        ("медленные 60", SlowQuery(days=60)),
        ("стоимость", ValuationQuery()),
        ("стоимость на 01.11.2026", ValuationQuery(d=date(2026, 11, 1))),
        ("стоимость 20.11.2026", ValuationQuery()),
    ],
)
def test_what_is_typed_is_understood(said, query):
    assert parse_analytics(said, TODAY) == query


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("прогноз", "Такой аналитики нет.*/analytics abc"),
        ("abc вчера", "Нужно одно число.*abc выручка 90"),
        ("abc 0", "от 1 до 730"),
        ("залежи 366", "от 1 до 365"),
        ("возраст 30", "ничего добавлять не нужно"),
        ("стоимость завтра", "не дата"),
        ("стоимость 21.11.2026", "ещё не наступило"),
        ("стоимость 01.10.2026 01.11.2026", "одна дата"),
    ],
)
def test_what_is_not_is_said_with_an_example(said, sentence):
    with pytest.raises(BadInput, match=sentence):
        parse_analytics(said, TODAY)


@pytest.fixture
def shelved(chat, seller):
    """Ten armchairs of 350 rubles came 100 days ago, four of them left; three more are at Ozon."""
    shelf = Shelf(chat.db, seller.tenant_id)
    item, place = shelf.item("KRS-42"), shelf.place("A-01")
    at = datetime(2026, 11, 20, 9, tzinfo=UTC) - timedelta(days=100)
    shelf.do(Reason.RECEIPT, Line(item_id=item, qty=10, location_id=place), occurred_at=at)
    shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=4))
    with chat.db.tenant(seller.tenant_id) as tx:
        tx.run(
            "INSERT INTO item_sku (tenant_id, sku_id, item_id, state, decided_at)"
            " SELECT :tenant_id, id, :item, 'confirmed', now() FROM sku WHERE tenant_id = :tenant_id",
            item=item,
        )
        tx.run(
            "INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price)"
            " SELECT :tenant_id, id, '2026-01-01', 350 FROM sku WHERE tenant_id = :tenant_id"
        )
        tx.run("UPDATE metrics_daily SET profit = 900, cogs = 700 WHERE tenant_id = :tenant_id AND units > 0")
    refresh_dw(chat.db)
    return shelf


async def test_a_seller_walks_through_all_of_it(seller, shelved):
    await seller.says("/help")
    seller.sees("/analytics — ABC")
    await seller.taps("Аналитика")
    seller.sees("Аналитика товаров", "ABC", "Возраст", "Залежи", "Стоимость")
    await seller.taps("ABC")
    seller.sees("ABC по прибыли", "KRS-42", "900 ₽ · 100,0 % · 2 шт.", "Как считаем", "меньше 80 %")
    await seller.taps("По выручке")
    seller.sees("ABC по выручке", "2 000 ₽")
    await seller.taps("90 дней")
    seller.sees("ABC по выручке · 22.08–19.11")
    await seller.taps("← Аналитика")
    await seller.taps("Возраст")
    seller.sees("Возраст товара · 20.11", "91–180", "2 100 ₽", "самому старому 100 дней", "раньше и ушло")
    await seller.taps("← Аналитика")
    await seller.taps("Залежи")
    seller.sees("Залежи", "KRS-42", "9 шт. · 3 150 ₽", "продано 2, хватит на 405 дней", "площадки на 19.11")
    await seller.taps("180")
    seller.sees("Залежей нет", "Лежат меньше 180 дней, судить рано: 1 товар")
    await seller.taps("← Аналитика")
    await seller.taps("Стоимость")
    seller.sees("Свой склад", "2 100 ₽", "Ozon", "1 050 ₽", "Всего", "3 150 ₽", "свой склад на")
    await seller.taps("На 31.10.2026")
    seller.sees("конец дня 31.10.2026", "Товара нигде нет", "Остатков площадок за этот день нет")
    await seller.taps("Сейчас")
    seller.sees("3 150 ₽")


async def test_an_unknown_cost_is_counted_aloud(chat, seller, shelved):
    with chat.db.tenant(seller.tenant_id) as tx:
        tx.run("DELETE FROM cost_price_history WHERE tenant_id = :tenant_id")
        tx.run("UPDATE metrics_daily SET profit = NULL, cogs = NULL WHERE tenant_id = :tenant_id")
    await seller.says("/analytics abc")
    seller.sees("– KRS-42", "Нет себестоимости у 1 артикула (2 шт.)", "/cost артикул цена")
    await seller.says("/analytics стоимость")
    seller.sees("Неизвестна себестоимость 1 товара (9 шт.)")
    seller.does_not_see("0 ₽")
    await seller.taps("Без себестоимости")
    seller.sees("KRS-42")
    await seller.says("/analytics возраст")
    seller.sees("Без себестоимости 6 шт.")


async def test_long_lists_have_pages_that_go_on_where_they_were(chat, seller):
    cabinet = seller.cabinet
    with chat.db.tenant(seller.tenant_id) as tx:
        for number in range(30):
            sku = tx.run(
                "INSERT INTO sku (tenant_id, account_id, marketplace, ozon_id, article)"
                " VALUES (:tenant_id, :account, 'OZON', :number, :article) RETURNING id",
                account=cabinet.id, number=9000 + number, article=f"ART-{number:02}",
            ).scalar_one()  # fmt: skip
            tx.run(
                "INSERT INTO metrics_daily (tenant_id, account_id, d, sku_id, currency, units, revenue_gross,"
                " profit, cogs, is_preliminary) VALUES (:tenant_id, :account, :d, :sku, 'RUB', 1, 5,"
                " :profit, 1, false)",
                account=cabinet.id, d=YESTERDAY, sku=sku, profit=Decimal(1000 - number),
            )  # fmt: skip
    await seller.says("/analytics abc 30")
    seller.sees("стр. 1/3", "ART-00", "ART-11")
    seller.does_not_see("ART-12")
    await seller.taps("2 →")
    seller.sees("стр. 2/3", "ART-12", "ART-23")
    await seller.taps("По выручке")
    seller.sees("ABC по выручке", "стр. 1/3")


async def test_an_empty_organisation_is_told_that_there_is_nothing(chat):
    vera = chat.person("Вера", "analyst")
    for said, shown in (
        ("abc", "ничего не продано"),
        ("возраст", "ничего нет"),
        ("залежи", "Товара нигде нет"),
        ("стоимость", "Товара нигде нет"),
    ):
        await vera.says(f"/analytics {said}")
        vera.sees(shown)


async def test_an_administrator_refreshes_the_copy_from_the_chat(chat, seller):
    shelf = Shelf(chat.db, seller.tenant_id)
    shelf.receive(shelf.item("KRS-42"), shelf.place("A-01"), 3)
    yana = chat.person("Яна", "owner", is_admin=True)
    await yana.says("/admin")
    await yana.taps("Свод для аналитики")
    yana.sees("Остатки в нём на", "не чаще раза в пять минут")
    with chat.db.tenant(seller.tenant_id) as tx:
        assert [each.on_hand for each in list_shelf(tx)] == [3]
