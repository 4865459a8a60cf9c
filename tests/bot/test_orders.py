"""/orders in the chat: what is ready is shipped, what lacks is said; the shelf is in other screens too."""

import asyncio
import copy
from datetime import timedelta

import pytest

from app.bot.callbacks import OrderCall, stamped
from app.bot.delivery import TelegramDelivery
from app.domain.warehouse.movements import Line, Reason
from app.queue.port import Event
from app.repositories.transit import note_gaps
from app.services.ledger.verify import verify_ledger
from app.services.warehouse.orders_from_postings import open_orders
from tests.bot.conftest import YESTERDAY
from tests.bot.test_repeats import again, audited
from tests.support.counter import Counter


class Warehouse:
    """A storekeeper at an organisation's shelf."""

    def __init__(self, chat, role="storekeeper"):
        self.chat = chat
        self.counter = Counter(chat.db)
        self.vera = chat.person("Вера", role, self.counter.tenant_id)
        self.keep = open_orders(chat.db, "Europe/Moscow")

    def posting(self, number, article="KRS-42", qty=1, *, stock=0, linked=True):
        """A posting of Ozon for an item of that article, of which there is some stock."""
        item = next(
            (row[0] for row in self.counter.run(
                "SELECT id FROM item WHERE tenant_id = :tenant_id AND article = :article", article=article
            )), None,
        ) or (self.counter.item(article) if linked else None)  # fmt: skip
        found = self.counter.run(
            "SELECT id FROM sku WHERE tenant_id = :tenant_id AND article = :article", article=article
        )
        ozon_id = int("".join(each for each in article if each.isdigit()))
        sku = found[0][0] if found else self.counter.sku("OZON", ozon_id, article, item)
        if stock:
            self.counter.receive(item, self.counter.here, stock)
        self.counter.told("OZON", f"{number}:{ozon_id}", sku, qty)
        return item

    def night(self):
        self.counter.run(
            "UPDATE customer_order SET try_at = now() - interval '1 second' WHERE tenant_id = :tenant_id"
        )
        return self.keep(self.counter.tenant_id, YESTERDAY)

    def states(self):
        return dict(self.counter.run("SELECT number, state FROM customer_order WHERE tenant_id = :tenant_id"))


@pytest.fixture
def house(chat):
    return Warehouse(chat)


async def test_an_order_is_opened_and_shipped_and_the_list_knows(house):
    chair = house.posting("0123-1", qty=2, stock=5)
    house.night()
    vera = house.vera
    await vera.says("/orders")
    vera.sees("Готовы к отгрузке: 1", "0123-1", "Ozon от 19.11", "KRS-42: 2 из 2 шт.")
    await vera.taps("Открыть 1")
    vera.sees("Заказ 0123-1", "готов к отгрузке", "нужно 2 шт., в резерве 2", "A-01-01")
    await vera.taps("Отгрузить 2 шт.")
    vera.sees("Заказ 0123-1 отгружен", "ушло 2 шт.", "/undo")
    balance = house.counter.balance(chair, house.counter.here)
    assert (balance.on_hand, balance.reserved) == (3, 0)
    assert house.states() == {"0123-1": "shipped"}
    await vera.taps("Все заказы")
    vera.sees("Открытых заказов нет")
    assert verify_ledger(house.chat.db, house.counter.tenant_id).faults == ()


async def test_a_shipment_that_was_undone_can_be_shipped_again(house):
    """As /undo does it: the goods are back, the order waits for a person."""
    chair = house.posting("0123-1", qty=2, stock=5)
    house.night()
    vera, counter = house.vera, house.counter
    await vera.says("/orders 0123-1")
    await vera.taps("Отгрузить 2 шт.")
    ((document,),) = counter.run(
        "SELECT id FROM stock_document WHERE tenant_id = :tenant_id AND reason = 'SHIP'"
    )
    counter.do(Reason.REVERSAL, reverses=document)
    await vera.says("/orders")
    vera.sees("Отложены: 1", "0123-1")
    house.night()
    assert house.states() == {"0123-1": "paused"}
    await vera.taps("Открыть 1")
    await vera.taps("Вернуть в работу")
    vera.sees("готов к отгрузке", "зарезервировано ещё 2 шт.")
    await vera.taps("Отгрузить 2 шт.")
    vera.sees("ушло 2 шт.")
    assert (counter.on_hand(chair, counter.here), house.states()) == (3, {"0123-1": "shipped"})
    assert verify_ledger(house.chat.db, counter.tenant_id).faults == ()


async def test_an_impatient_finger_ships_once(house):
    chair = house.posting("0123-1", stock=5)
    house.night()
    await house.vera.says("/orders № 0123-1")
    house.chat.api.forgive("message is not modified")
    await house.vera.taps("Отгрузить 1 шт.", times=3)
    house.vera.sees("Заказ 0123-1 отгружен")
    house.vera.does_not_see("собран не весь")
    assert house.counter.on_hand(chair, house.counter.here) == 4
    assert audited(house.chat, house.counter.tenant_id).count("stock.posted") == 3, "receipt, hold, shipment"


async def test_a_tap_that_telegram_tells_twice_is_answered_as_the_first_time(house, monkeypatch):
    chair, chat, raws = house.posting("0123-1", stock=5), house.chat, []
    house.night()
    plain = chat.feed

    async def feed(raw):
        raws.append(copy.deepcopy(raw))
        return await plain(raw)

    monkeypatch.setattr(chat, "feed", feed)
    house.vera._feed = feed
    await house.vera.says("/orders 0123-1")
    await house.vera.taps("Отгрузить 1 шт.")
    first = house.vera.screen
    chat.api.forgive("query is too old")
    chat.api.forgive("message is not modified")
    await again(chat, house.vera, raws[-1])
    assert house.vera.screen == first
    assert house.counter.on_hand(chair, house.counter.here) == 4


async def test_what_could_not_be_reserved_is_said_and_not_shipped(house):
    house.posting("0123-1", qty=5, stock=2)
    house.posting("0123-2", "LMP-7")
    house.night()
    vera = house.vera
    await vera.says("/orders")
    vera.sees("Собраны не целиком: 1", "ждут товара: 1", "2 из 5 шт.", "не удалось зарезервировать: LMP-7")
    await vera.taps("Открыть 1")
    vera.sees("собран не весь", "не хватает 3")
    vera.does_not_see("Отгрузить")
    house.posting("0123-1", qty=5, stock=9)
    await vera.taps("Подобрать товар")
    vera.sees("Заказ 0123-1 готов к отгрузке", "зарезервировано ещё 3 шт.", "Отгрузить 5 шт.")


async def test_a_stale_button_does_not_ship_what_is_not_there(house):
    """The screen was drawn when all was there; the promises were given up meanwhile."""
    chair = house.posting("0123-1", qty=2, stock=2)
    house.night()
    await house.vera.says("/orders 0123-1")
    for hold, left in house.counter.run("SELECT id, left_qty FROM hold WHERE tenant_id = :tenant_id"):
        house.counter.do(Reason.RELEASE, Line(hold_id=hold, qty=left))
    await house.vera.taps("Отгрузить 2 шт.")
    house.vera.sees("собран не весь: не хватает 2")
    assert house.counter.on_hand(chair, house.counter.here) == 2
    await house.vera.says("/orders")
    house.vera.sees("Отложены: 1")


async def test_an_order_is_put_aside_and_taken_up_again(house):
    chair = house.posting("0123-1", qty=2, stock=2)
    house.night()
    vera = house.vera
    await vera.says("/orders 0123-1")
    await vera.taps("Снять резерв")
    vera.sees("Заказ 0123-1 отложен", "освободилось 2 шт.")
    assert house.counter.balance(chair, house.counter.here).reserved == 0
    house.night()
    assert house.states() == {"0123-1": "paused"}, "nobody takes it up but a person"
    await vera.taps("Вернуть в работу")
    vera.sees("готов к отгрузке", "зарезервировано ещё 2 шт.")
    told = [each for each in audited(house.chat, house.counter.tenant_id) if each.startswith("order.")]
    assert told == ["order.paused", "order.resumed"]


async def test_an_order_that_left_elsewhere_is_closed_after_a_second_look(house):
    chair = house.posting("0123-1", stock=2)
    house.night()
    sku = house.counter.run("SELECT id FROM sku WHERE tenant_id = :tenant_id")[0][0]
    house.counter.told("OZON", "0123-1:42", sku, status="bought")
    house.night()
    vera = house.vera
    await vera.says("/orders")
    vera.sees("заказ уже у покупателя", "Уже у покупателя, а в книге не отгружено: 1")
    await vera.taps("Открыть 1")
    await vera.taps("Закрыть без отгрузки")
    vera.sees("Закрыть заказ 0123-1 без отгрузки?", "остатки не изменятся")
    assert house.states() == {"0123-1": "allocated"}
    await vera.taps("Закрыть без отгрузки")
    vera.sees("закрыт без отгрузки")
    assert house.states() == {"0123-1": "cancelled"}
    balance = house.counter.balance(chair, house.counter.here)
    assert (balance.on_hand, balance.reserved) == (2, 0)


async def test_what_no_item_stands_for_is_counted_aloud(house):
    house.posting("0123-1", "LMP-7", linked=False)
    house.night()
    await house.vera.says("/orders")
    house.vera.sees("Открытых заказов нет", "Не попало сюда заказов: 1 (LMP-7)", "/items")


async def test_another_organisations_order_is_nobodys_here(house, chat):
    house.posting("0123-1", stock=2)
    house.night()
    stranger = Warehouse(chat, "owner").vera
    await stranger.says("/orders 0123-1")
    stranger.sees("Такого заказа нет")
    await stranger.says("/orders")
    stranger.does_not_see("0123-1")
    ((number,),) = house.counter.run("SELECT id FROM customer_order WHERE tenant_id = :tenant_id")
    for deed in ("", "ship", "aside", "again", "close"):
        call = OrderCall(order=number, deed=deed, sure=True).pack()
        for organisation, said in ((stranger.tenant_id, "Такого заказа нет"), (1, "другой организации")):
            await stranger.says("/help")
            message = next(each for each in reversed(stranger.chat.messages) if each.of_bot)
            keys = [[{"text": "Кнопка", "callback_data": stamped(call, organisation)}]]
            message.markup = {"inline_keyboard": keys}
            await stranger.taps("Кнопка")
            stranger.sees(said)
    assert house.states() == {"0123-1": "allocated"}


async def test_many_orders_have_pages(house):
    for number in range(9):
        house.posting(f"0123-{number}", stock=0 if number else 9)
    house.night()
    await house.vera.says("/orders")
    house.vera.sees("стр. 1/2", "Готовы к отгрузке: 9", "0123-7")
    house.vera.does_not_see("0123-8")
    await house.vera.taps("2 →")
    house.vera.sees("стр. 2/2", "9. 0123-8")


async def test_goods_sent_to_a_marketplace_are_followed_to_their_acceptance(house):
    chair = house.posting("0123-1", stock=30)
    counter, vera = house.counter, house.vera
    sku = counter.run("SELECT id FROM sku WHERE tenant_id = :tenant_id")[0][0]
    await vera.says("/orders")
    await vera.taps("Поставки")
    vera.sees("Отсюда на площадки ещё ничего не уходило")
    counter.sends("OZON", "2000", chair, 20)
    await vera.says("/orders")
    await vera.taps("Поставки")
    vera.sees("Ozon 2000 · площадка её ещё не показала", "20 шт., принято 0", "в пути 20 шт.")
    await vera.says("/stock KRS-42")
    vera.sees(
        "Свой склад", "10 шт. · в резерве 0 · доступно 10", "едет на Ozon: 20 шт. (поставка 2000", "A-01-01"
    )
    counter.supply("OZON", "2000", "accepted", (sku, 20, 18))
    await vera.says("/orders")
    await vera.taps("Поставки")
    vera.sees("принята", "⚠️ расходится (−2)")
    vera.does_not_see("в пути")
    await vera.taps("Открыть 1")
    vera.sees("Поставка 2000 · Ozon", "KRS-42", "−2")


async def test_a_difference_is_in_the_digest_of_its_night_alone(chat, seller):
    counter = Counter(chat.db, seller.tenant_id, seller.cabinet)
    chair = counter.item("KRS-42")
    counter.receive(chair, counter.here, 30)
    counter.link(counter.run("SELECT id FROM sku WHERE tenant_id = :tenant_id")[0][0], chair)
    counter.sends("OZON", "2000", chair, 20)
    sku = counter.run("SELECT id FROM sku WHERE tenant_id = :tenant_id")[0][0]
    counter.supply("OZON", "2000", "accepted", (sku, 20, 18))
    for d, told in ((YESTERDAY - timedelta(days=1), False), (YESTERDAY, True)):
        counter.run("DELETE FROM supply_gap WHERE tenant_id = :tenant_id")
        with chat.db.tenant(seller.tenant_id) as tx:
            note_gaps(tx, d)
        await seller.says("/today")
        if told:
            seller.sees("Поставка Ozon 2000: отправлено 20, принято 18 (−2). Подробнее: /orders")
        else:
            seller.does_not_see("Поставка Ozon 2000")
    delivery = TelegramDelivery(
        bot=chat.bot, office=chat.dispatcher["office"], loop=asyncio.get_running_loop()
    )
    told = {"kind": "digest", "chat": seller.id, "tenant_id": seller.tenant_id, "d": YESTERDAY.isoformat()}
    event = Event(
        id=1, tenant_id=seller.tenant_id, topic="telegram", key="", payload=told, attempt=1, trace_id="t",
        created_at=chat.deps.clock.now(),
    )  # fmt: skip
    await asyncio.to_thread(delivery, event)
    assert "Поставка Ozon 2000: отправлено 20, принято 18" in seller.chat.messages[-1].content.text


async def test_supply_counts_the_shelf_and_what_is_on_its_way(chat, seller):
    """Advised are 9 armchairs: see conftest. Four are on their way, three here, two to be bought."""
    counter = Counter(chat.db, seller.tenant_id, seller.cabinet)
    await seller.says("/supply 14")
    seller.does_not_see("Со своего склада", "купить")
    chair = counter.item("KRS-42")
    counter.link(counter.run("SELECT id FROM sku WHERE tenant_id = :tenant_id")[0][0], chair)
    ((advised,),) = counter.run(
        "SELECT sum(recommended_qty) FROM advice_supply WHERE tenant_id = :tenant_id AND window_days = 14"
    )
    assert advised > 8
    counter.receive(chair, counter.here, 7)
    counter.sends("OZON", "2000", chair, 4)
    await seller.says("/supply 14")
    seller.sees(f"уже едет 4 · со своего склада 3 · купить {advised - 7}", "можно отправить 3 шт. из")
    await seller.says("/today")
    seller.sees(f"→ везти {advised - 4} шт.")
    await seller.says("/stock KRS-42")
    seller.sees("Свой склад", "На площадках", "Едет на площадки", "KRS-42 Ozon", "Москва")


async def test_a_listing_that_is_nothing_on_the_shelf_says_so_where_there_is_a_shelf(chat, seller):
    counter = Counter(chat.db, seller.tenant_id, seller.cabinet)
    await seller.says("/stock KRS-42")
    seller.does_not_see("Карточка не связана")
    counter.item("LMP-7")
    await seller.says("/stock KRS-42")
    seller.sees("Карточка не связана с товаром на складе", "/items", "Москва")
    await seller.says("/stock LMP-7")
    seller.sees("Остатки LMP-7", "на складе нет")
    await seller.says("/stock NOPE")
    seller.sees("Артикула «NOPE» нет")
