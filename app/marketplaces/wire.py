"""Types of the wire, shared by both marketplaces: lenient at the door, exact behind it.

Money comes as "376.99", 376.99, "0,07" or "" and drifts between those from month to month
(facts/wildberries.md section 6), so every field goes through one of these types. A value that is
none of the expected forms is an error of its row, never of its page.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Annotated, Any, Never, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from app.marketplaces.errors import Garbled

KOPECK = Decimal("0.01")
ZERO = Decimal("0.00")
_LARGEST_MONEY = Decimal(10) ** 12
"""NUMERIC(14,2) holds less than this; a larger figure is damage, not money."""
_LARGEST_ID = 2**63 - 1
_LARGEST_COUNT = 2**31 - 1


class Wire(BaseModel):
    """Base of wire models: only what we read, the rest ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def parse_money(told: object) -> Decimal:
    """Rubles to the kopeck from a string or a number. "", None and "-" are nothing told: 0.

    Raises ValueError for anything else that is not a finite number of a possible size.
    """
    return parse_exact(told).quantize(KOPECK, ROUND_HALF_EVEN)


def parse_exact(told: object) -> Decimal:
    """The same as told, not rounded: for rows of fractions of a kopeck that are added up first."""
    if told is None:
        return ZERO
    if isinstance(told, bool) or not isinstance(told, str | int | float | Decimal):
        raise ValueError("не сумма")
    text = str(told).replace("\u00a0", "").replace("\u2009", "").replace(" ", "").replace("\u2212", "-")
    if text in ("", "-"):
        return ZERO
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise ValueError("не сумма") from None
    if not amount.is_finite() or abs(amount) >= _LARGEST_MONEY:
        raise ValueError("сумма невозможного размера")
    return amount


def _parse_text(told: object) -> str:
    if told is None:
        return ""
    if isinstance(told, bool) or not isinstance(told, str | int | Decimal):
        raise ValueError("не текст")
    return clean(str(told))


def clean(text: str) -> str:
    """Text that PostgreSQL accepts: no NUL, no lone surrogates, no outer spaces."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def _parse_whole(told: object, largest: int) -> int:
    if told is None or told == "":
        return 0
    if isinstance(told, bool) or not isinstance(told, str | int | float | Decimal):
        raise ValueError("не целое число")
    try:
        number = Decimal(str(told))
    except InvalidOperation:
        raise ValueError("не целое число") from None
    if not number.is_finite() or abs(number) > largest or number != int(number):
        raise ValueError("не целое число")
    return int(number)


def parse_day(told: object) -> date:
    """The date at the start of an ISO text; a time after it is a date in disguise here.

    Raises ValueError when there is none, or the year is not of this trade.
    """
    if not isinstance(told, str) or len(told) < 10:
        raise ValueError("не дата")
    day = date.fromisoformat(told[:10])
    if not 2010 <= day.year <= 2100:
        raise ValueError("дата вне разумных пределов")
    return day


def _parse_moment(told: object) -> datetime:
    """An ISO instant as told, zone or no zone."""
    if not isinstance(told, str):
        raise ValueError("не время")
    parse_day(told)
    return datetime.fromisoformat(told)


Rubles = Annotated[Decimal, BeforeValidator(parse_money)]
Exact = Annotated[Decimal, BeforeValidator(parse_exact)]
Text = Annotated[str, BeforeValidator(_parse_text)]
Id = Annotated[int, BeforeValidator(lambda told: _parse_whole(told, _LARGEST_ID))]
Count = Annotated[int, BeforeValidator(lambda told: _parse_whole(told, _LARGEST_COUNT))]
Day = Annotated[date, BeforeValidator(parse_day)]
Moment = Annotated[datetime, BeforeValidator(_parse_moment)]


def refuse_constant(name: str) -> Never:
    """NaN and Infinity, which Python's JSON would read."""
    raise ValueError(f"{name} is not JSON")


def parse_json(body: bytes, method: str) -> Any:
    """A page's JSON with exact decimals. Raises Garbled for anything that is not JSON to the end."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        why = "пустой ответ" if not body.strip() else "это не JSON или он оборван"
        raise Garbled(method, why) from None


def parse_rows(body: bytes, method: str, *path: str) -> list[Any]:
    """The list at ``path`` of a page. Raises Garbled where there is none; null counts as empty."""
    place = parse_json(body, method)
    for name in path:
        if not isinstance(place, dict) or name not in place:
            raise Garbled(method, f"нет поля {name}")
        place = place[name]
    if place is None:
        return []
    if not isinstance(place, list):
        raise Garbled(method, "ожидался список")
    return place


M = TypeVar("M", bound=Wire)


def read_rows(
    rows: Iterable[Any], model: type[M], refuse: Callable[[Any, str], None]
) -> Iterator[tuple[Any, M]]:
    """(raw, read) for every row that fits the model; the others go to ``refuse`` with a reason."""
    for raw in rows:
        try:
            yield raw, model.model_validate(raw)
        except ValidationError as error:
            refuse(raw, complaint(error))


def complaint(error: ValidationError) -> str:
    """Which fields could not be read, in Russian, without their values."""
    names = sorted({".".join(str(part) for part in one["loc"]) or "строка" for one in error.errors()})
    return "не читается: " + ", ".join(names)[:200]


def payload(raw: object) -> str:
    """A raw row as JSON text that PostgreSQL takes, to be kept beside «не разнесено»."""
    return clean(json.dumps(raw, ensure_ascii=False, default=str)).replace("\\u0000", "")


def readable_money(raw: object, name: str) -> Decimal | None:
    """A money field of a raw row: 0 if absent, None if it is there and unreadable."""
    if not isinstance(raw, Mapping):
        return None
    try:
        return parse_money(raw.get(name))
    except ValueError:
        return None


def readable_day(raw: object, name: str) -> date | None:
    """A day field of a raw row, None if it cannot be read."""
    try:
        return parse_day(raw.get(name)) if isinstance(raw, Mapping) else None
    except ValueError:
        return None
