"""What a search found, and everything about one item: how much, where, until when, listed as what."""

from app.bot import formats
from app.bot.callbacks_goods import ItemCall, LinkCall, ListingsCall, find_call, scan_call
from app.bot.callbacks_shelf import HistoryCall, MoveCall
from app.bot.screen import (
    Block,
    Bold,
    Fact,
    Key,
    Line,
    Mono,
    Piece,
    Screen,
    Table,
    fact,
    facts,
    key,
    line,
    rows_of,
    text,
)
from app.services.tenancy.roles import Deed
from app.services.warehouse.find import BalanceRow, FoundItem, FoundItems, InventoryItem, ItemCard
from app.services.warehouse.goods import item_label, not_found
from app.services.warehouse.listings import name_of

SOON, OVER = "⚠", "✖"
BARCODES_SHOWN = 6
LISTINGS_SHOWN = 8
LABEL = 40
"""Characters of an item's name on a button."""
MOVES = {
    Deed.RECEIVE: "Приход",
    Deed.MOVE: "Переместить",
    Deed.SHIP: "Отгрузить",
    Deed.COUNT: "Посчитать",
    Deed.WRITEOFF: "Списать",
}
HOW = "Пришлите слово, артикул, штрихкод или фото штрихкода."


def found(report: FoundItem | FoundItems, may: frozenset[Deed] = frozenset()) -> Screen:
    """One item whole, or a page of them; ``may`` is what this person may do with it."""
    return item(report, may) if isinstance(report, FoundItem) else _list(report)


def item(report: FoundItem, may: frozenset[Deed] = frozenset()) -> Screen:
    """With buttons for what this person may do with it."""
    card = report.card
    body: list[Block] = [facts(_figures(report))]
    if report.places:
        body.append(_places(report))
    if report.rows > len(report.places):
        body.append(text(f"…и ещё мест: {formats.number(report.rows - len(report.places))}"))
    body.append(text(*_known_as(report)))
    marks = {_mark(row, report) for row in report.places}
    foot = [line(f"{SOON} срок годности скоро выйдет")] if SOON in marks else []
    if OVER in marks:
        how = ": /writeoff" if Deed.WRITEOFF in may else ""
        foot.append(line(f"{OVER} срок вышел: такое не отгружается, только списывается{how}"))
    return Screen(
        head=item_label(card.article, card.name, card.spec),
        body=tuple(body),
        foot=tuple(foot),
        keys=(
            *rows_of(_move_keys(report, may), 3),
            *(rows_of(_unlink_keys(report), 1) if Deed.ITEMS in may else ()),
        ),
    )


def scanned(items: tuple[ItemCard, ...], unknown: tuple[str, ...]) -> Screen:
    """A photo with several codes: which one is meant?"""
    keys = [
        key(formats.clip(item_label(card.article, card.name, card.spec), LABEL), call)
        for card in items
        if (call := scan_call(card.article))
    ]
    if not items:
        keys = [key(formats.clip(code, LABEL), call) for code in unknown if (call := scan_call(code))]
    return Screen(
        head=f"На фото штрихкодов: {len(items) + len(unknown)}. Какой нужен?",
        body=(text(*(line("не наш: ", Mono(code)) for code in unknown)),) if items and unknown else (),
        keys=rows_of(keys, 1),
    )


def _list(report: FoundItems) -> Screen:
    if not report.items:
        return _nothing(report)
    lines: list[Line] = []
    for each in report.items:
        lines += _summary(each)
    pages: list[Key] = []
    for page, label in ((report.page - 1, f"← {report.page}"), (report.page + 1, f"{report.page + 2} →")):
        call = find_call(report.words, page)
        if call is not None and page >= 0 and (page < report.page or report.has_more):
            pages.append(key(label, call))
    shown = f"Найдено: «{formats.clip(report.words, LABEL)}»" if report.words else "Товары"
    unturned = report.has_more and find_call(report.words, 1) is None
    return Screen(
        head=shown + (f" · стр. {report.page + 1}" if report.page or report.has_more else ""),
        body=(text(*lines),),
        foot=(line("Есть ещё: уточните запрос." if unturned else HOW),),
        keys=(
            *rows_of([key(formats.clip(each.article, LABEL), ItemCall(item=each.item_id))
                      for each in report.items], 2),
            tuple(pages),
        ),
    )  # fmt: skip


def _nothing(report: FoundItems) -> Screen:
    if not report.words:
        return Screen(
            head="Товаров ещё нет",
            body=(text("Заведите их из карточек кабинета или по одному: /items"),),
            keys=((key("Товары и карточки", ListingsCall()),),),
        )
    if report.page:
        return Screen(head="Дальше ничего нет", foot=(line(HOW),))
    return Screen(
        head=not_found(report.words, is_near=bool(report.near)),
        foot=(line(HOW),),
        keys=rows_of(
            [
                key(
                    formats.clip(item_label(card.article, card.name, card.spec), LABEL),
                    ItemCall(item=card.id),
                )
                for card in report.near
            ],
            1,
        ),
    )


def _summary(each: InventoryItem) -> list[Line]:
    told = [formats.pieces(each.total_qty) if each.total_qty else "на складе нет"]
    if each.available_qty != each.total_qty:
        told.append(f"доступно {formats.number(each.available_qty)}")
    told += [f"{place.code} {formats.number(place.qty)}" for place in each.top2_locations]
    if each.earliest_expiry is not None:
        told.append(f"до {formats.full_day(each.earliest_expiry)}" + (f" {SOON}" if each.near_expiry else ""))
    words = ", ".join(part for part in (formats.clip(each.name, LABEL), each.spec) if part)
    return [line(Bold(each.article), f" {words}" if words else ""), line("   " + " · ".join(told))]


def _figures(report: FoundItem) -> list[Fact]:
    return [
        fact("На полке", formats.pieces(report.on_hand)),
        fact("В резерве", formats.pieces(report.reserved)),
        fact("Доступно", formats.pieces(report.on_hand - report.reserved)),
    ]


def _places(report: FoundItem) -> Table:
    """Columns of terms and promises only where there are any."""
    dated = any(row.expires_on or row.lot for row in report.places)
    held = any(row.reserved for row in report.places)
    head = ("Место", *(("годен до",) if dated else ()), "есть", *(("резерв",) if held else ()))
    rows = tuple(
        (
            formats.clip(row.code, 14),
            *((_term(row, report),) if dated else ()),
            formats.number(row.on_hand),
            *((formats.number(row.reserved),) if held else ()),
        )
        for row in report.places
    )
    return Table(head, rows)


def _term(row: BalanceRow, report: FoundItem) -> str:
    if row.expires_on is None:
        return formats.clip(row.lot, 10) or formats.UNKNOWN
    return f"{row.expires_on:%d.%m.%y}{_mark(row, report)}"


def _mark(row: BalanceRow, report: FoundItem) -> str:
    if row.expires_on is None or row.expires_on > report.near:
        return ""
    return OVER if row.expires_on < report.today else SOON


def _known_as(report: FoundItem) -> list[Line]:
    lines: list[Line] = []
    if codes := report.card.barcodes[:BARCODES_SHOWN]:
        pieces: list[Piece] = ["Штрихкоды:"]
        for code in codes:
            pieces += [" ", Mono(code)]
        rest = len(report.card.barcodes) - len(codes)
        lines.append(line(*pieces, f" и ещё {rest}" if rest else ""))
    else:
        lines.append(line("Штрихкодов нет."))
    for each in report.listings[:LISTINGS_SHOWN]:
        lines.append(line(f"Продаётся: {name_of(each)} · {formats.clip(each.account, LABEL)}"))
    if not report.listings:
        lines.append(line("Ни с одной карточкой площадок не связан: /items"))
    return lines


def _move_keys(report: FoundItem, may: frozenset[Deed]) -> list[Key]:
    moves = [
        key(label, MoveCall(kind=deed.value, item=report.card.id))
        for deed, label in MOVES.items()
        if deed in may and (deed is Deed.RECEIVE or report.on_hand)
    ]
    return moves + ([key("История", HistoryCall(item=report.card.id))] if Deed.HISTORY in may else [])


def _unlink_keys(report: FoundItem) -> list[Key]:
    return [
        key(f"Отвязать {formats.clip(name_of(each), LABEL)}",
            LinkCall(sku=each.sku_id, item=report.card.id, yes=False))
        for each in report.listings[:LISTINGS_SHOWN]
    ]  # fmt: skip
