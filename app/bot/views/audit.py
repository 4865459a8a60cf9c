"""Changes as sentences: who, when, what, and what it was before."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.bot import formats
from app.bot.callbacks import AuditCall
from app.bot.screen import Bold, Line, Moment, Screen, key, line, rows_of, text
from app.bot.views.common import chosen, page_keys
from app.services.accrual_lines import LINE_WORDS
from app.services.audit import HOUSE_ID, AuditActor, AuditLine, AuditReport
from app.services.tenancy.roles import ROLE_NAMES

VALUE_LIMIT = 60
SUBJECT_LIMIT = 60
TRACE_SHOWN = 8
EVERYBODY = -1


def audit(report: AuditReport) -> Screen:
    whose = f" · {_called(report.who)}" if report.who else ""
    page = formats.of_pages(report.page, report.pages)
    lines = [part for each in report.lines for part in _lines(each)]
    now = report.who.actor_id if report.who else EVERYBODY
    return Screen(
        head=f"Кто что менял{whose}{page}",
        body=(text(*lines) if lines else text("Здесь ещё никто ничего не менял."),),
        foot=(line("№ — код для администратора: по нему изменение находят в журнале."),) if lines else (),
        keys=(
            page_keys(report.page, report.pages, lambda n: AuditCall(page=n, actor=now)),
            *_people(report, now),
        ),
    )


def sentence(each: AuditLine) -> str:
    """What was done, without who and when. An action of a newer version is told by its name."""
    words = SENTENCES.get(each.action)
    subject = formats.clip(each.subject, SUBJECT_LIMIT)
    if words is None:
        return f"{each.action}: {subject}{_changes(each)}"
    return words(subject, each.before or {}, each.after or {})


def _lines(each: AuditLine) -> list[Line]:
    return [
        line(Moment(each.at), " ", Bold(formats.clip(each.actor or "неизвестно кто", SUBJECT_LIMIT))),
        line(f"   {sentence(each)} · № {each.trace_id[:TRACE_SHOWN]}"),
    ]


def _people(report: AuditReport, now: int) -> tuple[Any, ...]:
    """A button for each who changed anything; none where there is nobody to choose between."""
    if len(report.actors) < 2:
        return ()
    keys = [key(chosen("Все", now == EVERYBODY), AuditCall())]
    keys += [
        key(chosen(formats.clip(_called(each), 24), now == each.actor_id), AuditCall(actor=each.actor_id))
        for each in report.actors
    ]
    return rows_of(keys, 3)


def _called(actor: AuditActor) -> str:
    return actor.name or ("Амбар" if actor.actor_id == HOUSE_ID else "без имени")


Words = Callable[[str, Mapping[str, Any], Mapping[str, Any]], str]


def _said(words: str) -> Words:
    """The words with the subject in its place."""
    return lambda subject, *_: words.format(subject)


def _cost(label: str) -> Words:
    def words(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        since = _day(after.get("since") or before.get("since"))
        return f"{label} {subject}: {_price(before)} → {_price(after)}{f' с {since}' if since else ''}"

    return words


STOCK_WORDS: Mapping[str, str] = {
    "RECEIPT": "приход",
    "PUTAWAY": "размещение",
    "MOVE": "перемещение",
    "ADJUST": "правка остатка",
    "COUNT": "инвентаризация",
    "RESERVE": "резерв",
    "RELEASE": "снят резерв",
    "SHIP": "отгрузка",
    "OUTBOUND": "отпуск",
    "RETURN": "возврат",
    "WRITE_OFF": "списание",
    "TO_MARKETPLACE": "отгрузка на площадку",
    "REVERSAL": "отмена документа",
}


def _stock(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:  # noqa: ARG001
    reason = str(after.get("reason", ""))
    return f"{STOCK_WORDS.get(reason, reason)} {subject}, движений {_value(after.get('entries', ''))}"


def _period(label: str) -> Words:
    """Of the stock ledger, closed or opened; no day: all of it opened."""
    return lambda day, *_: (
        f"складские движения {label} {_day(day)}" if day else "открыты все складские периоды"
    )


def _role(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return f"роль {subject}: {_role_name(before)} → {_role_name(after)}"


def _joined(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:  # noqa: ARG001
    return f"{subject} теперь в организации: {_role_name(after)}"


def _named(label: str) -> Words:
    """A renaming: what it was called, what it is called now."""
    return lambda subject, before, after: (
        f"{label}: «{_value(before.get('name'))}» → «{_value(after.get('name', subject))}»"
    )


def _token(label: str) -> Words:
    def words(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        tails = [f"…{_value(side['token_tail'])}" for side in (before, after) if side.get("token_tail")]
        return f"{label} «{subject}»" + (f", токен {' → '.join(tails)}" if tails else "")

    return words


def _program(label: str) -> Words:
    """A token of the API: the program's name, its role, the token's end."""

    def words(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        side = after or before
        return f"{label} «{subject}», {_role_name(side)}, …{_value(side.get('tail'))}"

    return words


def _answer(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:  # noqa: ARG001
    return f"ответ на отзыв, {subject}: «{_value(after.get('text'))}»"


def _placed(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    was, now = (LINE_WORDS.get(side.get("line", ""), "не разнесено") for side in (before, after))
    return f"вид начислений Ozon «{subject}»: {was} → {now}"


def _recalc(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:  # noqa: ARG001
    return f"пересчёт {_day(after.get('d_from'))}–{_day(after.get('d_to'))}, {subject}"


def _collect(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:  # noqa: ARG001
    return f"сбор данных за {_day(after.get('d'))}, {subject}"


def _job(label: str) -> Words:
    def words(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        error = after.get("error") or before.get("error")
        return f"{label} {subject}" + (f": {_value(error)}" if error else "")

    return words


SENTENCES: Mapping[str, Words] = {
    "stock.posted": _stock,
    "place.made": _said("создано место {}"),
    "order.paused": _said("заказ {} отложен, его резерв снят"),
    "order.resumed": _said("заказ {} снова в работе"),
    "order.closed": _said("заказ {} закрыт без отгрузки"),
    "ledger.closed": _period("закрыты до"),
    "ledger.opened": _period("снова открыты с"),
    "ledger.broken": lambda _subject, _was, now: (
        f"складская книга не сходится, расхождений {_value(now.get('faults'))}"
    ),
    "ledger.sound": lambda *_: "складская книга снова сходится",
    "ledger.rebuilt": lambda *_: "остатки восстановлены из движений",
    "ledger.imported": lambda _subject, _was, now: (
        f"загружена старая книга: движений {_value(now.get('entries'))}"
    ),
    "item.linked": lambda listing, _was, now: f"{listing} — это товар {_value(now.get('item'))}",
    "item.unlinked": lambda listing, _was, now: f"{listing} — не товар {_value(now.get('item'))}",
    "items.linked": lambda _subject, _was, now: f"связаны карточки с товарами: {_value(now.get('count'))}",
    "items.made": lambda _subject, _was, now: f"заведены товары из карточек: {_value(now.get('count'))}",
    "item.made": _said("заведён товар {}"),
    "item.barcode": lambda article, _was, now: (
        f"товару {article} добавлены штрихкоды: {', '.join(map(_value, now.get('barcodes', [])))}"
    ),
    "cost.set": _cost("себестоимость"),
    "cost.undone": _cost("себестоимость возвращена,"),
    "cabinet.connected": _token("подключён кабинет"),
    "cabinet.token": _token("новый токен кабинета"),
    "cabinet.renamed": _named("кабинет переименован"),
    "cabinet.on": _said("снова включён кабинет «{}»"),
    "cabinet.off": _said("отключён кабинет «{}»"),
    "cabinet.refused": _said("площадка не принимает токен кабинета «{}»"),
    "cabinet.accepted": _said("площадка снова принимает токен кабинета «{}»"),
    "review.answered": _answer,
    "accrual_type.placed": _placed,
    "collect.asked": _collect,
    "recalc.asked": _recalc,
    "job.failed": _job("не удалась"),
    "job.requeued": _job("снова в очереди"),
    "job.dropped": _job("снята"),
    "org.founded": _said("создана организация «{}»"),
    "org.renamed": _named("организация переименована"),
    "person.joined": _joined,
    "person.removed": _said("{} больше не в организации"),
    "person.role": _role,
    "token.made": _program("сделан токен API"),
    "token.revoked": _program("отозван токен API"),
    "invite.made": _said("сделано приглашение: {}"),
    "invite.revoked": _said("отозвано приглашение: {}"),
}
"""Action → its words. The actor is named before them, so they have no subject of their own."""


def _changes(each: AuditLine) -> str:
    """« · price: 1 → 2» of an action we have no words for."""
    before, after = each.before or {}, each.after or {}
    told = [
        f"{name}: {_value(before.get(name))} → {_value(after.get(name))}"
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
    return formats.clip(" · " + ", ".join(told), 3 * VALUE_LIMIT) if told else ""


def _value(value: Any) -> str:
    return formats.UNKNOWN if value is None else formats.clip(str(value), VALUE_LIMIT)


def _price(side: Mapping[str, Any]) -> str:
    try:
        return "не было" if side.get("price") is None else formats.price(Decimal(str(side["price"])))
    except InvalidOperation:
        return _value(side["price"])


def _day(told: Any) -> str:
    try:
        return formats.full_day(date.fromisoformat(str(told)))
    except ValueError:
        return "" if told is None else _value(told)


def _role_name(side: Mapping[str, Any]) -> str:
    role = str(side.get("role", ""))
    return ROLE_NAMES.get(role, role or formats.UNKNOWN)
