"""Promises, what happened on the shelf, and what was taken back."""

from datetime import date, datetime

from app.bot import formats
from app.bot.callbacks_shelf import (
    HistoryCall,
    HoldCall,
    HoldsCall,
    MoveCall,
    PaperCall,
    UndoCall,
    UndoListCall,
)
from app.bot.screen import Bold, Key, Line, Moment, Screen, key, line, rows_of, text
from app.bot.views.audit import STOCK_WORDS
from app.bot.views.common import page_keys
from app.bot.views.moves import after_lines
from app.domain.warehouse.movements import REVERSIBLE, Reason
from app.services.tenancy.roles import Deed, allowed
from app.services.warehouse.past import Did, DocumentReport, HistoryReport, ItemEntry
from app.services.warehouse.promises import HoldReport, HoldsReport, StoredHold
from app.services.warehouse.said import Kind
from app.services.warehouse.undo import Undoable, UndoList, Undone

NAME_LIMIT = 60
LABEL_LIMIT = 40
CAN_BE_UNDONE = REVERSIBLE | {Reason.RESERVE}


def holds(report: HoldsReport) -> Screen:
    if not report.holds:
        return Screen(
            head="Резервов нет",
            body=(text("Зарезервировать товар: /reserve"),),
        )
    lines: list[Line | str] = []
    for each in report.holds:
        lines += _hold_lines(each, report.now)
    page = formats.of_pages(report.page, report.pages)
    opened = [key(f"№{each.id}", HoldCall(hold=each.id)) for each in report.holds]
    return Screen(
        head=f"В резерве: {formats.plural(report.total, 'запись', 'записи', 'записей')}{page}",
        body=(text(*lines),),
        keys=(*rows_of(opened, 4), page_keys(report.page, report.pages, lambda n: HoldsCall(page=n))),
    )


def hold(report: HoldReport, role: str | None) -> Screen:
    each = report.hold
    may = allowed(role)
    keys: list[Key] = []
    if each.left_qty and Deed.SHIP in may and not _has_lapsed(each, report.now):
        keys.append(key("Отгрузить", MoveCall(kind=Kind.SHIP, hold=each.id)))
    if each.left_qty and Deed.RELEASE in may:
        keys.append(key("Снять", MoveCall(kind=Kind.RELEASE, hold=each.id)))
    told = [f"Обещано {formats.pieces(each.qty)}, осталось {formats.pieces(each.left_qty)}"]
    if each.shipped_qty:
        told.append(f"Отгружено {formats.pieces(each.shipped_qty)}")
    return Screen(
        head=f"Резерв №{each.id}",
        body=(text(*_hold_lines(each, report.now)), text(*told, line("Сделан ", Moment(each.created_at)))),
        keys=(tuple(keys), (key("Все резервы", HoldsCall()),)),
    )


def history(report: HistoryReport) -> Screen:
    """Of one item, of everything, or a choice of items."""
    if report.unsure is not None:
        near = [
            key(formats.clip(label, LABEL_LIMIT), HistoryCall(item=item))
            for item, label in report.unsure.near
        ]
        return Screen(head="История товара", body=(text(report.unsure.sentence),), keys=rows_of(near, 1))
    if report.item is not None:
        lines = [part for each in report.entries for part in _entry(each)]
        item = report.item.id
        name = f" · {formats.clip(report.item.name, NAME_LIMIT)}" if report.item.name else ""
        return Screen(
            head=f"История: {report.item.article}{name}",
            body=(text(*lines) if lines else text("Этот товар ещё не двигали."),),
            keys=(_turns(report, item), _opened(report)),
        )
    lines = [part for each in report.documents for part in _document(each)]
    return Screen(
        head="Движения на складе" + (f" · стр. {report.page + 1}" if report.page else ""),
        body=(text(*lines) if lines else text("Движений ещё не было. Принять товар: /receive"),),
        keys=(*rows_of(_papers(report.documents), 4), _turns(report, 0)),
    )


def paper(report: DocumentReport, role: str | None) -> Screen:
    """A document, and the button that takes it back where that is open."""
    found = report.document
    lines: list[Line | str] = [line(Moment(found.posted_at), f" · {found.actor or 'неизвестно кто'}")]
    if found.note:
        lines.append(formats.clip(found.note, NAME_LIMIT))
    if found.undone_by is not None and found.undone_at is not None:
        who = found.undone_actor or "неизвестно кто"
        lines.append(line(f"Отменён документом №{found.undone_by}: ", Moment(found.undone_at), f", {who}"))
    rest = report.entries - len(report.lines)
    did: list[Line | str] = [_did(each) for each in report.lines]
    if rest > 0:
        did.append(f"…и ещё {formats.plural(rest, 'строка', 'строки', 'строк')}")
    may = Deed.UNDO in allowed(role) and found.undone_by is None and Reason(found.reason) in CAN_BE_UNDONE
    back = (key(f"Отменить документ №{found.id}", UndoCall(document=found.id)),) if may else ()
    return Screen(
        head=f"№{found.id} · {_reason(found.reason)}",
        body=(text(*lines), text(*did)),
        keys=(back, (key("К истории", HistoryCall()),)),
    )


def undo_list(report: UndoList) -> Screen:
    lines = [part for each in report.documents for part in _document(each)]
    other = key("Документы всех" if report.mine else "Только мои", UndoListCall(mine=not report.mine))
    empty = "Вы ещё ничего не проводили." if report.mine else "Отменять нечего."
    return Screen(
        head="Что отменить?",
        body=(
            text(*lines) if lines else text(empty),
            text("Отмена проводит обратный документ, прежний остаётся в истории."),
        ),
        keys=(*rows_of(_papers(report.documents), 4), (other,)),
    )


def undone(done: Undone) -> Screen:
    said = "Он уже был отменён, второй раз ничего не изменилось." if done.is_repeat else ""
    if done.reason == Reason.SHIP:
        said = f"{said} Товар снова на полке, но резерв на него не возвращается.".strip()
    return Screen(
        head=f"Документ №{done.document_id} отменён · №{done.undone_by}",
        body=(text("Остаток:", *after_lines(done.after, with_article=True)),),
        foot=(line(said),) if said else (),
        keys=((key("История", HistoryCall()),),),
    )


def _hold_lines(each: StoredHold, now: datetime) -> list[Line | str]:
    whose = f" · заказ {each.order_number}" if each.order_number else ""
    lines: list[Line | str] = [
        line(f"№{each.id} ", Bold(each.article), f" · {formats.pieces(each.left_qty)}{whose}")
    ]
    where = f"   {each.code}{_good(each.expires_on)}"
    if each.expires_at is None:
        lines.append(f"{where} · без срока")
    elif _has_lapsed(each, now):
        lines.append(f"{where} · срок резерва истёк")
    else:
        lines.append(line(f"{where} · до ", Moment(each.expires_at)))
    return lines


def _has_lapsed(each: StoredHold, now: datetime) -> bool:
    return each.expires_at is not None and each.expires_at <= now


def _entry(each: ItemEntry) -> list[Line | str]:
    """Who, when, what, and what was left."""
    number = "" if each.document_id is None else f"№{each.document_id} "
    kept = f", свободно {formats.number(each.after_qty - each.after_reserved)}" if each.after_reserved else ""
    return [
        line(Moment(each.posted_at), f" {number}", Bold(_reason(each.reason)), f" · {each.actor or '–'}"),
        f"   {each.code}{_good(each.expires_on)}: {_change(each.delta, each.reserved_delta)}, "
        f"стало {formats.pieces(each.after_qty)}{kept}",
    ]


def _document(each: Undoable) -> list[Line | str]:
    more = f" и ещё {each.entries - 1}" if each.entries > 1 else ""
    return [
        line(Moment(each.at), f" №{each.id} ", Bold(_reason(each.reason)), f" · {each.actor or '–'}"),
        f"   {formats.clip(each.first, NAME_LIMIT)}{more}",
    ]


def _did(each: Did) -> str:
    return (
        f"{formats.clip(each.article, NAME_LIMIT)}, {each.code}{_good(each.expires_on)}: "
        f"{_change(each.delta, each.reserved_delta)}, стало {formats.pieces(each.after_qty)}"
    )


def _change(delta: int, reserved: int) -> str:
    """What moved: goods, or only what is promised of them."""
    if delta:
        return f"{formats.number(delta, signed=True)} шт."
    if reserved:
        return f"резерв {formats.number(reserved, signed=True)} шт."
    return "без изменений"


def _reason(reason: str) -> str:
    return STOCK_WORDS.get(reason, reason)


def _papers(documents: tuple[Undoable, ...]) -> list[Key]:
    return [key(f"№{each.id}", PaperCall(document=each.id)) for each in documents]


def _opened(report: HistoryReport) -> tuple[Key, ...]:
    numbers = dict.fromkeys(each.document_id for each in report.entries if each.document_id is not None)
    return tuple(key(f"№{number}", PaperCall(document=number)) for number in [*numbers][:4])


def _turns(report: HistoryReport, item: int) -> tuple[Key, ...]:
    keys: list[Key] = []
    if report.page:
        keys.append(key("← Новее", HistoryCall(item=item, page=report.page - 1)))
    if report.has_more:
        keys.append(key("Раньше →", HistoryCall(item=item, page=report.page + 1)))
    return tuple(keys)


def _good(day: date | None) -> str:
    return f", до {formats.full_day(day)}" if day is not None else ""
