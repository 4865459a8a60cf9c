"""Analytics of goods: ABC, age, what lies, what it is worth. Each screen says how it counts."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from app.bot import formats
from app.bot.callbacks import AnalyticsCall
from app.bot.screen import Block, Bold, Fact, Key, Line, Moment, Screen, Table, fact, facts, key, line, text
from app.bot.views.common import chosen, freshness_line, page_keys
from app.domain.supply.slow import Pace
from app.domain.warehouse.valuation import Total
from app.services.analytics.abc import AbcLine, AbcReport, By
from app.services.analytics.ageing import AgeingLine, AgeingReport, all_of
from app.services.analytics.slow import SLOW_DAYS, SlowGoods, SlowReport
from app.services.analytics.valuation import OWN, ValuationReport, ValuedGoods
from app.services.names import PLACES

MENU_KEY = key("← Аналитика", AnalyticsCall())
ABC_KEY = key("ABC", AnalyticsCall(what="abc", by="profit", days=30))
AGE_KEY = key("Возраст", AnalyticsCall(what="age"))
SLOW_KEY = key("Залежи", AnalyticsCall(what="slow", days=90))
COST_KEY = key("Стоимость", AnalyticsCall(what="cost"))

ABC_DAYS = (30, 90, 365)
BY_WORDS: dict[By, str] = {"profit": "прибыли", "revenue": "выручке"}
WHERE = {OWN: "Свой склад", **PLACES}
TITLE = 34


def analytics() -> Screen:
    return Screen(
        head="Аналитика товаров",
        body=(
            text(
                line(Bold("ABC"), " — какие артикулы приносят почти всю прибыль или выручку"),
                line(Bold("Возраст"), " — как давно товар лежит на своём складе"),
                line(Bold("Залежи"), " — чего больше, чем продаётся, и что не продаётся совсем"),
                line(Bold("Стоимость"), " — сколько денег в товаре, по себестоимости"),
            ),
        ),
        keys=((ABC_KEY, AGE_KEY), (SLOW_KEY, COST_KEY)),
    )


def abc(report: AbcReport) -> Screen:
    head = f"ABC по {BY_WORDS[report.by]} · {formats.span(report.d_from, report.d_to)}"
    body: list[Block] = []
    if report.lines:
        rows = tuple(
            (each.grade.value, formats.number(each.articles), formats.rub(each.amount),
             formats.percent(each.share))
            for each in report.classes
        )  # fmt: skip
        body.append(Table(("", "артикулов", "сумма", "доля"), rows))
        body.append(text(*[row for each in report.lines for row in _abc_line(each)]))
    else:
        body.append(text("За эти дни ничего не продано."))
    body.append(text(*_abc_notes(report)))
    return Screen(
        head=head + formats.of_pages(report.page, report.pages),
        body=tuple(body),
        foot=(freshness_line(report.freshness),),
        keys=(
            page_keys(report.page, report.pages, _turn("abc", by=report.by, days=report.days)),
            tuple(
                key(chosen(f"По {BY_WORDS[by]}", by == report.by),
                    AnalyticsCall(what="abc", by=by, days=report.days))
                for by in BY_WORDS
            ),
            tuple(
                key(chosen(formats.days(days), days == report.days),
                    AnalyticsCall(what="abc", by=report.by, days=days))
                for days in ABC_DAYS
            ),
            (MENU_KEY,),
        ),
    )  # fmt: skip


def _abc_line(each: AbcLine) -> list[Line]:
    grade = each.grade.value if each.grade else formats.UNKNOWN
    share = formats.percent(each.share) if each.share is not None else "–"
    return [
        line(f"{grade} ", Bold(each.article or formats.UNKNOWN), f" {formats.marketplace(each.marketplace)} ",
             formats.clip(each.title, TITLE)),
        line(f"   {formats.rub(each.amount)} · {share} · {formats.pieces(each.units)}"),
    ]  # fmt: skip


def _abc_notes(report: AbcReport) -> list[str]:
    what = "прибыль" if report.by == "profit" else "выручка"
    notes = [
        f"Как считаем: {what} артикула за {formats.days(report.days)}, по убыванию. В A — пока до артикула "
        f"набралось меньше 80 % всего заработанного, в B — меньше 95 %, остальные и те, что не принесли "
        f"ничего, — в C. Равные — в одном классе."
    ]
    if report.lost:
        notes.append(
            f"В убытке {formats.plural(report.lost, 'артикул', 'артикула', 'артикулов')}: они в C, "
            f"и чужих долей убыток не увеличивает."
        )
    if report.unknown:
        notes.append(
            f"Нет себестоимости у {formats.plural(report.unknown, 'артикула', 'артикулов', 'артикулов')} "
            f"({formats.pieces(report.unknown_units)}): прибыль неизвестна, поэтому класса у них нет. "
            f"Задать: /cost артикул цена"
        )
    if report.other_currencies:
        sold = formats.plural(report.other_currencies, "артикул", "артикула", "артикулов")
        notes.append(f"Продаются и не в рублях, этих денег здесь нет: {sold}.")
    return notes


def ageing(report: AgeingReport) -> Screen:
    body: list[Block] = []
    if report.lines:
        rows = tuple((_bucket(name), formats.number(each.qty), _value(each)) for name, each in report.buckets)
        body.append(Table(("дней", "шт.", "себестоимость"), rows))
        body.append(text(*[row for each in report.lines for row in _age_line(each, report)]))
    else:
        body.append(text("На своём складе сейчас ничего нет."))
    notes = [
        "Как считаем: что пришло раньше, то раньше и ушло. Приход, возврат и найденное при пересчёте — новый "
        "товар; перемещение возраста не меняет, отменённый приход не считается. «Неизвестно» — прихода нет "
        "в книгах."
    ]
    whole = all_of(report)
    if whole.unknown_qty:
        notes.append(f"Без себестоимости {formats.pieces(whole.unknown_qty)}: в рублях их здесь нет.")
    body.append(text(*notes))
    return Screen(
        head=f"Возраст товара · {formats.day(report.today)}" + formats.of_pages(report.page, report.pages),
        body=tuple(body),
        keys=(page_keys(report.page, report.pages, _turn("age")), (MENU_KEY,)),
    )


def _bucket(name: str | None) -> str:
    return "неизвестно" if name is None else name.replace(">", "> ")


def _age_line(each: AgeingLine, report: AgeingReport) -> list[Line]:
    if each.oldest is None:
        oldest = "с неизвестного дня"
    else:
        oldest = f"самому старому {formats.days((report.today - each.oldest).days)}"
    parts = " · ".join(f"{_bucket(name)}: {formats.number(qty)}" for name, qty in each.pieces.items())
    return [
        line(Bold(each.article), f" {formats.clip(each.name, TITLE)}"),
        line(f"   {formats.pieces(each.on_hand)}, {oldest}"),
        line(f"   {parts}"),
    ]


def slow(report: SlowReport) -> Screen:
    summary = facts(
        [
            fact("Не продаются", formats.number(report.stands)),
            fact("Продаются медленно", formats.number(report.slow)),
            fact("Всего товаров", formats.number(report.goods)),
            fact("Денег в залежах", _value(report.worth)),
        ]
    )
    body: list[Block] = [summary]
    if report.lines:
        body.append(text(*[row for each in report.lines for row in _slow_line(each)]))
    else:
        body.append(text("Залежей нет." if report.goods else "Товара нигде нет."))
    notes = [
        f"Как считаем: «не продаётся» — за {formats.days(report.days)} не продано ни штуки, «медленно» — "
        f"остатка больше, чем продано за эти дни. Остаток — свой склад, площадки и путь к ним; продажи — "
        f"площадок, а у товара без карточки — отгрузки со склада."
    ]
    if report.too_early:
        young = formats.plural(report.too_early, "товар", "товара", "товаров")
        than = formats.plural(report.days, "дня", "дней", "дней")
        notes.append(f"Лежат меньше {than}, судить рано: {young}.")
    body.append(text(*notes))
    return Screen(
        head=f"Залежи · {formats.span(report.d_from, report.d_to)}"
        + formats.of_pages(report.page, report.pages),
        body=tuple(body),
        foot=_as_of(report.shelf_at, report.stock_day),
        keys=(
            page_keys(report.page, report.pages, _turn("slow", days=report.days)),
            tuple(
                key(chosen(str(days), days == report.days), AnalyticsCall(what="slow", days=days))
                for days in SLOW_DAYS
            ),
            (MENU_KEY,),
        ),
    )


def _slow_line(each: SlowGoods) -> list[Line]:
    if each.pace is Pace.STANDS or each.cover_days is None:
        said = "не продаётся"
    else:
        said = f"продано {formats.number(each.sold)}, хватит на {formats.days(int(each.cover_days))}"
    return [
        line(Bold(each.article), f" {formats.clip(each.title, TITLE)}"),
        line(f"   {formats.pieces(each.worth.qty)} · {_value(each.worth)} · {said}"),
    ]


def valuation(report: ValuationReport) -> Screen:
    rows: list[Fact] = [fact(WHERE[place], _value(each)) for place, each in report.places]
    body: list[Block] = [facts([*rows, fact("Всего", _value(report.total))] if len(rows) > 1 else rows)]
    if report.lines:
        body.append(text(*[row for each in report.lines for row in _valued_line(each)]))
    else:
        body.append(text("У всего товара себестоимость известна." if rows else "Товара нигде нет."))
    notes = [
        "Как считаем: штуки × себестоимость, действующая на этот день. Товар на своём складе стоит столько, "
        "сколько его карточки; на площадках — вместе с тем, что в пути."
    ]
    if report.stock_day is None:
        told = "Площадки остатков ещё не сообщали" if report.is_now else "Остатков площадок за этот день нет"
        notes.append(f"{told}: чего не знаем, того в сумме нет.")
    if report.total.unknown_qty:
        goods = formats.plural(report.total.unknown_goods, "товара", "товаров", "товаров")
        notes.append(
            f"Неизвестна себестоимость {goods} ({formats.pieces(report.total.unknown_qty)}): в сумму они не "
            f"входят. Задать: /cost артикул цена"
        )
    body.append(text(*notes))
    turned = _turn("cost", by="unknown" if report.unknown else "", day=_day(report))
    on = "сейчас" if report.is_now else f"конец дня {formats.full_day(report.d)}"
    return Screen(
        head=f"Товар по себестоимости · {on}" + formats.of_pages(report.page, report.pages),
        body=tuple(body),
        foot=_as_of(report.shelf_at if report.is_now else None, report.stock_day),
        keys=(page_keys(report.page, report.pages, turned), *_valuation_keys(report)),
    )


def _valuation_keys(report: ValuationReport) -> tuple[tuple[Key, ...], ...]:
    day = _day(report)
    keys: list[Key] = []
    if report.unknown:
        keys.append(key("Все товары", AnalyticsCall(what="cost", day=day)))
    elif report.total.unknown_goods:
        keys.append(key("Без себестоимости", AnalyticsCall(what="cost", by="unknown", day=day)))
    month = report.d.replace(day=1) - timedelta(days=1)
    keys.append(key(f"На {formats.full_day(month)}", AnalyticsCall(what="cost", day=month.isoformat())))
    if not report.is_now:
        keys.append(key("Сейчас", COST_KEY.data))
    return (tuple(keys), (MENU_KEY,))


def _day(report: ValuationReport) -> str:
    return "" if report.is_now else report.d.isoformat()


def _valued_line(each: ValuedGoods) -> list[Line]:
    said = [formats.pieces(each.worth.qty), _value(each.worth)]
    if each.worth.unknown_qty and each.differs:
        said.append("у карточек себестоимость разная")
    return [
        line(Bold(each.article), f" {formats.clip(each.title, TITLE)}"),
        line("   " + " · ".join(said)),
    ]


def _value(each: Total) -> str:
    """«12 400 ₽», «12 400 ₽ и 5 шт. без себестоимости», «–» where nothing of it is known."""
    if each.unknown_qty == each.qty and each.qty:
        return formats.UNKNOWN
    known = formats.rub(each.value)
    return known if not each.unknown_qty else f"{known} + {formats.pieces(each.unknown_qty)} без цены"


def _as_of(shelf_at: datetime | None, stock_day: date | None) -> tuple[Line, ...]:
    """Where two sources were asked, each is of its own time."""
    said: list[Line] = []
    if shelf_at is not None:
        said.append(line("свой склад на ", Moment(shelf_at)))
    if stock_day is not None:
        said.append(line(f"площадки на {formats.day(stock_day)}"))
    return tuple(said)


def _turn(what: str, *, by: str = "", days: int = 0, day: str = "") -> Callable[[int], AnalyticsCall]:
    return lambda page: AnalyticsCall(what=what, by=by, days=days, day=day, page=page)
