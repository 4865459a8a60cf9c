"""What a person typed after /analytics → a question. Every refusal shows an example."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from app.bot.parse import parse_day, parse_days
from app.core.errors import BadInput
from app.services.analytics.abc import AbcQuery, By
from app.services.analytics.ageing import AgeingQuery
from app.services.analytics.pnl import MAX_DAYS
from app.services.analytics.slow import SlowQuery
from app.services.analytics.valuation import ValuationQuery

AnalyticsQuery = AbcQuery | AgeingQuery | SlowQuery | ValuationQuery

EXAMPLE = (
    "Например: /analytics abc 90, /analytics возраст, /analytics залежи 60, /analytics стоимость 01.11.2026"
)
_ABC_EXAMPLE = "Например: /analytics abc выручка 90"
_SLOW_EXAMPLE = "Например: /analytics залежи 60"
_COST_EXAMPLE = "Например: /analytics стоимость 01.11.2026"

ABC_DAYS, SLOW_DAYS = 30, 90
MOST_SLOW_DAYS = 365

_BY: Mapping[str, By] = {"прибыль": "profit", "прибыли": "profit", "выручка": "revenue", "выручке": "revenue"}
_SMALL = frozenset({"по", "за", "на"})


def parse_analytics(args: str | None, today: date) -> AnalyticsQuery | None:
    """«abc 90», «abc по выручке», «возраст», «залежи 60», «стоимость на 01.11.2026»; None: nothing said."""
    words = [each.lower() for each in (args or "").split() if each.lower() not in _SMALL]
    if not words:
        return None
    asked = _KINDS.get(words[0])
    if asked is None:
        raise BadInput(f"Такой аналитики нет. {EXAMPLE}")
    return asked(words[1:], today)


def _abc(words: Sequence[str], _today: date) -> AbcQuery:
    by: By = "profit"
    rest = []
    for word in words:
        if word in _BY:
            by = _BY[word]
        else:
            rest.append(word)
    return AbcQuery(by=by, days=_days(rest, ABC_DAYS, MAX_DAYS, _ABC_EXAMPLE))


def _age(words: Sequence[str], _today: date) -> AgeingQuery:
    if words:
        raise BadInput("Возраст считаем на сегодня: ничего добавлять не нужно. Например: /analytics возраст")
    return AgeingQuery()


def _slow(words: Sequence[str], _today: date) -> SlowQuery:
    return SlowQuery(days=_days(words, SLOW_DAYS, MOST_SLOW_DAYS, _SLOW_EXAMPLE))


def _cost(words: Sequence[str], today: date) -> ValuationQuery:
    if not words:
        return ValuationQuery()
    if len(words) > 1:
        raise BadInput(f"Нужна одна дата или ничего. {_COST_EXAMPLE}")
    d = parse_day(words[0], today, _COST_EXAMPLE)
    if d > today:
        raise BadInput(f"{d:%d.%m.%Y} ещё не наступило. {_COST_EXAMPLE}")
    return ValuationQuery(d=None if d == today else d)


def _days(words: Sequence[str], default: int, most: int, example: str) -> int:
    try:
        days = parse_days(" ".join(words), default)
    except BadInput:
        raise BadInput(f"Нужно одно число — сколько дней, от 1 до {most}. {example}") from None
    if days > most:
        raise BadInput(f"Дней может быть от 1 до {most}. {example}")
    return days


_KINDS: Mapping[str, Callable[[Sequence[str], date], AnalyticsQuery]] = {
    "abc": _abc,
    "авс": _abc,
    "абц": _abc,
    "возраст": _age,
    "залежи": _slow,
    "медленные": _slow,
    "стоимость": _cost,
}
