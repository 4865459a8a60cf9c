"""Goods that are no more: written off from exactly where they lie, past their last day too."""

from tests.bot.storeroom import GOOD, PAST


async def test_goods_are_written_off_by_one_line_and_brought_back(room):
    vera = room.vera
    room.has(10)
    await vera.says("/writeoff KRS-42 3 A-01-03")
    vera.sees("Списание: всё верно?", "KRS-42 · Кресло", "3 шт. с A-01-03", "останется 7 шт.")
    assert room.documents("WRITE_OFF") == 0
    await vera.taps("Провести")
    vera.sees("Списано · №", "A-01-03: 7 шт.")
    await vera.taps("Отменить")
    assert room.on_hand() == 10


async def test_what_is_past_its_last_day_goes_where_it_cannot_be_shipped(room):
    vera = room.vera
    room.has(5, expires=GOOD)
    old = room.has(4, expires=PAST)
    await vera.says("/find KRS-42")
    vera.sees("только списывается: /writeoff")
    await vera.taps("Списать")
    vera.sees("На A-01-03 несколько партий. Какую списываем?", "до 01.11.2026: 4 шт.", "до 31.05.2027: 5 шт.")
    await vera.taps("до 01.11.2026: 4 шт.")
    vera.sees("На A-01-03 до 01.11.2026: 4 шт. Сколько списываем?")
    await vera.taps("Всё: 4 шт.")
    await vera.taps("Провести")
    assert (room.on_hand(room.a, old), room.total()) == (0, 5)


async def test_a_place_is_asked_where_there_are_several_and_more_than_is_there_is_not_taken(room):
    vera = room.vera
    room.has(5)
    room.has(2, room.b)
    await vera.says("/writeoff KRS-42 3")
    vera.sees("С какого места списываем?", "A-01-03: 5 шт.", "B-02: 2 шт.")
    await vera.taps("B-02: 2 шт.")
    vera.sees("Столько нет. На B-02 без срока: 2 шт., свободно 2. В других местах: A-01-03 — 5 шт.")
    await vera.says("1")
    await vera.taps("Провести")
    assert (room.on_hand(), room.on_hand(room.b)) == (5, 1)


async def test_what_is_promised_is_not_written_off(room):
    vera = room.vera
    room.has(5)
    room.promise(5)
    await vera.says("/writeoff KRS-42 1")
    vera.sees("свободных нет, обещанное не списывают, пока резерв не снят: /holds")
    assert room.documents("WRITE_OFF") == 0


async def test_of_what_is_not_there_nothing_can_be_written_off(room):
    await room.vera.says("/writeoff KRS-42 1")
    room.vera.sees("«KRS-42» на складе нет: списывать нечего. Другой товар?")
