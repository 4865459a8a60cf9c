"""/find: an item by words, barcode or article; what lies where and until when."""

from datetime import date

import pytest

from app.domain.warehouse.movements import Line, Reason
from tests.support.goods import SHOE, item_id, list_sku, sees, stock_shelf
from tests.support.worlds import make_cabinet


@pytest.fixture
def vera(chat):
    """A storekeeper of a shelf with shoes on it: 20 of one term, 10 without, 5 of them promised."""
    somebody = chat.person("Вера", "storekeeper")
    shelf = stock_shelf(chat.db, somebody.tenant_id)
    shoes, honey = (item_id(chat.db, somebody.tenant_id, each) for each in ("KRS-42", "MED-5"))
    near, far = shelf.place("A-01-03"), shelf.place("B-02")
    shelf.receive(shoes, near, 20)
    shelf.receive(shoes, far, 10)
    shelf.do(Reason.RESERVE, Line(item_id=shoes, qty=5, location_id=near))
    for until, qty in ((date(2026, 11, 1), 1), (date(2026, 12, 5), 2), (date(2028, 1, 1), 4)):
        shelf.receive(honey, far, qty, shelf.lot(honey, until))
    socks = item_id(chat.db, somebody.tenant_id, "NSK-1")
    shelf.receive(socks, far, 3, shelf.lot(socks, date(2026, 12, 5)))
    somebody.shelf = shelf
    return somebody


@pytest.mark.parametrize("typed", [SHOE, "krs-42", "OZN777", f"01{'0' + SHOE}21abc"])
async def test_a_barcode_or_an_article_opens_the_item(vera, typed):
    await vera.says(f"/find {typed}")
    sees(
        vera,
        "KRS-42 · Кроссовки беговые красные, 42",
        "На полке 30 шт.",
        "В резерве 5 шт.",
        "Доступно 25 шт.",
    )
    sees(vera, "A-01-03 20 5", "B-02 10 0", SHOE, "не связан", "[Приход]", "[Переместить]", "[История]")


async def test_terms_are_marked_as_they_come_near_and_when_they_are_over(chat, vera):
    await vera.says("/find мёд липовый")
    sees(vera, "Найдено: «мёд липовый»", "MED-5", "7 шт. · B-02 7 · до 01.11.2026 ⚠")
    chat.deps.settings.near_expiry_days = 10
    await vera.taps("MED-5")
    sees(vera, "05.12.26 2")
    await vera.says("/find NSK")
    sees(vera, "3 шт. · B-02 3 · до 05.12.2026")
    vera.does_not_see("05.12.2026 ⚠")
    chat.deps.settings.near_expiry_days = 30
    await vera.says("/find NSK")
    sees(vera, "до 05.12.2026 ⚠")
    await vera.says("/find MED-5")
    sees(vera, "01.11.26✖ 1", "05.12.26⚠ 2", "01.01.28 4", "срок вышел", "скоро выйдет")


async def test_words_find_a_list_and_words_after_them_search_again(vera):
    await vera.says("/find")
    sees(
        vera, "Товары", "KRS-42 Кроссовки беговые красные, 42", "30 шт. · доступно 25 · A-01-03 20 · B-02 10"
    )
    sees(vera, "NSK-1 Носки шерстяные")
    await vera.says("носков")
    sees(vera, "Найдено: «носков»", "NSK-1")
    vera.does_not_see("KRS-42")
    await vera.says("шуба")
    sees(vera, "Товара «шуба» нет")


async def test_a_slip_in_a_barcode_is_said_and_the_nearest_are_offered(vera):
    await vera.says(f"/find {SHOE[:-1]}4")
    sees(vera, "Штрихкод 4601234567894 не найден", "последняя цифра не сходится")
    await vera.taps("KRS-42 · Кроссовки беговые красные, 42")
    sees(vera, "На полке 30 шт.")
    await vera.says("/find 34567893")
    sees(vera, "Штрихкод 34567893 не найден", "[KRS-42")
    await vera.says("/find 7893")
    sees(vera, "Товара «7893» нет. Может быть, один из этих?", "[KRS-42")


async def test_a_list_has_pages(chat, vera):
    with chat.db.tenant(vera.tenant_id) as tx:
        tx.run(
            "INSERT INTO item (tenant_id, article, name) SELECT :tenant_id, 'Z-' || lpad(n::text, 2, '0'),"
            " 'Шапка' FROM generate_series(1, 20) n"
        )
    await vera.says("/find шапка")
    sees(vera, "стр. 1", "Z-01", "Z-08", "[2 →]")
    vera.does_not_see("Z-09")
    await vera.taps("2 →")
    sees(vera, "стр. 2", "Z-09", "Z-16", "[← 1]", "[3 →]")
    await vera.taps("3 →")
    sees(vera, "Z-20", "[← 2]")
    vera.does_not_see("4 →")


async def test_words_too_long_for_a_button_have_no_pages_and_it_is_said(chat, vera):
    with chat.db.tenant(vera.tenant_id) as tx:
        tx.run(
            "INSERT INTO item (tenant_id, article, name) SELECT :tenant_id, 'Z-' || n,"
            " 'Шапка вязаная шерстяная зимняя с помпоном' FROM generate_series(1, 9) n"
        )
    await vera.says("/find шапка вязаная шерстяная зимняя с помпоном")
    sees(vera, "Есть ещё: уточните запрос")
    await vera.says("/find " + "я" * 201)
    sees(vera, "хватит 200 знаков")


async def test_confirmed_listings_are_told_and_unlinked_from_the_card(chat, vera):
    cabinet = make_cabinet(chat.db, "WB", vera.tenant_id)
    sku = list_sku(chat.db, vera.tenant_id, cabinet.id, "WB", 500, "KRS-42", size="42")
    with chat.db.tenant(vera.tenant_id) as tx:
        tx.run(
            "INSERT INTO item_sku (tenant_id, sku_id, item_id, state, decided_at)"
            " SELECT :tenant_id, :sku, id, 'confirmed', now() FROM item"
            " WHERE tenant_id = :tenant_id AND article = 'KRS-42'",
            sku=sku,
        )
    await vera.says("/find KRS-42")
    sees(vera, "Продаётся: WB KRS-42 42 · Кабинет")
    boris = chat.person("Борис", "analyst", vera.tenant_id)
    await boris.says("/find KRS-42")
    sees(boris, "Продаётся: WB KRS-42 42")
    boris.does_not_see("Отвязать")
    await vera.taps("Отвязать WB KRS-42 42")
    sees(vera, "WB KRS-42 42 — не KRS-42")


async def test_an_analyst_looks_and_moves_nothing(chat, vera):
    boris = chat.person("Борис", "analyst", vera.tenant_id)
    await boris.says("/find KRS-42")
    sees(boris, "На полке 30 шт.", "[История]")
    boris.does_not_see("[Приход]")


async def test_another_organisation_finds_nothing_of_it(chat, vera):
    thief = chat.person("Пётр", "owner")
    await thief.says(f"/find {SHOE}")
    sees(thief, "не найден")
    thief.does_not_see("KRS-42")
    await thief.says("/find кроссовки")
    sees(thief, "Товара «кроссовки» нет")
