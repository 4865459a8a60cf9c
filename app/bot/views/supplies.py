"""Goods sent to marketplaces: sent against accepted."""

from app.bot import formats
from app.bot.callbacks import OrdersCall, SuppliesCall, TripCall, trip_call
from app.bot.screen import Bold, Key, Line, Moment, Screen, Table, key, line, rows_of, text
from app.bot.views.common import STOCK_KEY, page_keys
from app.services.warehouse.transit import PAGE, GapNews, SentLine, SentSupply, SuppliesReport, TripReport

STATES = {
    "draft": "ещё черновик", "planned": "запланирована", "allowed": "едет", "unloaded": "выгружена у склада",
    "accepting": "принимают", "accepted": "принята", "cancelled": "отменена",
}  # fmt: skip
UNSEEN = "площадка её ещё не показала"
HOW_TO_SEND = "Отправить товар на площадку: /ship артикул количество на WB номер поставки"


def supplies(report: SuppliesReport) -> Screen:
    numbered = list(enumerate(report.supplies, start=report.page * PAGE + 1))
    page = formats.of_pages(report.page, report.pages)
    return Screen(
        head=f"Поставки на площадки{page}",
        body=(
            *(text(*_row(number, each)) for number, each in numbered),
            text("Отсюда на площадки ещё ничего не уходило.", HOW_TO_SEND) if not numbered else text(),
        ),
        keys=(
            *rows_of([found for number, each in numbered if (found := _open(number, each))], 3),
            page_keys(report.page, report.pages, lambda n: SuppliesCall(page=n)),
            (key("Заказы", OrdersCall()), STOCK_KEY),
        ),
    )


def trip(report: TripReport) -> Screen:
    """While it is on its way, what is missing is on its way; once it is accepted, it is a difference."""
    is_over = report.status == "accepted"
    rows = tuple(
        (formats.clip(each.article or "не связано", 16), formats.number(each.sent),
         formats.number(each.accepted), _left(each, is_over=is_over))
        for each in report.lines
    )  # fmt: skip
    exact = is_over and all(each.sent == each.accepted for each in report.lines)
    unlinked = any(each.item_id is None for each in report.lines)
    return Screen(
        head=f"Поставка {report.number} · {formats.marketplace(report.marketplace)}",
        body=(
            text("Принято ровно столько, сколько отправлено.") if exact else text(_state(report.status)),
            Table(("Товар", "ушло", "принято", "±" if is_over else "в пути"), rows),
            text("«Не связано»: площадка приняла карточку, которая не связана с товаром. Связать: /items")
            if unlinked
            else text(),
        ),
        keys=((key("← Все поставки", SuppliesCall()),),),
    )


def _left(each: SentLine, *, is_over: bool) -> str:
    if is_over:
        return formats.number(each.accepted - each.sent, signed=True)
    return formats.number(max(each.sent - each.accepted, 0))


def _state(status: str | None) -> str:
    return f"Состояние: {_word(status)}."


def _word(status: str | None) -> str:
    return UNSEEN if status is None else STATES.get(status, "состояние неизвестно")


def gap(each: GapNews) -> str:
    """«Поставка WB 123: отправлено 40, принято 38 (−2)», for the digest."""
    return (
        f"Поставка {formats.marketplace(each.marketplace)} {each.number}: отправлено "
        f"{formats.number(each.sent)}, принято {formats.number(each.accepted)}{_by(each.sent, each.accepted)}"
    )


def _by(sent: int, accepted: int) -> str:
    """Equal sums may hide one item for another."""
    return f" ({formats.number(accepted - sent, signed=True)})" if sent != accepted else ", но не тех товаров"


def _open(number: int, each: SentSupply) -> Key | None:
    call: TripCall | None = trip_call(each.marketplace, each.number)
    return None if call is None else key(f"Открыть {number}", call)


def _row(number: int, each: SentSupply) -> list[Line]:
    lines = [
        line(f"{number}. ", Bold(f"{formats.marketplace(each.marketplace)} {each.number}"),
             f" · {_word(each.status)}"),
        line("   ушло ", Moment(each.sent_at), f": {formats.pieces(each.sent)}, принято "
             f"{formats.number(each.accepted)}"),
    ]  # fmt: skip
    if each.status is None:
        lines.append(line("   если номер неверный: найдите отправку в /history и отмените её"))
    if each.status == "cancelled":
        lines.append(line("   ⚠️ поставка отменена: когда товар вернётся, оприходуйте его (/receive)"))
    elif each.status == "accepted" and each.differing:
        lines.append(line(f"   ⚠️ расходится{_by(each.sent, each.accepted)}"))
    elif each.status != "accepted" and each.lacking:
        lines.append(line(f"   в пути {formats.pieces(each.lacking)}"))
    if each.unlinked:
        lines.append(line(f"   из принятого не связано с товарами: {formats.pieces(each.unlinked)}"))
    return lines
