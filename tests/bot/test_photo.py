"""A photo of a barcode is as good as its digits, wherever the conversation is."""

import io

import pytest
from PIL import Image

from app.core.errors import BadInput
from app.services.warehouse import photo as reading
from app.services.warehouse.photo import read_codes
from tests.support.goods import SHOE, SOCKS, list_sku, sees, stock_shelf
from tests.support.labels import label, photo
from tests.support.worlds import make_cabinet

MARKED = f"010{SHOE}215'x!R(ab7Kk\x1d91EE11\x1d92dGVzdA=="


@pytest.fixture
def vera(chat):
    somebody = chat.person("Вера", "storekeeper")
    somebody.shelf = stock_shelf(chat.db, somebody.tenant_id)
    somebody.shelf.place("A-01")
    return somebody


@pytest.mark.parametrize(
    ("text", "kind", "read"),
    [
        (SHOE, "EAN13", SHOE), ("96385074", "EAN8", "96385074"), ("036000291452", "UPCA", "0036000291452"),
        ("OZN777", "Code128", "OZN777"), ("https://ambar/KRS-42", "QRCode", "https://ambar/KRS-42"),
        ("Шапка", "QRCode", "Шапка"), (MARKED, "DataMatrix", MARKED),
        ("14601234567890", "ITF", "14601234567890"),
    ],
)  # fmt: skip
def test_every_kind_of_label_is_read(text, kind, read):
    assert read_codes(photo([label(text, kind)])) == (read,)


@pytest.mark.parametrize("turned", [90, 180, 7])
def test_a_phone_may_be_held_as_one_likes(turned):
    assert read_codes(photo([label(SHOE)], turned=turned, form="PNG")) == (SHOE,)


def test_what_is_no_picture_or_too_large_a_one_is_said(monkeypatch):
    cut = photo([label(SHOE)])[:400]
    for content in (b"", b"x" * 99, b"\xff\xd8\xff\xe0" + b"x" * 99, cut):
        with pytest.raises(BadInput, match="не картинка"):
            read_codes(content)
    long = io.BytesIO()
    Image.new("1", (10_001, 10)).save(long, "PNG")
    with pytest.raises(BadInput, match="слишком большой"):
        read_codes(long.getvalue())
    monkeypatch.setattr(reading, "LARGEST", 10)
    with pytest.raises(BadInput, match="слишком большой"):
        read_codes(photo([label(SHOE)]))


async def test_a_photo_finds_the_item(vera):
    await vera.sends_photo(photo([label(MARKED, "DataMatrix")]))
    sees(vera, "KRS-42 · Кроссовки беговые красные, 42", "На полке 0 шт.")


async def test_a_picture_sent_as_a_file_is_a_photo(vera):
    await vera.sends_document("IMG_1.PNG", photo([label(SHOE)], form="PNG"))
    sees(vera, "KRS-42 · Кроссовки")


async def test_a_photo_of_nothing_is_said_and_of_nobodys_code_too(vera):
    await vera.sends_photo(photo([]))
    sees(vera, "Штрихкода на фото не видно", "наберите цифры под ним")
    await vera.sends_photo(photo([label("4006381333931")]))
    sees(vera, "Штрихкод 4006381333931 не найден")


async def test_of_several_codes_the_one_that_is_ours_is_meant(vera):
    await vera.sends_photo(photo([label("CARRIER-1", "Code128"), label(SHOE)]))
    sees(vera, "KRS-42 · Кроссовки", "На полке 0 шт.")
    await vera.sends_photo(photo([label(SHOE), label("OZN777", "Code128")]))
    sees(vera, "KRS-42 · Кроссовки", "На полке 0 шт.")  # two labels of one thing


async def test_of_several_of_ours_one_is_chosen(vera):
    await vera.sends_photo(photo([label(SHOE), label(SOCKS), label("CARRIER-1", "Code128")]))
    sees(vera, "На фото штрихкодов: 3. Какой нужен?", "не наш: CARRIER-1")
    await vera.taps("NSK-1 · Носки шерстяные")
    sees(vera, "NSK-1 · Носки шерстяные", "На полке 0 шт.")


async def test_a_photo_fills_the_wizard(vera):
    await vera.says("/receive")
    await vera.sends_photo(photo([label(SHOE)]))
    sees(vera, "KRS-42", "Сколько")
    await vera.says("20")
    await vera.says("A-01")
    sees(vera, "всё верно?", "20 шт.")
    await vera.taps("Провести")
    sees(vera, "Приход проведён")


async def test_one_of_several_codes_fills_the_wizard_by_a_tap(vera):
    await vera.says("/receive")
    await vera.sends_photo(photo([label(SHOE), label(SOCKS)]))
    await vera.taps("NSK-1 · Носки шерстяные")
    sees(vera, "NSK-1", "Сколько")


async def test_a_photo_says_which_item_a_listing_is(chat, vera):
    cabinet = make_cabinet(chat.db, "WB", vera.tenant_id)
    list_sku(chat.db, vera.tenant_id, cabinet.id, "WB", 501, "WB-KRS")
    await vera.says("/items")
    await vera.taps("Связать вручную")
    await vera.taps("Связать 1")
    await vera.sends_photo(photo([label(SHOE)]))
    sees(vera, "WB WB-KRS — это KRS-42")


async def test_a_stranger_shows_us_nothing(chat):
    await (stranger := chat.stranger("Пётр")).sends_photo(photo([label(SHOE)]))
    sees(stranger, "Сначала нужна организация")
