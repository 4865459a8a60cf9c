"""Movements by question and answer: only what is missing is asked, a restart forgets nothing, and nothing is
posted twice."""

import pytest

from app.bot.app import build_dispatcher
from tests.bot.storeroom import BARCODE, GOOD
from tests.bot.test_repeats import again, heard  # noqa: F401


def restart(chat):
    """Another process: nothing of the memory is left."""
    chat.dispatcher = build_dispatcher(chat.deps)


async def test_a_receipt_is_asked_for_piece_by_piece(room):
    vera = room.vera
    room.has(1, expires=GOOD)
    await vera.says("/receive")
    vera.sees("Приход", "Какой товар?", "Отмена")
    await vera.says(BARCODE)
    vera.sees("KRS-42 · Кресло", "Сколько штук пришло?", "20 шт.")
    await vera.taps("20 шт.")
    vera.sees("20 шт.", "На какое место кладём?", "A-01-03")
    await vera.says("B-02")
    vera.sees("До какого дня годна эта партия?", "до 31.05.2027", "Без срока")
    await vera.taps("до 31.05.2027")
    vera.sees("Приход: всё верно?", "20 шт. на B-02, годен до 31.05.2027")
    await vera.taps("Провести")
    assert room.total() == 21


async def test_a_move_asks_from_where_which_lot_how_many_and_where_to(room):
    vera = room.vera
    lot = room.has(8, expires=GOOD)
    room.has(3)
    room.has(2, room.b)
    await vera.says("/move KRS-42")
    vera.sees("Откуда берём?", "A-01-03: 11 шт.", "B-02: 2 шт.")
    await vera.taps("A-01-03: 11 шт.")
    vera.sees("несколько партий", "до 31.05.2027: 8 шт.", "без срока: 3 шт.")
    await vera.taps("до 31.05.2027: 8 шт.")
    vera.sees("На A-01-03 до 31.05.2027: 8 шт.", "Сколько переносим?")
    await vera.says("6")
    vera.sees("На какое место переносим?", "B-02")
    await vera.taps("B-02")
    await vera.taps("Провести")
    assert (room.on_hand(room.a, lot), room.on_hand(room.b, lot)) == (2, 6)


async def test_a_promise_is_chosen_from_those_there_are(room):
    vera = room.vera
    room.has(9)
    first, second = room.promise(2), room.promise(3)
    await vera.says("/ship")
    vera.sees("Что отгружаем?", f"№{first} · KRS-42 · 2 шт.", f"№{second} · KRS-42 · 3 шт.")
    await vera.taps(f"№{second}")
    await vera.taps("Провести")
    assert (room.on_hand(), room.reserved()) == (6, 2)
    await vera.says("/release")
    await vera.taps(f"№{first}")
    await vera.taps("Провести")
    vera.sees("Резерв снят")
    assert (room.on_hand(), room.reserved()) == (6, 0)
    await vera.says("/release")
    vera.sees("снимать нечего")


async def test_a_reserve_may_get_a_term_before_it_is_posted(room):
    vera = room.vera
    room.has(9)
    await vera.says("/reserve KRS-42 2")
    await vera.taps("Указать, до какого дня")
    vera.sees("До какого дня держать резерв?")
    await vera.says("25.11.2026")
    vera.sees("Держать до 25.11.2026 включительно")


async def test_a_receipt_may_get_a_last_day_before_it_is_posted(room):
    vera = room.vera
    await vera.says("/receive KRS-42 2 A-01-03")
    await vera.taps("Указать срок годности")
    await vera.says("до 05.2027")
    vera.sees("2 шт. на A-01-03, годен до 31.05.2027")


async def test_a_supply_is_asked_for_its_number(room):
    vera = room.vera
    room.has(9)
    await vera.says("/ship KRS-42 2 на Ozon")
    vera.sees("Номер поставки на Ozon?")
    await vera.says("2000012345")
    vera.sees("2 шт. на Ozon, поставка 2000012345")


async def test_what_is_drawn_may_be_put_right_by_words_and_the_old_button_is_dead(room):
    vera = room.vera
    await vera.says("/receive KRS-42 20 A-01-03")
    await vera.says("25")
    vera.sees("25 шт. на A-01-03")
    await vera.says("B-02")
    vera.sees("25 шт. на B-02")
    old = next(each for each in vera.chat.messages if each.of_bot)
    vera.chat.messages.append(old)  # an old screen, scrolled up to
    await vera.taps("Провести")
    vera.sees("Этот документ отменён, ничего не проведено")
    vera.chat.messages.pop()
    await vera.taps("Провести")
    assert (room.on_hand(), room.on_hand(room.b)) == (0, 25)


async def test_words_that_mean_nothing_are_told_and_nothing_is_lost(room):
    vera = room.vera
    await vera.says("/receive KRS-42 5 A-01-03 пожалуйста быстрее")
    vera.sees("Не понимаю «пожалуйста быстрее»", "5 шт. на A-01-03")
    await vera.says("спасибо")
    vera.sees("Не понимаю «спасибо»", "Приход: всё верно?")
    await vera.says("/receive KRS-42")
    await vera.says("много")
    vera.sees("Не понимаю «много»", "Сколько штук пришло?")
    await vera.says("5")
    vera.sees("На какое место кладём?")


async def test_somebody_may_change_their_mind_at_any_question(room):
    vera = room.vera
    await vera.says("/receive KRS-42")
    await vera.taps("Отмена")
    vera.sees("Приход: отменено", "Ничего не проведено")
    await vera.says("/receive KRS-42")
    await vera.says("Отмена")
    vera.sees("Приход: отменено")
    await vera.says("/receive KRS-42 5 A-01-03")
    await vera.taps("Отмена")
    vera.sees("Приход: отменено")
    await vera.taps("Начать заново")
    vera.sees("Какой товар?")
    assert room.documents() == 0


async def test_a_count_shows_the_books_and_never_wipes_a_movement_out(room):
    vera = room.vera
    room.has(20)
    room.promise(2)
    await vera.says("/count KRS-42")
    vera.sees("На A-01-03", "по книге 20 шт., из них в резерве 2. Сколько насчитали?")
    room.has(5)  # somebody receives while it is counted
    await vera.says("19")
    vera.sees("было 20 шт., стало 25", "Вы насчитали 19")
    await vera.says("24")
    vera.sees("Насчитали 24 шт., по книге 25: −1")
    room.has(1)  # and once more before the button
    await vera.taps("Провести")
    vera.sees("не проведено", "было 25 шт., стало 26 шт.", "Вы насчитали 24")
    assert room.on_hand() == 26
    await vera.taps("Начать заново")
    vera.sees("Какой товар считаем?")


async def test_goods_that_went_meanwhile_are_told_and_nothing_is_posted(room):
    vera = room.vera
    room.has(5)
    await vera.says("/ship KRS-42 5")
    room.promise(3)
    await vera.taps("Провести")
    vera.sees("Отгрузка: не проведено", "Не хватает 3 шт.", "A-01-03: 5 шт., свободно 2")
    assert room.documents("OUTBOUND") == 0


# ---- once and only once


async def test_an_impatient_finger_posts_once(room):
    vera = room.vera
    room.chat.api.forgive("message is not modified")
    await vera.says("/receive KRS-42 20 A-01-03")
    await vera.taps("Провести", times=3)
    vera.sees("Приход проведён")
    assert (room.total(), room.documents("RECEIPT")) == (20, 1)


async def test_a_second_tap_is_told_what_the_first_one_did(room):
    vera = room.vera
    await vera.says("/receive KRS-42 20 A-01-03")
    button = next(each for each in reversed(vera.chat.messages) if each.of_bot)
    drawn = button.markup
    await vera.taps("Провести")
    await vera.says("/ship KRS-42 15")
    await vera.taps("Провести")
    button.markup = drawn
    vera.chat.messages.append(button)
    await vera.taps("Провести")
    vera.sees("Приход проведён", "A-01-03: 20 шт.", "уже был проведён")
    assert (room.total(), room.documents("RECEIPT")) == (5, 1)


async def test_an_update_that_comes_again_draws_and_posts_nothing_new(heard, room):  # noqa: F811
    vera, chat = room.vera, room.chat
    vera._feed = chat.feed
    await vera.says("/receive KRS-42 20 A-01-03")
    line = heard[-1]
    await vera.taps("Провести")
    tap = heard[-1]
    chat.api.forgive("query is too old")
    chat.api.forgive("message is not modified")
    await again(chat, vera, tap)
    await again(chat, vera, line)
    vera.sees("Приход: всё верно?")
    await vera.taps("Провести")
    vera.sees("уже был проведён")
    assert (room.total(), room.documents("RECEIPT")) == (20, 1)


async def test_words_that_come_again_are_heard_once(heard, room):  # noqa: F811
    """«20» is the quantity; handed over again it is not taken for a place."""
    vera, chat = room.vera, room.chat
    vera._feed = chat.feed
    await vera.says("/receive KRS-42")
    await vera.says("20")
    await again(chat, vera, heard[-1])
    vera.sees("20 шт.", "На какое место кладём?")


async def test_a_restart_in_the_middle_forgets_nothing(room):
    vera, chat = room.vera, room.chat
    await vera.says("/receive KRS-42")
    restart(chat)
    await vera.taps("5 шт.")
    restart(chat)
    await vera.says("A-01-03")
    restart(chat)
    await vera.taps("Провести")
    assert room.on_hand() == 5


async def test_an_old_question_answers_nothing_but_shows_the_one_that_stands(room):
    vera = room.vera
    await vera.says("/receive KRS-42")
    old = next(each for each in reversed(vera.chat.messages) if each.of_bot)
    await vera.says("7")
    vera.chat.messages.append(old)
    await vera.taps("1 шт.")
    vera.sees("7 шт.", "На какое место кладём?")
    await vera.says("/stock")
    vera.chat.messages.append(old)
    await vera.taps("Отмена")
    vera.sees("Этот разговор уже окончен")


async def test_a_draft_is_posted_by_whoever_drew_it_and_where_it_was_drawn(room):
    vera, chat = room.vera, room.chat
    await vera.says("/receive KRS-42 5 A-01-03")
    drawn = next(each for each in reversed(vera.chat.messages) if each.of_bot).markup
    oleg = chat.person("Олег", "storekeeper", room.tenant_id)
    stranger = chat.person("Чужой", "owner")
    for somebody, sentence in ((oleg, "составили не вы"), (stranger, "другой организации")):
        await somebody.says("/help")
        message = next(each for each in reversed(somebody.chat.messages) if each.of_bot)
        message.markup = drawn
        await somebody.taps("Провести")
        somebody.sees(sentence)
    await vera.says("/help")
    message = next(each for each in reversed(vera.chat.messages) if each.of_bot)
    button = {**drawn["inline_keyboard"][0][0]}
    button["callback_data"] = button["callback_data"].replace("receive", "count")  # as a count: another deed
    message.markup = {"inline_keyboard": [[button]]}
    await vera.taps("Провести")
    vera.sees("Такого документа здесь нет")
    assert room.documents() == 0


@pytest.mark.parametrize("role", ["analyst"])
async def test_whoever_may_not_move_goods_posts_no_draft_of_their_own_either(room, role):
    """The role is asked again at the last button: it may have changed since the draft was drawn."""
    vera, chat = room.vera, room.chat
    await vera.says("/receive KRS-42 5 A-01-03")
    with chat.db.platform() as tx:
        tx.run("UPDATE membership SET role = :role WHERE tenant_id = :t", role=role, t=room.tenant_id)
    await vera.taps("Провести")
    vera.sees("команда /receive закрыта")
    await vera.says("6")
    vera.sees("команда /receive закрыта")
    assert room.documents() == 0
