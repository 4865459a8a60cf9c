"""/items: which listing is which item; proposed by what both are called, decided by a person."""

import pytest

from app.repositories.items import items_of_skus
from app.services.warehouse.item_making import article_of
from app.services.warehouse.listings import name_of
from tests.bot.test_repeats import again, audited, heard, restart
from tests.support.goods import SHOE, SOCKS, item_id, list_sku, sees, stock_shelf
from tests.support.worlds import make_cabinet

__all__ = ["heard"]


@pytest.fixture
def olga(chat):
    """Shoes at both marketplaces: by barcode at WB, by article at Ozon; a hat and a scarf of nobody's."""
    somebody = chat.person("Ольга", "owner")
    tenant = somebody.tenant_id
    stock_shelf(chat.db, tenant)
    wb, ozon = (make_cabinet(chat.db, each, tenant, each) for each in ("WB", "OZON"))
    somebody.skus = {
        "wb shoe": list_sku(chat.db, tenant, wb.id, "WB", 501, "WB-KRS", size="42", barcodes=[SHOE, "WB-1"]),
        "wb socks": list_sku(chat.db, tenant, wb.id, "WB", 502, "NSK-1", size="0", barcodes=[SOCKS]),
        "ozon shoe": list_sku(chat.db, tenant, ozon.id, "OZON", 701, "krs-42", barcodes=["OZN1"]),
        "hat": list_sku(chat.db, tenant, wb.id, "WB", 503, "HAT", title="Шапка", barcodes=["4600000000039"]),
        "scarf": list_sku(chat.db, tenant, ozon.id, "OZON", 702, "SCARF", title="Шарф"),
    }
    return somebody


def linked(chat, somebody):
    """Confirmed links: listing → item's article."""
    with chat.db.tenant(somebody.tenant_id) as tx:
        found = items_of_skus(tx, list(somebody.skus.values()))
        articles = dict(tx.run("SELECT id, article FROM item WHERE tenant_id = :tenant_id").all())
    return {name: articles[found[sku]] for name, sku in somebody.skus.items() if sku in found}


async def test_what_is_alike_is_proposed_and_what_is_not_is_counted(chat, olga):
    await olga.says("/items")
    sees(olga, "Товаров на складе 3", "Карточек связано 0", "Предложено связать 3", "Не связано 2")
    sees(olga, "1. Ozon krs-42", "→ KRS-42 Кроссовки беговые красные, по артикулу — проверьте")
    sees(olga, "WB WB-KRS 42", "→ KRS-42 Кроссовки беговые красные, по штрихкоду")
    sees(olga, "[Подтвердить все верные (2)]", "Завести товары: WB Кабинет (1)", "Ozon Кабинет (1)")
    assert linked(chat, olga) == {}


async def test_all_that_is_sure_is_confirmed_in_one_tap_and_the_rest_one_by_one(chat, olga):
    await olga.says("/items")
    await olga.taps("Подтвердить все верные (2)")
    sees(olga, "Связано: 2 карточки", "Не связано ещё: 2")
    assert linked(chat, olga) == {"wb shoe": "KRS-42", "wb socks": "NSK-1"}
    await olga.taps("К карточкам")
    await olga.taps("1 — да")
    sees(olga, "Ozon krs-42 — это KRS-42")
    assert linked(chat, olga)["ozon shoe"] == "KRS-42"
    assert audited(chat, olga.tenant_id) == ["items.linked", "item.linked"]
    await olga.says("/audit")
    sees(olga, "связаны карточки с товарами: 2", "Ozon krs-42 — это товар KRS-42")


async def test_what_a_listing_is_scanned_by_is_its_items_until_it_is_unlinked(chat, olga):
    await olga.says("/items")
    await olga.taps("1 — да")
    await olga.says("/find OZN1")
    sees(olga, "KRS-42 · Кроссовки", "Продаётся: Ozon krs-42")
    await olga.taps("Отвязать Ozon krs-42")
    sees(olga, "Ozon krs-42 — не KRS-42", "предлагать её снова не буду")
    await olga.says("/find OZN1")
    olga.sees("Товара «OZN1» нет")
    await olga.says(f"/find {SHOE}")
    olga.sees("KRS-42")
    await olga.says("/items")
    olga.does_not_see("krs-42")
    sees(olga, "Не связано 3")


async def test_a_refusal_can_be_taken_back_and_an_old_button_decides_on_nothing_else(chat, olga):
    await olga.says("/items")
    await olga.taps("1 — нет")
    await olga.taps("Связать снова")
    assert linked(chat, olga) == {"ozon shoe": "KRS-42"}
    await olga.taps("Отвязать")
    with chat.db.tenant(olga.tenant_id) as tx:  # it is proposed as something else by now
        tx.run("UPDATE item SET article = 'OLD' WHERE tenant_id = :tenant_id AND article = 'KRS-42'")
        tx.run("UPDATE item SET article = 'KRS-42' WHERE tenant_id = :tenant_id AND article = 'MED-5'")
    await olga.says("/items")
    sees(olga, "Ozon krs-42", "→ KRS-42 Мёд липовый")
    olga.chat.messages[-1].markup = None  # the older screen's button
    await olga.taps("Связать снова")
    olga.sees("теперь предложен другой товар")
    assert linked(chat, olga) == {}


async def test_items_are_made_of_a_cabinets_cards_with_their_barcodes(chat, olga):
    await olga.says("/items")
    await olga.taps("Завести товары: WB Кабинет (1)")
    sees(olga, "Заведено: 1 товар, связано: 1 карточка", "Не связано ещё: 1")
    assert linked(chat, olga) == {"hat": "HAT"}
    await olga.says("/find 4600000000039")
    sees(olga, "HAT · Шапка", "Продаётся: WB HAT")


async def test_sizes_are_items_of_their_own_and_a_listing_twice_is_one(chat):
    olga = chat.person("Ольга", "owner")
    cabinet = make_cabinet(chat.db, "WB", olga.tenant_id)
    stock_shelf(chat.db, olga.tenant_id)

    def sku(number, article, size=""):
        return list_sku(chat.db, olga.tenant_id, cabinet.id, "WB", number, article, size=size)

    olga.skus = {
        "S": sku(1, "DRESS", "S"), "M": sku(2, "DRESS", "M"), "one": sku(3, "BAG"), "two": sku(4, "bag"),
        "nameless": sku(5, ""), "refused": sku(6, "krs-42"),
    }  # fmt: skip
    await olga.says("/items")
    await olga.taps("1 — нет")
    await olga.says("/items")
    await olga.taps("Завести товары")
    sees(olga, "Заведено: 5 товаров, связано: 6 карточек", "Все карточки связаны")
    assert linked(chat, olga) == {
        "S": "DRESS-S", "M": "DRESS-M", "one": "BAG", "two": "BAG", "nameless": "5", "refused": "krs-42-6",
    }  # fmt: skip


async def test_a_size_that_comes_later_is_an_item_of_its_own(chat):
    olga = chat.person("Ольга", "owner")
    cabinet = make_cabinet(chat.db, "WB", olga.tenant_id)
    olga.skus = {
        size: list_sku(chat.db, olga.tenant_id, cabinet.id, "WB", number, "DRESS", size=size)
        for number, size in enumerate("SM", 1)
    }
    await olga.says("/items")
    await olga.taps("Завести товары")
    olga.skus["L"] = list_sku(chat.db, olga.tenant_id, cabinet.id, "WB", 3, "DRESS", size="L")
    await olga.says("/items")
    await olga.taps("Завести товары")
    assert linked(chat, olga) == {"S": "DRESS-S", "M": "DRESS-M", "L": "DRESS-L"}


async def test_a_listing_is_linked_by_hand_and_a_slip_offers_what_there_is(chat, olga):
    await olga.says("/items")
    await olga.taps("Связать вручную")
    sees(olga, "Не связанные карточки", "Ozon SCARF", "WB HAT · Шапка · Кабинет")
    await olga.taps("Связать 2")
    sees(olga, "Какой это товар? Ozon SCARF", "Шарф")
    restart(chat)
    await olga.says("носки")
    sees(olga, "Товара «носки» нет. Может быть, один из этих?")
    await olga.taps("NSK-1 · Носки шерстяные")
    sees(olga, "Ozon SCARF — это NSK-1")
    assert linked(chat, olga) == {"scarf": "NSK-1"}


async def test_a_linked_listing_is_not_linked_to_another_item(chat, olga):
    await olga.says("/items")
    await olga.taps("Связать вручную")
    await olga.taps("Связать 1")
    with chat.db.tenant(olga.tenant_id) as tx:
        tx.run(
            "INSERT INTO item_sku (tenant_id, sku_id, item_id, state, decided_at)"
            " VALUES (:tenant_id, :sku, :item, 'confirmed', now())",
            sku=olga.skus["hat"],
            item=item_id(chat.db, olga.tenant_id, "MED-5"),
        )
    await olga.says("NSK-1")
    sees(olga, "WB HAT — уже MED-5")
    assert linked(chat, olga) == {"hat": "MED-5"}


async def test_an_item_is_made_by_hand(chat, olga):
    await olga.says("/items BAG-1 4600000000046 4601234567893 Сумка дорожная")
    sees(olga, "BAG-1: товар заведён", "Штрихкод: 4600000000046", f"{SHOE} — уже у другого товара")
    await olga.taps("BAG-1")
    sees(olga, "BAG-1 · Сумка дорожная", "4600000000046")
    await olga.says("/items bag-1 4600000000053")
    sees(olga, "bag-1: штрихкод добавлен")
    await olga.says("/items BAG-1")
    sees(olga, "Товар BAG-1 уже есть")
    await olga.says("/items 4600000000060")
    sees(olga, "Это штрихкод, а нужен артикул")
    await olga.says("/items BAG-2 4600000000061")
    sees(olga, "Последняя цифра штрихкода 4600000000061 не сходится")
    assert audited(chat, olga.tenant_id) == ["item.made", "item.barcode"]


async def test_the_same_update_again_makes_nothing_twice(heard, chat, olga):
    olga._feed = chat.feed
    await olga.says("/items")
    await olga.taps("Завести товары: WB Кабинет (1)")
    chat.api.forgive("query is too old")
    chat.api.forgive("message is not modified")
    await again(chat, olga, heard[-1])
    sees(olga, "Заведено: 1 товар")
    await olga.says("/items")
    await olga.taps("Завести товары: Ozon Кабинет (1)", times=2)
    sees(olga, "Связывать больше нечего", "Все карточки связаны")
    assert audited(chat, olga.tenant_id) == ["items.made"] * 2
    await olga.says("/items BAG-1")
    await again(chat, olga, heard[-1])
    sees(olga, "BAG-1: товар заведён")
    assert audited(chat, olga.tenant_id) == ["items.made", "items.made", "item.made"]


async def test_another_organisations_cards_and_items_are_out_of_reach(chat, olga):
    thief = chat.person("Пётр", "owner")
    thief.skus = {}
    await thief.says("/items")
    sees(thief, "Товаров на складе 0", "Предложено связать 0", "Не связано 0", "Карточек ещё нет")
    await thief.says(f"/items X-1 {SHOE}")
    sees(thief, "X-1: товар заведён", f"Штрихкод: {SHOE}")
    assert linked(chat, olga) == {}


class Told:
    """A listing, or a card, as far as its name goes."""

    def __init__(self, **told):
        self.__dict__ |= {
            "marketplace": "WB",
            "article": "",
            "size": "",
            "external_id": 7,
            "sisters": 1,
        } | told


@pytest.mark.parametrize(
    ("told", "article", "name"),
    [
        ({"article": "A", "size": "42"}, "A", "WB A 42"),
        ({"article": "A", "size": "42", "sisters": 2}, "A-42", "WB A 42"),
        ({"article": "A", "size": "0", "sisters": 2}, "A", "WB A"),
        ({"marketplace": "OZON"}, "7", "Ozon 7"),
    ],
)
def test_what_an_item_made_of_a_card_is_called(told, article, name):
    assert (article_of(Told(**told)), name_of(Told(**told))) == (article, name)
