"""/holds, /history and /undo: what is promised, what happened and who did it, and how it is taken back."""

from app.bot.callbacks import stamped
from app.bot.callbacks_shelf import HistoryCall, HoldCall, MoveCall, MoveDraftCall, PaperCall, UndoCall
from app.domain.warehouse.movements import Reason
from tests.bot.storeroom import GOOD
from tests.bot.test_repeats import again, heard  # noqa: F401


async def received(room, said="KRS-42 20 A-01-03"):
    await room.vera.says(f"/receive {said}")
    await room.vera.taps("Провести")


async def test_what_was_posted_is_taken_back_by_one_tap_and_stays_in_the_history(room):
    vera = room.vera
    await received(room)
    await vera.taps("Отменить")
    vera.sees("отменён · №", "KRS-42: A-01-03: 0 шт.")
    assert (room.total(), room.documents("REVERSAL")) == (0, 1)
    await vera.says("/history KRS-42")
    vera.sees("История: KRS-42", "приход · Вера", "+20 шт., стало 20 шт.")
    vera.sees("отмена документа", "−20 шт., стало 0 шт.")


async def test_taking_back_twice_is_taking_back_once(room):
    vera = room.vera
    room.chat.api.forgive("message is not modified")
    await received(room)
    await vera.taps("Отменить", times=3)
    vera.sees("отменён · №", "второй раз ничего не изменилось")
    assert (room.total(), room.documents("REVERSAL")) == (0, 1)


async def test_what_has_gone_on_cannot_be_taken_back_and_the_sentence_says_why(room):
    vera = room.vera
    await received(room)
    number = (await last_document(room))["id"]
    await vera.says("/ship KRS-42 15")
    await vera.taps("Провести")
    await vera.says(f"/undo {number}")
    await vera.taps(f"Отменить документ №{number}")
    vera.sees("нельзя, товар уже ушёл дальше", "на A-01-03 свободно 5 шт., а вернуть нужно 20")
    assert room.documents("REVERSAL") == 0


async def test_what_another_way_took_back_already_says_so(room):
    vera = room.vera
    await received(room)
    number = (await last_document(room))["id"]
    await vera.says(f"/undo {number}")
    with_button = next(each for each in reversed(vera.chat.messages) if each.of_bot)
    room.shelf.do(Reason.REVERSAL, ref="from-a-program", reverses=number)
    assert with_button.markup
    await vera.taps(f"Отменить документ №{number}")
    vera.sees(f"Документ №{number} уже отменён")


async def test_a_reservation_is_taken_back_by_giving_it_up(room):
    vera = room.vera
    room.has(9)
    await vera.says("/reserve KRS-42 4")
    await vera.taps("Провести")
    number = (await last_document(room))["id"]
    await vera.taps("Отменить")
    assert (room.on_hand(), room.reserved()) == (9, 0)
    await vera.says("/reserve KRS-42 4")
    await vera.taps("Провести")
    other = (await last_document(room))["id"]
    assert other > number
    with room.chat.db.tenant(room.tenant_id) as tx:
        hold = tx.run("SELECT max(id) FROM hold WHERE tenant_id = :tenant_id").scalar_one()
    await vera.says(f"/ship №{hold}")
    await vera.taps("Провести")
    await vera.says(f"/undo {other}")
    await vera.taps(f"Отменить документ №{other}")
    vera.sees("нельзя: по нему отгружено 4 шт.")


async def test_a_shipped_promise_taken_back_leaves_goods_promised_to_nobody(room):
    vera = room.vera
    room.has(9)
    hold = room.promise(4)
    await vera.says(f"/ship №{hold}")
    await vera.taps("Провести")
    await vera.taps("Отменить")
    vera.sees("резерв на него не возвращается")
    assert (room.on_hand(), room.reserved()) == (9, 0)


async def test_what_can_be_taken_back_is_listed_ones_own_first(room):
    vera = room.vera
    await vera.says("/undo")
    vera.sees("Вы ещё ничего не проводили")
    await received(room)
    number = (await last_document(room))["id"]
    oleg = room.chat.person("Олег", "owner", room.tenant_id)
    await oleg.says("/undo")
    oleg.sees("Вы ещё ничего не проводили")
    await oleg.taps("Документы всех")
    oleg.sees(f"№{number}", "приход", "Вера")
    await oleg.taps(f"№{number}")
    oleg.sees("KRS-42, A-01-03: +20 шт., стало 20 шт.")
    await oleg.taps(f"Отменить документ №{number}")
    assert room.total() == 0
    await oleg.says("/undo приход")
    oleg.sees("не номер документа")
    await oleg.says("/undo 999999")
    oleg.sees("Документа №999999 нет")


async def test_a_tap_that_comes_again_takes_back_once(heard, room):  # noqa: F811
    vera, chat = room.vera, room.chat
    vera._feed = chat.feed
    await received(room)
    await vera.taps("Отменить")
    chat.api.forgive("query is too old")
    chat.api.forgive("message is not modified")
    await again(chat, vera, heard[-1])
    assert (room.total(), room.documents("REVERSAL")) == (0, 1)


async def test_promises_are_listed_opened_and_used(room):
    vera = room.vera
    await vera.says("/holds")
    vera.sees("Резервов нет", "/reserve")
    room.has(30, expires=GOOD)
    holds = [room.promise(2) for _ in range(10)]
    await vera.says("/holds")
    vera.sees("В резерве: 10 записей · стр. 1/2", f"№{holds[0]} KRS-42 · 2 шт.", "A-01-03, до 31.05.2027")
    await vera.taps("2 →")
    await vera.taps(f"№{holds[9]}")
    vera.sees(f"Резерв №{holds[9]}", "Обещано 2 шт., осталось 2 шт.", "Отгрузить", "Снять")
    await vera.taps("Отгрузить")
    vera.sees("Отгрузка: всё верно?")
    await vera.taps("Провести")
    assert room.total() == 28
    masha = room.chat.person("Маша", "analyst", room.tenant_id)
    await masha.says("/holds")
    await masha.taps(f"№{holds[0]}")
    masha.sees("Обещано 2 шт.")
    masha.does_not_see("Снять")


async def test_the_history_has_pages_and_knows_documents(room):
    vera = room.vera
    await vera.says("/history")
    vera.sees("Движений ещё не было")
    for _ in range(12):
        room.has(1)
    await vera.says("/history")
    vera.sees("Движения на складе", "приход", "Раньше →")
    await vera.taps("Раньше →")
    vera.sees("стр. 2", "← Новее")
    await vera.says("/history KRS-42")
    vera.sees("стало 12 шт.", "стало 5 шт.")
    await vera.taps("Раньше →")
    vera.sees("стало 4 шт.", "стало 1 шт.")
    vera.does_not_see("стало 5 шт.")
    await vera.says("/history 4601234567839")
    vera.sees("не найден")
    await vera.taps("KRS-42")
    vera.sees("История: KRS-42")


async def test_another_organisations_numbers_are_nobodys(room):
    """Every number that a button or a line can name, guessed by the owner of another organisation."""
    vera = room.vera
    await received(room)
    paper = (await last_document(room))["id"]
    hold = room.promise(2)
    await vera.says("/ship KRS-42 1")
    with room.chat.db.tenant(room.tenant_id) as tx:
        draft = tx.run("SELECT max(id) FROM stock_draft WHERE tenant_id = :tenant_id").scalar_one()
    thief = room.chat.person("Чужой", "owner")
    for said, seen in (
        (f"/ship №{hold}", f"Резерва №{hold} нет"),
        (f"/release {hold}", f"Резерва №{hold} нет"),
        (f"/undo {paper}", f"Документа №{paper} нет"),
        ("/receive KRS-42 1 A-01-03", "Товара «KRS-42» нет"),
        ("/history", "Движений ещё не было"),
        ("/holds", "Резервов нет"),
    ):
        await thief.says(said)
        thief.sees(seen)
    await thief.says("/help")
    message = next(each for each in reversed(thief.chat.messages) if each.of_bot)
    for call, seen in (
        (HoldCall(hold=hold), f"Резерва №{hold} нет"),
        (PaperCall(document=paper), f"Документа №{paper} нет"),
        (UndoCall(document=paper), f"Документа №{paper} нет"),
        (HistoryCall(item=room.chair), "Такого товара нет"),
        (MoveDraftCall(kind="ship", draft=draft, deed="post"), "Такого документа здесь нет"),
        (MoveDraftCall(kind="ship", draft=draft, deed="drop"), "Такого документа здесь нет"),
        (MoveCall(kind="ship", hold=hold), f"Резерва №{hold} нет"),
        (MoveCall(kind="receive", item=room.chair), "Какой товар?"),
    ):
        data = stamped(call.pack(), thief.tenant_id)
        message.markup = {"inline_keyboard": [[{"text": "Кнопка", "callback_data": data}]]}
        thief.chat.messages.append(message)
        await thief.taps("Кнопка")
        thief.sees(seen)
    assert (room.on_hand(), room.reserved(), room.documents()) == (20, 2, 2)


async def last_document(room):
    with room.chat.db.tenant(room.tenant_id) as tx:
        sql = "SELECT id, reason FROM stock_document WHERE tenant_id = :tenant_id ORDER BY id DESC LIMIT 1"
        return dict(tx.run(sql).one()._mapping)
