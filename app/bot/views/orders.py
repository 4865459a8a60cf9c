"""Orders to the own shelf: the list, one order, and what became of it."""

from app.bot import formats
from app.bot.callbacks import OrderCall, OrdersCall, SuppliesCall
from app.bot.screen import Block, Bold, Key, Line, Screen, Table, key, line, rows_of, text
from app.bot.views.common import page_keys
from app.services.warehouse.orders import (
    GONE,
    PAGE,
    BookedOrder,
    OrderDone,
    OrderHold,
    OrdersReport,
    OrderView,
)

NAMED = 4
"""Articles that a line names."""
STATES = {
    "allocated": "готов к отгрузке", "partial": "собран не весь", "waiting": "ждёт товара",
    "paused": "отложен", "shipped": "отгружен", "cancelled": "отменён",
}  # fmt: skip
TOLD = {
    "bought": "площадка говорит, что заказ уже у покупателя",
    "returned": "площадка говорит, что покупатель его вернул",
    "defective": "площадка говорит, что его вернули с браком",
    "cancelled": "площадка его отменила",
}
LIST_KEY = key("← Все заказы", OrdersCall())
SUPPLIES_KEY = key("Поставки", SuppliesCall())


def orders(report: OrdersReport) -> Screen:
    numbered = list(enumerate(report.orders, start=report.page * PAGE + 1))
    body: list[Block] = [text(line(_counts(report)))]
    if not report.orders:
        body = [text("Открытых заказов нет. Заказы FBS и rFBS приходят ночью, вместе с остальными данными.")]
    body += [text(*_row(number, each)) for number, each in numbered]
    body.append(text(*_aloud(report)))
    page = formats.of_pages(report.page, report.pages)
    return Screen(
        head=f"Заказы со своего склада{page}",
        body=tuple(body),
        keys=(
            *rows_of([key(f"Открыть {number}", OrderCall(order=each.id)) for number, each in numbered], 3),
            page_keys(report.page, report.pages, lambda n: OrdersCall(page=n)),
            (key("Обновить", OrdersCall(page=report.page)), SUPPLIES_KEY),
        ),
    )


def order(found: OrderView) -> Screen:
    head = found.head
    return Screen(
        head=f"Заказ {head.number}",
        body=(text(*_about(found)), text(*_wanted(found)), _places(found)),
        keys=(*_deeds(found), (LIST_KEY,)),
    )


def order_sure(found: OrderView) -> Screen:
    """Before an order is closed without a shipment."""
    head = found.head
    return Screen(
        head=f"Закрыть заказ {head.number} без отгрузки?",
        body=(
            text(
                "Он исчезнет из списка, остатки не изменятся, а его резерв освободится. "
                "Так закрывают то, что ушло не с этого склада или до того, как склад попал в учёт."
            ),
        ),
        keys=(
            (key("Закрыть без отгрузки", OrderCall(order=head.id, deed="close", sure=True)),),
            (key("Отмена", OrderCall(order=head.id)),),
        ),
    )


def order_done(deed: str, done: OrderDone) -> Screen:
    """After a deed; told again, it says that it was so already."""
    found, number = done.order, done.order.head.number
    again = " Повторное нажатие ничего не изменило." if done.is_repeat else ""
    said = {
        "ship": f"Заказ {number} отгружен",
        "aside": f"Заказ {number} отложен",
        "close": f"Заказ {number} закрыт без отгрузки",
        "again": f"Заказ {number} {STATES[found.head.state]}",
    }[deed]
    pieces = formats.pieces(done.pieces)
    told = {
        "ship": f"Со склада ушло {pieces} Если это ошибка, её отменит /undo.",
        "aside": f"Резерв снят, освободилось {pieces} Заказ ждёт, пока его не вернут в работу.",
        "close": f"Остатки не изменились, освобождено {pieces}",
        "again": f"Сейчас зарезервировано ещё {pieces}" if done.pieces else "Свободного товара не нашлось.",
    }[deed]
    body: list[Block] = [text(again.strip() if done.is_repeat else told)]
    if deed == "again":
        body.append(text(*_wanted(found)))
    keys: tuple[tuple[Key, ...], ...] = () if deed in ("ship", "close") else _deeds(found)
    return Screen(head=said, body=tuple(body), keys=(*keys, (LIST_KEY,)))


def _counts(report: OrdersReport) -> str:
    told = [
        (report.ready, "готовы к отгрузке"), (report.short, "собраны не целиком"),
        (report.waiting, "ждут товара"), (report.paused, "отложены"),
    ]  # fmt: skip
    return (" · ".join(f"{words}: {formats.number(count)}" for count, words in told if count)).capitalize()


def _row(number: int, each: BookedOrder) -> list[Line]:
    where = f" {formats.marketplace(each.marketplace)}" if each.marketplace else ""
    since = f" от {formats.day(each.ordered_on)}" if each.ordered_on else ""
    lines = [
        line(f"{number}. ", Bold(each.number), f"{where}{since} · {STATES[each.state]}"),
        line(f"   {_articles(each.articles)}: {formats.number(each.has)} из {formats.pieces(each.wanted)}"),
    ]
    if each.lacking and each.state != "paused":
        lines.append(line(f"   не удалось зарезервировать: {_articles(each.lacking)}"))
    if each.told in TOLD:
        lines.append(line(f"   ⚠️ {TOLD[each.told]}"))
    return lines


def _articles(articles: tuple[str, ...]) -> str:
    known = list(dict.fromkeys(articles))
    rest = f" и ещё {len(known) - NAMED}" if len(known) > NAMED else ""
    return ", ".join(formats.clip(each, 24) for each in known[:NAMED]) + rest


def _aloud(report: OrdersReport) -> list[str]:
    """What is not in the list, or should not be in it any more."""
    said = []
    if report.unmapped:
        which = f" ({_articles(report.unmapped_articles)})" if report.unmapped_articles else ""
        said.append(
            f"Не попало сюда заказов: {formats.number(report.unmapped)}{which}. "
            "Их карточки не связаны с товарами на складе. Связать: /items"
        )
    if report.gone:
        said.append(
            f"Уже у покупателя, а в книге не отгружено: {formats.number(report.gone)}. "
            "Откройте такой заказ и отгрузите или закройте без отгрузки."
        )
    return said


def _about(found: OrderView) -> list[Line]:
    head = found.head
    where = formats.marketplace(head.marketplace) if head.marketplace else "Свой заказ"
    since = f" от {formats.full_day(head.ordered_on)}" if head.ordered_on else ""
    lines = [line(f"{where}{since} · ", Bold(STATES[head.state]))]
    if head.told in TOLD:
        lines.append(line(f"⚠️ {TOLD[head.told].capitalize()}."))
    if head.told in GONE and head.state != "shipped":
        lines.append(line("Если он ушёл с этого склада, отгрузите его; если нет — закройте без отгрузки."))
    return lines


def _wanted(found: OrderView) -> list[Line]:
    lines: list[Line] = []
    for each in found.lines:
        has = each.reserved + each.shipped
        lines.append(line(Bold(each.article), f" {formats.clip(each.name, 28)}".rstrip()))
        figures = f"   нужно {formats.pieces(each.qty)}, в резерве {formats.number(each.reserved)}"
        if each.shipped:
            figures += f", отгружено {formats.number(each.shipped)}"
        if has < each.qty and found.head.state not in ("shipped", "cancelled"):
            figures += f", не хватает {formats.number(each.qty - has)}"
        lines.append(line(figures))
    return lines


def _places(found: OrderView) -> Block:
    """Where to take it from; what expires first is taken first."""
    articles = {each.line: each.article for each in found.lines}
    rows = tuple(
        (formats.clip(_place(each), 26), formats.clip(articles.get(each.line, ""), 14),
         formats.number(each.left_qty))
        for each in found.holds
    )  # fmt: skip
    return Table(("Место", "товар", "взять") if rows else (), rows)


def _place(each: OrderHold) -> str:
    return each.code + (f" до {formats.full_day(each.expires_on)}" if each.expires_on else "")


def _deeds(found: OrderView) -> tuple[tuple[Key, ...], ...]:
    """What may be done with it now."""
    head = found.head
    if head.state in ("shipped", "cancelled"):
        return ()

    def deed(label: str, name: str) -> Key:
        return key(label, OrderCall(order=head.id, deed=name))

    first: tuple[Key, ...] = ()
    if head.state == "allocated" and found.holds:
        first = (deed(f"Отгрузить {formats.pieces(found.reserved)}", "ship"),)
    elif head.state == "paused":
        first = (deed("Вернуть в работу", "again"),)
    else:
        first = (deed("Подобрать товар", "again"),)
    aside = (deed("Снять резерв", "aside"),) if found.holds else ()
    return (first, (*aside, deed("Закрыть без отгрузки", "close")))
