"""A movement said in one line: drawn as it was meant, posted when the button says so; and what cannot be."""

from datetime import date

import pytest

from tests.bot.storeroom import BARCODE, GOOD, PAST


async def test_goods_come_by_one_line_and_one_tap(room):
    vera = room.vera
    await vera.says(f"/receive {BARCODE} 20 A-01-03 до 2027-05-31")
    vera.sees(
        "Приход: всё верно?", "KRS-42 · Кресло", "20 шт. на A-01-03, годен до 31.05.2027", "станет 20 шт."
    )
    assert room.documents() == 0, "nothing is posted before the tap"
    await vera.taps("Провести")
    vera.sees("Приход проведён · №", "A-01-03, до 31.05.2027: 20 шт.", "Отменить")
    assert room.total() == 20


async def test_the_line_is_understood_in_any_case_order_and_alphabet(room):
    """The last place is spelt with a Russian letter, as a phone does."""
    for said in ("krs-42 7 a-01-03", f"7 {BARCODE} на A-01-03", "А-01-03 KRS-42 7 шт"):
        await room.vera.says(f"/receive {said}")
        room.vera.sees("KRS-42 · Кресло", "7 шт. на A-01-03")


async def test_goods_are_put_away_and_moved(room):
    vera = room.vera
    room.has(20, room.dock)
    await vera.says("/putaway KRS-42 15 приёмка A-01-03")
    vera.sees("Размещение: всё верно?", "15 шт. с ПРИЁМКА на A-01-03", "останется 5 шт.")
    await vera.taps("Провести")
    vera.sees("Размещено", "A-01-03: 15 шт.", "ПРИЁМКА: 5 шт.")
    await vera.says("/move KRS-42 5 из A-01-03 в B-02")
    await vera.taps("Провести")
    assert (room.on_hand(room.dock), room.on_hand(), room.on_hand(room.b)) == (5, 10, 5)


async def test_where_goods_lie_in_one_place_only_it_is_not_asked(room):
    room.has(20, room.dock)
    await room.vera.says("/putaway KRS-42 20 A-01-03")
    room.vera.sees("20 шт. с ПРИЁМКА на A-01-03")


async def test_goods_go_by_what_expires_first(room):
    vera = room.vera
    late, soon = room.has(5, expires=GOOD), room.has(3, room.b, expires=date(2026, 12, 1))
    await vera.says("/ship KRS-42 4")
    vera.sees("Возьмём: B-02, до 01.12.2026 — 3 шт.", "Возьмём: A-01-03, до 31.05.2027 — 1 шт.")
    await vera.taps("Провести")
    vera.sees("Отгружено")
    assert (room.on_hand(room.a, late), room.on_hand(room.b, soon)) == (4, 0)


async def test_goods_go_to_a_marketplace_under_the_number_of_the_supply(room):
    vera = room.vera
    room.has(10)
    await vera.says("/ship KRS-42 6 на WB 12345678")
    vera.sees("6 шт. на Wildberries, поставка 12345678")
    await vera.taps("Провести")
    with room.chat.db.tenant(room.tenant_id) as tx:
        sql = "SELECT note FROM stock_document WHERE tenant_id = :tenant_id AND reason = 'TO_MARKETPLACE'"
        assert tx.run(sql).scalars().all() == ["WB:12345678"]


async def test_goods_are_promised_shipped_and_given_up(room):
    vera = room.vera
    room.has(10)
    await vera.says("/reserve KRS-42 4 до 25.11.2026")
    vera.sees("Держать до 25.11.2026 включительно")
    await vera.taps("Провести")
    vera.sees("Зарезервировано", "Резерв №", "A-01-03: 10 шт., свободно 6")
    first = room.promise(3)
    assert room.reserved() == 7
    await vera.says(f"/ship резерв {first}")
    vera.sees("3 шт.", f"Резерв №{first}")
    await vera.taps("Провести")
    assert (room.on_hand(), room.reserved()) == (7, 4)
    with room.chat.db.tenant(room.tenant_id) as tx:
        hold, until = tx.run(
            "SELECT id, expires_at FROM hold WHERE tenant_id = :tenant_id AND left_qty > 0"
        ).one()
    assert until.isoformat() == "2026-11-25T21:00:00+00:00", "the end of the day in Moscow"
    await vera.says(f"/release {hold} 1")
    await vera.taps("Провести")
    vera.sees("Резерв снят")
    assert (room.on_hand(), room.reserved()) == (7, 3)


async def test_an_order_is_shipped_by_its_number(room):
    vera = room.vera
    room.has(10)
    with room.chat.db.tenant(room.tenant_id) as tx:
        order = tx.run(
            "INSERT INTO customer_order (tenant_id, number) VALUES (:tenant_id, '0123-0001-1') RETURNING id"
        ).scalar_one()
        tx.run(
            "INSERT INTO customer_order_line (tenant_id, order_id, line, item_id, qty)"
            " VALUES (:tenant_id, :order, 1, :item, 9)",
            order=order,
            item=room.chair,
        )
    room.promise(2, order_id=order)
    room.promise(3, order_id=order)
    await vera.says("/ship 0123-0001-1 4")
    vera.sees("Резервов несколько, всего 5 шт.")
    await vera.says("/ship 0123-0001-1")
    vera.sees("Заказ 0123-0001-1", "5 шт.", "Ещё 4 шт. заказа ничем не обеспечены")
    await vera.taps("Провести")
    assert (room.on_hand(), room.reserved()) == (5, 0)
    await vera.says("/ship 0123-0001-1")
    vera.sees("Заказ 0123-0001-1 ещё ничего не держит в резерве")
    await vera.says("/ship 9999-0001-1")
    vera.sees("Ни заказа, ни товара «9999-0001-1» нет")


async def test_a_count_sets_the_books_right(room):
    vera = room.vera
    room.has(20)
    await vera.says("/count KRS-42 A-01-03 18")
    vera.sees("Насчитали 18 шт., по книге 20: −2")
    await vera.taps("Провести")
    vera.sees("Инвентаризация проведена", "A-01-03: 18 шт.")
    assert room.on_hand() == 18


async def test_what_was_never_there_may_be_counted_too(room):
    await room.vera.says("/count KRS-42 B-02 3")
    await room.vera.taps("Провести")
    assert room.on_hand(room.b) == 3


# ---- what cannot be, and the nearest right things


async def test_a_barcode_with_a_slip_brings_the_item_that_was_meant(room):
    vera = room.vera
    await vera.says("/receive 4601234567839 20 A-01-03")
    vera.sees("Штрихкод 4601234567839 не найден", "похоже на опечатку", "KRS-42 · Кресло")
    await vera.taps("KRS-42")
    vera.sees("Приход: всё верно?", "20 шт. на A-01-03")


async def test_an_item_that_nobody_knows_is_said_so(room):
    await room.vera.says("/receive ВЕЛОСИПЕД 20 A-01-03")
    room.vera.sees("Товара «ВЕЛОСИПЕД» нет", "Отмена")


async def test_a_place_that_is_not_there_may_be_made_or_another_chosen(room):
    vera = room.vera
    await vera.says("/receive KRS-42 20 A-01-04")
    vera.sees("Места «A-01-04» нет", "Создать место A-01-04", "A-01-03")
    await vera.taps("Создать место A-01-04")
    vera.sees("20 шт. на A-01-04")
    await vera.taps("Провести")
    assert room.total() == 20
    await vera.says("/receive KRS-42 1 A-01-3")
    await vera.taps("A-01-03")
    await vera.taps("Провести")
    assert room.on_hand() == 1


async def test_goods_are_only_taken_from_where_they_are(room):
    vera = room.vera
    room.has(20)
    await vera.says("/move KRS-42 5 из B-02 в A-01-03")
    vera.sees("На B-02 этого товара нет. Он лежит здесь: A-01-03 — 20 шт.")
    await vera.says("/move KRS-42 5 из Z-99 в B-02")
    vera.sees("Места «Z-99» нет")
    vera.does_not_see("Создать место")
    await vera.says("/move KRS-42 5 из A-01-03 в A-01-03")
    vera.sees("Товар уже на A-01-03")


async def test_too_much_is_told_with_how_much_there_is_and_where(room):
    vera = room.vera
    room.has(10)
    room.has(2, room.b)
    room.promise(3)
    await vera.says("/ship KRS-42 20")
    vera.sees("Столько нет: свободно 9 шт.", "A-01-03 — 7 шт.", "B-02 — 2 шт.", "Ещё 3 шт. в резерве")
    await vera.taps("Всё: 9 шт.")
    vera.sees("Отгрузка: всё верно?", "9 шт.")
    await vera.says("/move KRS-42 9 из A-01-03 в B-02")
    vera.sees("Столько нет", "свободно 7", "В других местах: B-02 — 2 шт.")


async def test_what_is_all_promised_or_all_expired_goes_to_nobody(room):
    vera = room.vera
    room.has(2)
    room.promise(2)
    await vera.says("/ship KRS-42 1")
    vera.sees("свободных нет, все 2 шт. в резерве")
    room.has(5, room.b, expires=PAST)
    await vera.says("/reserve KRS-42 1 B-02")
    vera.sees("годного нет, 5 шт. просрочены (до 01.11.2026)")
    assert room.documents("OUTBOUND") == 0


async def test_an_expired_lot_is_not_shipped_though_it_is_named(room):
    vera = room.vera
    room.has(5, expires=PAST)
    room.has(5, expires=GOOD)
    await vera.says("/ship KRS-42 1 до 01.11.2026")
    vera.sees("Партия до 01.11.2026 просрочена", "Взять другую?")
    await vera.taps("Что истекает раньше")
    vera.sees("Возьмём: A-01-03, до 31.05.2027 — 1 шт.")
    await vera.says("/ship KRS-42 1 до 30.06.2027")
    vera.sees("Партии до 30.06.2027 нет. Есть: до 31.05.2027")
    await vera.says("/ship KRS-42 1 без срока")
    vera.sees("Партии без срока нет. Есть: до 31.05.2027")


async def test_of_two_lots_with_one_last_day_the_person_says_which(room):
    vera = room.vera
    room.has(5, expires=GOOD)
    other = room.lot(GOOD, "L-7")
    room.shelf.receive(room.chair, room.a, 3, other)
    await vera.says("/ship KRS-42 2 до 31.05.2027")
    vera.sees("Партий до 31.05.2027 несколько")
    await vera.taps("до 31.05.2027, партия L-7")
    await vera.taps("Провести")
    assert room.on_hand(room.a, other) == 1


async def test_expired_goods_are_not_received(room):
    vera = room.vera
    await vera.says("/receive KRS-42 20 A-01-03 до 31.05.2026")
    vera.sees("Срок до 31.05.2026 уже прошёл", "до 31.05.2027", "Без срока")
    await vera.taps("до 31.05.2027")
    vera.sees("20 шт. на A-01-03, годен до 31.05.2027")
    await vera.says("/receive KRS-42 20 A-01-03 до 31.05.2099")
    vera.sees("похоже на опечатку")


CANNOT_BE = {
    "KRS-42 0 A-01-03": "Ноль штук",
    "KRS-42 -5 A-01-03": "не бывает отрицательным",
    "KRS-42 2,5 A-01-03": "«2,5» — не целое число",
    "KRS-42 1000000 A-01-03": "слишком много за один раз",
    "KRS-42 20 A-01-03 до завтра": "«завтра» — не дата",
    "KRS-42 20 30 A-01-03": "Чисел несколько: 20, 30. Сколько штук?",
}


async def test_only_what_cannot_be_is_asked_again(room):
    vera = room.vera
    for said, sentence in CANNOT_BE.items():
        await vera.says(f"/receive {said}")
        vera.sees("Приход", "KRS-42", "A-01-03", sentence)
        await vera.says("до 31.05.2027" if "до" in said else "20")
        vera.sees("Приход: всё верно?", "20 шт.")


async def test_where_several_things_cannot_be_none_of_them_is_lost(room):
    """A quantity is asked for in any case; a last day that was said is not forgotten for it."""
    vera = room.vera
    await vera.says("/receive KRS-42 0 A-01-03 до завтра")
    vera.sees("«завтра» — не дата")
    await vera.says("до 31.05.2027")
    vera.sees("Сколько штук пришло?")
    await vera.says("4")
    vera.sees("4 шт. на A-01-03, годен до 31.05.2027")


async def test_more_than_a_promise_holds_cannot_be_given_up(room):
    room.has(5)
    number = room.promise(2)
    await room.vera.says(f"/release {number} 3")
    room.vera.sees(f"В резерве №{number} осталось 2 шт.")
    await room.vera.says("/release 999999")
    room.vera.sees("Резерва №999999 нет")


async def test_fewer_than_are_promised_cannot_have_been_counted(room):
    room.has(5)
    room.promise(4)
    await room.vera.says("/count KRS-42 A-01-03 3")
    room.vera.sees("Насчитали 3 шт., а в резерве 4", "/holds")


async def test_a_term_that_is_over_is_asked_again(room):
    room.has(5)
    await room.vera.says("/reserve KRS-42 3 до 01.11.2026")
    room.vera.sees("01.11.2026 уже прошло")
    await room.vera.taps("Завтра: до 21.11")
    room.vera.sees("Держать до 21.11.2026")


# ---- whoever may


@pytest.mark.parametrize("role", ["owner", "manager"])
async def test_every_movement_is_open_to_whoever_runs_the_shop_too(room, role):
    """The storekeeper's own are above; the analyst's refusals are in test_roles."""
    somebody = room.chat.person("Ольга", role, room.tenant_id)
    for said in (
        "/receive KRS-42 20 ПРИЁМКА",
        "/putaway KRS-42 20 ПРИЁМКА A-01-03",
        "/move KRS-42 5 A-01-03 B-02",
        "/reserve KRS-42 4",
        "/ship KRS-42 3",
        "/count KRS-42 A-01-03 11",
    ):
        await somebody.says(said)
        await somebody.taps("Провести")
        somebody.sees("· №")
    await somebody.says("/release")
    await somebody.taps("№")
    await somebody.taps("Провести")
    somebody.sees("Резерв снят")
    assert (room.on_hand(), room.on_hand(room.b), room.reserved()) == (11, 5, 0)
