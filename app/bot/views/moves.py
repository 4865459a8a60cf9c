"""Movements on the shelf as they are asked about, confirmed, and done."""

from datetime import date

from app.bot import formats
from app.bot.callbacks_shelf import MoveCall, MoveDraftCall, MovePickCall, UndoCall
from app.bot.screen import Block, Bold, Key, Line, Screen, key, line, rows_of, text
from app.domain.warehouse.movements import REVERSIBLE, LineAnswer, Reason, Status
from app.services.names import PLACES
from app.services.warehouse.drafts import BalanceAfter, Draft, DraftPosted
from app.services.warehouse.said import Kind, Said, Step, Told

TITLES = {
    Kind.RECEIVE: "Приход",
    Kind.PUTAWAY: "Размещение",
    Kind.MOVE: "Перемещение",
    Kind.SHIP: "Отгрузка",
    Kind.RESERVE: "Резерв",
    Kind.RELEASE: "Снятие резерва",
    Kind.COUNT: "Инвентаризация",
    Kind.WRITEOFF: "Списание",
}
DONE = {
    Kind.RECEIVE: "Приход проведён",
    Kind.PUTAWAY: "Размещено",
    Kind.MOVE: "Перемещено",
    Kind.SHIP: "Отгружено",
    Kind.RESERVE: "Зарезервировано",
    Kind.RELEASE: "Резерв снят",
    Kind.COUNT: "Инвентаризация проведена",
    Kind.WRITEOFF: "Списано",
}
TAKES_FROM = frozenset({Kind.PUTAWAY, Kind.MOVE, Kind.WRITEOFF})
"""Their place is where the goods are taken."""
LABEL_LIMIT = 40
SHORT_LABEL = 14
TAKES_SHOWN = 10


def move_step(step: Step, turn: str) -> Screen:
    """A question with the nearest right answers, or the movement as it would be posted."""
    if step.draft_id is not None and step.told is not None:
        return _sure(step, step.draft_id, step.told, turn)
    kind = step.said.kind
    known = _known(step.said, step.item)
    return Screen(
        head=TITLES[kind],
        body=(_lost(step), text(*known) if known else text(), text(step.sentence)),
        keys=(*_choices(step, turn), (_leave(kind, turn),)),
    )


def move_done(done: DraftPosted, told: Told) -> Screen:
    """What it did, or why it did nothing."""
    kind = told.kind
    more = key(f"Ещё: {TITLES[kind].lower()}", MoveCall(kind=kind))
    if done.document_id is None:
        return Screen(
            head=f"{TITLES[kind]}: не проведено",
            body=(text(*_what(told)), text(*_why_not(done, told))),
            keys=((key("Начать заново", MoveCall(kind=kind)),),),
        )
    reason = done.draft.document.reason
    undoes = reason in REVERSIBLE or reason is Reason.RESERVE
    keys: list[Key] = [key("Отменить", UndoCall(document=done.document_id))] if undoes else []
    promised = sorted(
        {entry.hold_id for each in done.posted.lines for entry in each.entries if entry.hold_id}
    )
    holds = [f"Резерв №{', №'.join(map(str, promised))}"] if reason is Reason.RESERVE else []
    body: list[Block] = [text(*_what(told), *holds), text(*_after(done.after))]
    said = "Этот документ уже был проведён, второй раз ничего не изменилось." if done.is_repeat else ""
    return Screen(
        head=f"{DONE[kind]} · №{done.document_id}",
        body=tuple(body),
        foot=(line(said),) if said else (),
        keys=((*keys, more),),
    )


def move_dropped(draft: Draft) -> Screen:
    kind = Kind(draft.kind)
    if draft.state == "posted":
        return Screen(
            head=f"{TITLES[kind]}: уже проведено",
            body=(text("Этот документ успели провести. Отменить его можно через /undo"),),
        )
    return move_left(kind)


def move_left(kind: Kind) -> Screen:
    return Screen(
        head=f"{TITLES[kind]}: отменено",
        body=(text("Ничего не проведено."),),
        keys=((key("Начать заново", MoveCall(kind=kind)),),),
    )


def after_lines(after: tuple[BalanceAfter, ...], *, with_article: bool = False) -> list[str]:
    """«A-01-03, до 31.05.2027: 25 шт., свободно 20»."""
    return [
        (f"{each.article}: " if with_article else "")
        + f"{each.code}{_good(each.expires_on)}: {formats.pieces(each.on_hand)}"
        + (f", свободно {formats.number(each.on_hand - each.reserved)}" if each.reserved else "")
        for each in after
    ]


def _sure(step: Step, draft_id: int, told: Told, turn: str) -> Screen:
    kind = told.kind
    post, drop = (MoveDraftCall(kind=kind, draft=draft_id, deed=deed) for deed in ("post", "drop"))
    return Screen(
        head=f"{TITLES[kind]}: всё верно?",
        body=(_lost(step), text(*_what(told)), text(*_would(told))),
        foot=(line("Поправить можно словами: другое количество, место или срок."),)
        if kind is not Kind.RELEASE
        else (),
        keys=((key("Провести", post), key("Отмена", drop)), *_choices(step, turn)),
    )


def _lost(step: Step) -> Block:
    return text(f"Не понимаю «{step.lost}».") if step.lost else text()


def _what(told: Told) -> list[Line | str]:
    """The goods, how many, and between which places."""
    name = f" · {formats.clip(told.name, 80)}" if told.name and told.name != told.article else ""
    lines: list[Line | str] = [line(Bold(told.article), name)] if told.article else []
    if told.order:
        lines.append(f"Заказ {told.order}")
    if told.kind is Kind.COUNT:
        lines.append(f"Место {told.place}{_good(told.expires)}")
        lines.append(_counted(told))
        return lines
    good = f", годен до {formats.full_day(told.expires)}" if told.expires else ""
    lines.append(f"{formats.pieces(told.qty)}{_where(told)}{good}")
    if told.lacking:
        lines.append(f"Ещё {formats.pieces(told.lacking)} заказа ничем не обеспечены и останутся в нём")
    if told.holds:
        lines.append(f"Резерв №{', №'.join(map(str, told.holds))}")
    if told.until is not None:
        lines.append(f"Держать до {formats.full_day(told.until)} включительно")
    return lines


def _where(told: Told) -> str:
    if told.target:
        return f" с {told.place} на {told.target}"
    if told.market:
        return f" на {PLACES[told.market]}, поставка {told.supply}"
    return f" {_at(told.kind, told.place)}" if told.place else ""


def _at(kind: Kind, place: str) -> str:
    return f"{'с' if kind in TAKES_FROM else 'на'} {place}"


def _would(told: Told) -> list[str]:
    """What the books would say, or what would be taken."""
    if told.kind is Kind.RECEIVE and told.before is not None:
        now = formats.pieces(told.before) if told.before else "пусто"
        return [f"Сейчас там {now}, станет {formats.pieces(told.before + told.qty)}"]
    if told.kind in TAKES_FROM and told.before is not None:
        return [f"На {told.place} останется {formats.pieces(told.before - told.qty)}"]
    verb = "Освободится" if told.kind is Kind.RELEASE else "Возьмём"
    lines = [
        f"{verb}: {each.code}{_good(each.expires)} — {formats.pieces(each.qty)}"
        for each in told.takes[:TAKES_SHOWN]
    ]
    rest = len(told.takes) - TAKES_SHOWN
    return [*lines, f"…и ещё мест: {rest}"] if rest > 0 else lines


def _counted(told: Told) -> str:
    before = told.before or 0
    change = told.qty - before
    if change == 0:
        return f"Насчитали {formats.pieces(told.qty)}, по книге столько же"
    return (
        f"Насчитали {formats.pieces(told.qty)}, по книге {formats.number(before)}: "
        f"{formats.number(change, signed=True)}"
    )


def _after(after: tuple[BalanceAfter, ...]) -> list[str]:
    return ["Остаток:", *after_lines(after)] if after else []


def _why_not(done: DraftPosted, told: Told) -> list[str]:
    """Something moved since it was shown: both figures are told."""
    failed: list[LineAnswer] = [each for each in done.posted.lines if each.status is not Status.OK]
    if told.kind is Kind.COUNT and any(each.status is Status.CONFLICT for each in failed):
        now = [each for each in done.there if each.code == told.place and each.expires_on == told.expires]
        books = now[0].on_hand if now else 0
        return [
            f"Пока считали, товар двигали: было {formats.pieces(told.before)}, "
            f"стало {formats.pieces(books)}. Вы насчитали {formats.number(told.qty)}.",
            "Пересчитайте ещё раз: чужое движение не затёрто.",
        ]
    short = sum(each.missing for each in failed)
    if told.holds:
        return [f"Резерв за это время изменился, не хватает {formats.pieces(short)} Что осталось: /holds"]
    lies = after_lines(done.there)
    return [
        f"Не хватает {formats.pieces(short)}: пока вы смотрели, товар ушёл или попал в резерв.",
        *(["Сейчас лежит:", *lies] if lies else []),
    ]


def _known(said: Said, item: str) -> list[Line | str]:
    """What has been said so far, so that nobody has to scroll up."""
    parts = [
        formats.pieces(said.qty) if said.qty is not None else "",
        _at(said.kind, said.place) if said.place and said.kind in TAKES_FROM else said.place,
        f"на {said.target}" if said.target else "",
        f"до {formats.full_day(said.expires)}" if said.expires else "",
        f"на {PLACES[said.market]} {said.supply}".rstrip() if said.market else "",
    ]
    told = ", ".join(part for part in parts if part)
    lines: list[Line | str] = [line(Bold(formats.clip(item, 100)))] if item else []
    return [*lines, told] if told else lines


def _choices(step: Step, turn: str) -> tuple[tuple[Key, ...], ...]:
    kind = step.said.kind
    keys = [
        key(formats.clip(each.label, LABEL_LIMIT), MovePickCall(kind=kind, turn=turn, n=number))
        for number, each in enumerate(step.choices)
    ]
    width = 3 if all(len(each.text) <= SHORT_LABEL for each in keys) else 1
    return rows_of(keys, width)


def _leave(kind: Kind, turn: str) -> Key:
    return key("Отмена", MovePickCall(kind=kind, turn=turn, n=-1))


def _good(day: date | None) -> str:
    return f", до {formats.full_day(day)}" if day is not None else ""
