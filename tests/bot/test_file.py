"""A file of movements: read, checked whole, and posted when a person says so."""

import csv
import io
from datetime import date

import pytest
import python_calamine
import xlsxwriter

from app.bot.callbacks import stamped
from app.domain.warehouse.movements import Line, Reason
from app.repositories.documents import keep_document
from app.repositories.lots import ensure_lots
from app.repositories.places import find_places
from app.services.warehouse.file_books import template
from app.services.warehouse.file_lines import KINDS, kind_of
from tests.bot.test_repeats import again, heard, restart
from tests.support.goods import SHOE, SOCKS, item_id, sees, stock_shelf

__all__ = ["heard"]

TITLES = ("Штрихкод или артикул", "Количество", "Место", "Годен до")


def book(*rows, titles=TITLES, sheet="Приход"):
    content = io.BytesIO()
    made = xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "dd.mm.yyyy"})
    page = made.add_worksheet(sheet)
    for number, row in enumerate((titles, *rows)):
        for column, cell in enumerate(row):
            page.write(number, column, cell)
    made.close()
    return content.getvalue()


def table(*rows, titles=TITLES, delimiter=";", encoding="utf-8"):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([titles, *rows])
    return text.getvalue().encode(encoding)


@pytest.fixture
def vera(chat):
    somebody = chat.person("Вера", "storekeeper")
    somebody.shelf = stock_shelf(chat.db, somebody.tenant_id)
    somebody.shelf.place("A-01")
    somebody.shelf.place("B-02")
    return somebody


def last_file(chat, somebody):
    """What the bot sent last."""
    return chat.api.world.files[somebody.chat.messages[-1].file_ids[0]]


def read_book(content):
    return (
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    )


def place(chat, somebody, code):
    with chat.db.tenant(somebody.tenant_id) as tx:
        return find_places(tx, [code])[code]


def lot(chat, somebody, item, until):
    with chat.db.tenant(somebody.tenant_id) as tx:
        return ensure_lots(tx, [(item, until)])[item, until]


def on_shelf(chat, somebody):
    """What lies where: (article, place, last day or None) → pieces."""
    with chat.db.tenant(somebody.tenant_id) as tx:
        rows = tx.run(
            "SELECT i.article, p.code, o.expires_on, s.on_hand FROM stock s"
            " JOIN item i ON i.tenant_id = s.tenant_id AND i.id = s.item_id"
            " JOIN location p ON p.tenant_id = s.tenant_id AND p.id = s.location_id"
            " JOIN lot o ON o.tenant_id = s.tenant_id AND o.id = s.lot_id"
            " WHERE s.tenant_id = :tenant_id AND s.on_hand > 0"
        )
        return {(article, code, until): qty for article, code, until, qty in rows}


def entries(chat, somebody):
    with chat.db.tenant(somebody.tenant_id) as tx:
        return tx.run("SELECT count(*) FROM stock_ledger WHERE tenant_id = :tenant_id").scalar_one()


GOOD = book(
    (float(SHOE), 20, "A-01", ""),
    ("nsk-1", "5 шт.", "а-01", date(2027, 5, 31)),
    (SOCKS, 7.0, "B-02", "05.2027"),
)


async def test_a_file_is_checked_first_and_posted_by_its_button(chat, vera):
    await vera.sends_document("приёмка.xlsx", GOOD)
    sees(vera, "Приход: приёмка.xlsx", "Строк в файле 3", "Можно провести 3", "Штук в них 32")
    sees(vera, "Ошибок нет. Ничего ещё не проведено.")
    assert entries(chat, vera) == 0
    restart(chat)
    await vera.taps("Провести все 3 строки")
    sees(vera, "Приход: проведено, 3 строки", "Штук 32", "приёмка.xlsx", "[Отменить]")
    may = date(2027, 5, 31)
    assert on_shelf(chat, vera) == {
        ("KRS-42", "A-01", None): 20, ("NSK-1", "A-01", may): 5, ("NSK-1", "B-02", may): 7,
    }  # fmt: skip


async def test_the_same_file_says_when_it_was_posted_and_by_whom(chat, vera):
    await vera.sends_document("приёмка.xlsx", GOOD)
    await vera.taps("Провести все 3 строки")
    boris = chat.person("Борис", "manager", vera.tenant_id)
    await boris.sends_document("ещё раз.xlsx", GOOD)
    sees(boris, "Этот файл уже проведён", ", Вера: 3 строки.", "Второй раз не провожу", "/undo")
    boris.does_not_see("[Провести")
    assert entries(chat, vera) == 3


async def test_undone_it_may_be_posted_again(chat, vera):
    await vera.sends_document("приёмка.xlsx", GOOD)
    await vera.taps("Провести все 3 строки")
    await vera.taps("Отменить")
    assert on_shelf(chat, vera) == {}
    await vera.sends_document("приёмка.xlsx", GOOD)
    await vera.taps("Провести все 3 строки")
    assert on_shelf(chat, vera)["KRS-42", "A-01", None] == 20


async def test_an_impatient_finger_a_repeated_update_and_a_second_screen_post_once(heard, chat, vera):
    vera._feed = chat.feed
    await vera.sends_document("приёмка.xlsx", GOOD)
    await vera.sends_document("приёмка.xlsx", GOOD)  # two screens of one file
    await vera.taps("Провести все 3 строки", times=2)
    sees(vera, "Это уже было проведено")
    chat.api.forgive("query is too old")
    chat.api.forgive("message is not modified")
    await again(chat, vera, heard[-1])
    sees(vera, "Приход: проведено")
    first = next(each for each in vera.chat.messages if each.of_bot)
    assert "Ошибок нет" in first.content.text
    vera.chat.messages.remove(vera.chat.messages[-1])
    await vera.taps("Провести все 3 строки")
    sees(vera, "Приход: проведено")
    assert (entries(chat, vera), on_shelf(chat, vera)["KRS-42", "A-01", None]) == (3, 20)


BAD = (
    (SHOE, 20, "A-01", ""),
    ("4601234567894", 5, "A-01", ""),
    ("ШУБА", 5, "A-01", ""),
    (SHOE, 0, "A-01", ""),
    (SHOE, "1,5", "A-01", ""),
    (SHOE, -3, "A-01", ""),
    (SHOE, 1_000_000, "A-01", ""),
    (SHOE, "пять", "A-01", ""),
    (SHOE, 1, "C-09", ""),
    (SHOE, 1, "", ""),
    (SHOE, 1, "A-01", "31.02.2027"),
    (SHOE, 1, "A-01", "01.01.2020"),
    ("", 1, "A-01", ""),
)
FAULTS = (
    "A3: штрихкод 4601234567894 не найден: последняя цифра не сходится, похоже на опечатку",
    "A4: товара «ШУБА» нет",
    "B5: количество — ноль, такую строку удалите",
    "B6: «1,5» — дробное, а товар считают штуками",
    "B7: «-3» — меньше нуля",
    "B8: 1000000 шт. в одной строке — похоже на опечатку",
    "B9: «пять» — не количество",
    "C10: места C-09 нет",
    "C11: место не указано",
    "D12: дня 31.02.2027 в календаре нет",
    "D13: срок 01.01.2020 уже вышел",
    "A14: товар не указан",
)


@pytest.mark.parametrize(("name", "content"), [("п.xlsx", book(*BAD)), ("prihod.csv", table(*BAD))])
async def test_every_fault_names_its_cell_and_nothing_is_posted_but_what_is_chosen(chat, vera, name, content):
    await vera.sends_document(name, content)
    sees(vera, "Строк в файле 13", "Можно провести 1", *FAULTS)
    assert entries(chat, vera) == 0
    await vera.taps("Провести 1 годную строку")
    assert on_shelf(chat, vera) == {("KRS-42", "A-01", None): 20}


async def test_the_bad_lines_come_back_as_a_file_that_may_be_put_right(chat, vera):
    await vera.sends_document("п.xlsx", book(*BAD))
    await vera.taps("Файл с ошибками")
    rows = read_book(last_file(chat, vera))
    assert rows[0] == [*TITLES, "Что исправить"]
    assert [row[4] for row in rows[1:]] == list(FAULTS)
    assert rows[1][:3] == ["4601234567894", 5, "A-01"]


async def test_put_right_and_sent_back_it_says_itself_what_it_is(chat, vera):
    await vera.sends_document("п.xlsx", book(*BAD))
    await vera.taps("Файл с ошибками")
    await vera.sends_document("x.xlsx", last_file(chat, vera))
    sees(vera, "Приход: x.xlsx", "Строк в файле 12", "Можно провести 0", "A2: штрихкод 4601234567894")
    await vera.taps("Файл с ошибками")
    titles, *rows = read_book(last_file(chat, vera))
    assert (titles, len(rows)) == ([*TITLES, "Что исправить"], 12)


async def test_places_that_are_not_there_are_made_on_a_tap(chat, vera):
    await vera.sends_document("приход.csv", table((SHOE, 1, "C-09", ""), (SHOE, 2, "C-10", "")))
    sees(vera, "C2: места C-09 нет", "C3: места C-10 нет", "Можно провести 0")
    vera.does_not_see("[Провести")
    await vera.taps("Создать места (2): C-09, C-10")
    sees(vera, "Можно провести 2")
    await vera.taps("Провести все 2 строки")
    assert on_shelf(chat, vera) == {("KRS-42", "C-09", None): 1, ("KRS-42", "C-10", None): 2}


async def test_a_file_that_does_not_say_what_it_is_is_asked_about(chat, vera):
    vera.shelf.receive(item_id(chat.db, vera.tenant_id, "KRS-42"), place(chat, vera, "A-01"), 9)
    await vera.sends_document("список.csv", table((SHOE, 4, "A-01", "")))
    sees(vera, "список.csv: что это за движение?", "[Приход] [Перемещение]")
    await vera.taps("Списание")
    sees(vera, "Списание: список.csv", "Можно провести 1")
    await vera.taps("Провести строку")
    assert on_shelf(chat, vera) == {("KRS-42", "A-01", None): 5}
    await vera.sends_document("список.csv", table((SHOE, 4, "A-01", "")), "это отгрузка")
    sees(vera, "Отгрузка: список.csv")  # the same lines as another movement are another document
    await vera.taps("Провести строку")
    assert on_shelf(chat, vera) == {("KRS-42", "A-01", None): 1}


async def test_what_is_too_much_says_how_much_there_is_and_where_else(chat, vera):
    shoes = item_id(chat.db, vera.tenant_id, "KRS-42")
    near, far = place(chat, vera, "A-01"), place(chat, vera, "B-02")
    vera.shelf.receive(shoes, near, 9)
    vera.shelf.receive(shoes, far, 30)
    vera.shelf.do(Reason.RESERVE, Line(item_id=shoes, qty=2, location_id=near))
    moves = table((SHOE, 3, "A-01", "B-02"), (SHOE, 5, "A-01", "B-02"), (SHOE, 4, "A-01", "B-02"),
                  titles=("Баркод", "Кол-во", "Откуда", "Куда"))  # fmt: skip
    await vera.sends_document("перемещение.csv", moves)
    sees(vera, "Можно провести 2", "B3: нужно 5, а доступно 4 (в резерве 2); есть на B-02 30")
    await vera.taps("Провести 2 годные строки")
    assert on_shelf(chat, vera) == {("KRS-42", "A-01", None): 2, ("KRS-42", "B-02", None): 37}
    await vera.sends_document("отгрузка.csv", table((SHOE, 100, "", "")))
    sees(vera, "B2: нужно 100, а доступно 37 (в резерве 2)")


async def test_goods_that_went_meanwhile_stop_the_whole_file(chat, vera):
    shoes, near = item_id(chat.db, vera.tenant_id, "KRS-42"), place(chat, vera, "A-01")
    socks = item_id(chat.db, vera.tenant_id, "NSK-1")
    vera.shelf.receive(shoes, near, 9)
    vera.shelf.receive(socks, near, 9)
    await vera.sends_document("отгрузка.csv", table((SHOE, 5, "A-01", ""), (SOCKS, 5, "A-01", "")))
    vera.shelf.do(Reason.OUTBOUND, Line(item_id=shoes, qty=6))
    await vera.taps("Провести все 2 строки")
    sees(vera, "Ничего не проведено", "теперь не хватает: 1")
    assert on_shelf(chat, vera) == {("KRS-42", "A-01", None): 3, ("NSK-1", "A-01", None): 9}
    await vera.taps("Проверить снова")
    sees(vera, "B2: нужно 5, а доступно 3", "Можно провести 1")


async def test_a_count_names_what_it_saw_and_each_place_once(chat, vera):
    honey, near = item_id(chat.db, vera.tenant_id, "MED-5"), place(chat, vera, "A-01")
    for until, qty in ((date(2027, 5, 31), 4), (date(2028, 5, 31), 6)):
        vera.shelf.receive(honey, near, qty, lot(chat, vera, honey, until))
    vera.shelf.receive(item_id(chat.db, vera.tenant_id, "KRS-42"), near, 9)
    counted = table(("MED-5", 3, "A-01", ""), ("MED-5", 3, "A-01", "05.2027"), (SHOE, 0, "A-01", ""),
                    ("KRS-42", 1, "A-01", ""), (SOCKS, 2, "B-02", ""),
                    titles=("Артикул", "Посчитано", "Место", "Срок годности"))  # fmt: skip
    await vera.sends_document("инвентаризация.csv", counted)
    sees(vera, "D2: там лежат разные сроки (31.05.2027, 31.05.2028): укажите, какой")
    sees(vera, "A5: это уже посчитано в строке 4", "Можно провести 3")
    await vera.taps("Провести 3 годные строки")
    assert on_shelf(chat, vera) == {
        ("MED-5", "A-01", date(2027, 5, 31)): 3, ("MED-5", "A-01", date(2028, 5, 31)): 6,
        ("NSK-1", "B-02", None): 2,
    }  # fmt: skip


async def test_a_movement_after_the_count_was_taken_is_not_wiped_out(chat, vera):
    shoes, near = item_id(chat.db, vera.tenant_id, "KRS-42"), place(chat, vera, "A-01")
    vera.shelf.receive(shoes, near, 9)
    await vera.sends_document("инвентаризация.csv", table((SHOE, 8, "A-01", "")))
    vera.shelf.receive(shoes, near, 1)
    await vera.taps("Провести строку")
    sees(vera, "Ничего не проведено", "После проверки на складе было движение")
    assert on_shelf(chat, vera) == {("KRS-42", "A-01", None): 10}


async def test_a_template_filled_in_is_a_file_that_is_read(chat, vera):
    await vera.says("/file")
    sees(vera, "Движения файлом", "[Приход · Excel] [CSV]")
    await vera.taps("Приход · Excel")
    (titles,) = read_book(last_file(chat, vera))
    assert titles == list(TITLES)
    await vera.sends_document("prihod.xlsx", last_file(chat, vera))
    sees(vera, "Под заголовками нет ни одной строки")
    for kind, (name, rows) in {
        "RECEIPT": ("prihod.csv", "Место"), "MOVE": ("peremeshchenie.csv", "Откуда;Куда"),
        "COUNT": ("inventarizaciya.csv", "Посчитано"), "OUTBOUND": ("otgruzka.csv", "Место"),
    }.items():  # fmt: skip
        made, content = template(KINDS[kind], "csv")
        assert (made, rows in content.decode("utf-8-sig")) == (name, True)
        assert kind_of(made) == kind


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF-1.4 \x98\x00", "Это не таблица"),
        ("a.xlsx", b"PK\x03\x04 and no zip", "Это не таблица"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(99), "Это старый Excel"),
        ("a.csv", "Имя;Возраст\nОльга;30".encode(), "Не вижу строки с названиями столбцов"),
        ("a.csv", table(titles=("Штрихкод", "Кол-во")), "В файле нет столбца «Место»"),
        ("a.csv", b"", "Не вижу строки"),
    ],
)
async def test_what_is_no_such_table_is_said(vera, name, content, said):
    await vera.sends_document(name, content, "приход")
    vera.sees(said)


async def taps_button(somebody, data):
    """A button of this data under the bot's last message: an old one, or one made up."""
    await somebody.says("/help")
    somebody.chat.messages[-1].markup = {
        "inline_keyboard": [[{"text": "Кнопка", "callback_data": stamped(data, somebody.tenant_id)}]]
    }
    await somebody.taps("Кнопка")


async def test_nobody_sees_or_posts_anothers_file(chat, vera):
    await vera.sends_document("приёмка.xlsx", GOOD)
    post = vera.chat.messages[-1].keyboard[0][0]["callback_data"].partition("~")[2]
    with chat.db.tenant(vera.tenant_id) as tx:
        file = tx.run("SELECT id FROM document WHERE tenant_id = :tenant_id").scalar_one()
    thief = chat.person("Пётр", "owner")
    for data in (post, post.replace("fp", "fd")):
        await taps_button(thief, data)
        sees(thief, "Такого документа здесь нет")
    for data in (f"fk:{file}:RECEIPT:0", f"fk:{file}:RECEIPT:1", f"fb:{file}:RECEIPT"):
        await taps_button(thief, data)
        sees(thief, "Такого файла нет")
    assert entries(chat, vera) == 0
    await thief.sends_document("приёмка.xlsx", GOOD)
    sees(thief, "A2: штрихкод 4601234567893 не найден")


async def test_a_file_is_posted_by_whoever_sent_it_and_read_by_whoever_may(chat, vera):
    await vera.sends_document("приёмка.xlsx", GOOD)
    post = vera.chat.messages[-1].keyboard[0][0]["callback_data"].partition("~")[2]
    colleague = chat.person("Олег", "storekeeper", vera.tenant_id)
    await taps_button(colleague, post)
    sees(colleague, "составили не вы")
    boris = chat.person("Борис", "analyst", vera.tenant_id)
    await boris.sends_document("приёмка.xlsx", GOOD)
    boris.sees("команда /file закрыта")
    assert entries(chat, vera) == 0


async def test_a_kept_paper_that_is_no_file_of_movements_is_not_read_as_one(chat, vera):
    with chat.db.tenant(vera.tenant_id) as tx:
        paper = keep_document(tx, "договор.xlsx", GOOD, chat.deps.clock.now(), kind="contract")
    await taps_button(vera, f"fk:{paper.id}:RECEIPT:0")
    sees(vera, "Такого файла нет")
    await vera.sends_document("приёмка.xlsx", GOOD)  # the same bytes, as a file of movements
    sees(vera, "Можно провести 3")


async def test_a_file_put_right_and_sent_whole_again_is_noticed(chat, vera):
    lines = [(SHOE, 20, "A-01", ""), (SOCKS, 5, "A-01", ""), (SHOE, 7, "B-02", "05.2027")]
    await vera.sends_document("приход.csv", table(*lines, ("ШУБА", 1, "A-01", "")))
    vera.does_not_see("Осторожно")
    await vera.taps("Провести 3 годные строки")
    await vera.sends_document("приход 2.csv", table(*lines, ("MED-5", 1, "A-01", "")))
    sees(vera, "Осторожно: 3 строки отсюда уже есть в файле «приход.csv» (проведён", ", Вера).", "/undo")
    await vera.sends_document("приход 3.csv", table(*[(code, 1 + qty, *rest) for code, qty, *rest in lines]))
    vera.does_not_see("Осторожно")
    await vera.says("/undo")
    await vera.taps("Отменить")
    await vera.sends_document("приход 4.csv", table(*lines, ("MED-5", 2, "A-01", "")))
    vera.does_not_see("Осторожно")
