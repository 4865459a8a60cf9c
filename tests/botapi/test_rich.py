"""Rich messages: what passes is read line by line, what does not is named."""

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    InputRichBlockDetails,
    InputRichBlockParagraph,
    InputRichBlockTable,
    InputRichMessage,
    RichBlockTableCell,
    RichTextBold,
)


def cell(text, **rest):
    return RichBlockTableCell(text=text, align="left", valign="top", **rest)


async def test_a_rich_table_is_read_row_by_row(bot, anna):
    table = InputRichBlockTable(
        cells=[
            [cell("Статья", is_header=True), cell("Сумма", is_header=True)],
            [cell(RichTextBold(text="Прибыль")), cell(["−1\u2009180,50\u00a0₽"])],
        ],
        is_bordered=True,
    )
    await bot.send_rich_message(anna.id, InputRichMessage(blocks=[table]))
    anna.sees("Статья | Сумма")
    anna.sees_rubles("Прибыль", "-1180,5")


async def test_rich_html_is_read_and_its_buttons_can_be_seen(bot, anna):
    html = (
        "<h2>Вчера</h2><table bordered><tr><th>Статья</th><th>Сумма</th></tr>"
        "<tr><td>Прибыль</td><td>5 ₽</td></tr></table>"
        "<ul><li>раз</li><li>два</li></ul><details><summary>Ещё</summary><p>тело</p></details>"
        '<tg-button-row align="left">'
        '<tg-button type="callback_data" data="x" style="primary">30 дней</tg-button></tg-button-row>'
    )
    sent = await bot.send_rich_message(anna.id, InputRichMessage(html=html))
    assert anna.screen == "Вчера\nСтатья | Сумма\nПрибыль | 5 ₽\nраз\nдва\nЕщё\nтело\n[30 дней]"
    await bot.edit_message_text(
        rich_message=InputRichMessage(html="<p>стало</p>"), chat_id=anna.id, message_id=sent.message_id
    )
    assert anna.screen == "стало"


def nested(levels):
    block = InputRichBlockParagraph(text="a")
    for _ in range(levels - 1):
        block = InputRichBlockDetails(summary="s", blocks=[block])
    return InputRichMessage(blocks=[block])


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (InputRichMessage(html="<p>a</p>", markdown="a"), "more than one of"),
        (InputRichMessage(), "must have one of"),
        (InputRichMessage(markdown="a"), "not used here"),
        (InputRichMessage(html="<div>a</div>"), 'Unsupported start tag "div"'),
        (InputRichMessage(html="<p>a < b</p>"), 'Unsupported start tag ""'),
        (InputRichMessage(html="<td>a</td>"), "out of place"),
        (InputRichMessage(html="<p> </p>"), "message text is empty"),
        (InputRichMessage(html="<p>" + "a" * 32769 + "</p>"), "RICH_MESSAGE_TOO_LONG"),
        (InputRichMessage(blocks=[InputRichBlockTable(cells=[[cell("a")] * 21])]), "at most 20"),
        (InputRichMessage(html=f"<table><tr>{'<td>a</td>' * 21}</tr></table>"), "at most 20"),
        (InputRichMessage(blocks=[InputRichBlockParagraph(text="a")] * 501), "at most 500"),
        (nested(17), "deeper than 16"),
        (
            InputRichMessage(
                blocks=[InputRichBlockTable(cells=[[RichBlockTableCell(text="a", align="up", valign="top")]])]
            ),
            "must be one of center, left, right",
        ),
    ],
)
async def test_a_rich_message_that_breaks_a_limit_is_refused(api, bot, anna, message, words):
    with api.expecting(words), pytest.raises(TelegramBadRequest):
        await bot.send_rich_message(anna.id, message)


async def test_twenty_columns_and_sixteen_levels_pass(bot, anna):
    row = InputRichBlockTable(cells=[[cell("a")] * 20])
    await bot.send_rich_message(anna.id, InputRichMessage(blocks=[row]))
    await bot.send_rich_message(anna.id, nested(16))
    anna.sees("s", "a")


async def test_drafts_are_seen_to_be_valid_and_leave_no_message(api, bot, anna):
    await bot.send_message_draft(anna.id, draft_id=1, text="считаю…")
    await bot.send_rich_message_draft(anna.id, draft_id=1, rich_message=InputRichMessage(html="<p>a</p>"))
    assert anna.chat.drafts == ["считаю…", "a"]
    assert anna.screen == ""
    with api.expecting("DRAFT_ID_INVALID"), pytest.raises(TelegramBadRequest):
        await bot.send_message_draft(anna.id, draft_id=0, text="a")
