"""A cell of a table that somebody typed or some program wrote → a code, a quantity, a day.

Excel keeps a barcode as a number and a day as a day; a CSV keeps whatever its maker showed.
"""

import re
from calendar import monthrange
from datetime import date, datetime

Cell = str | int | float | bool | date | datetime | None
"""As a reader gives it; other kinds of cells (times, errors) come as text."""

MOST_PIECES = 999_999
LONGEST_CODE = 100
YEARS = range(2000, 2101)
SHOWN = 40

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_PIECES = re.compile(r"([+−–-]?\d+)(?:[.,](\d+))?\s*(?:шт\.?|штук[аи]?)?", re.IGNORECASE)
_WHOLE = re.compile(r"(\d+)[.,]0+")
_TORN = re.compile(r"\d+(?:[.,]\d+)?[eеEЕ]\+?\d+")
_QUOTED = re.compile(r'="(.*)"')
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?")
_MONTH = re.compile(r"(\d{1,2})[./](\d{4})")


class NotThis(ValueError):
    """``str(error)`` says what is wrong with the cell, after its name and a colon."""


def is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def as_code(cell: Cell) -> str:
    """A barcode, an article or a place; "" for an empty cell."""
    if cell is None:
        return ""
    if isinstance(cell, bool | date):
        raise NotThis(f"«{shown(cell)}» — не код")
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= 2**53:
            raise NotThis(f"«{shown(cell)}» — не код: сделайте столбец текстовым")
        return str(int(cell))
    said = _SPACES.sub(" ", str(cell)).strip().lstrip("'")
    if found := _QUOTED.fullmatch(said):
        said = found[1]
    if _TORN.fullmatch(said) and any(each in said for each in "+.,"):
        raise NotThis(f"«{said}» — Excel потерял цифры штрихкода: сделайте столбец текстовым")
    if found := _WHOLE.fullmatch(said):
        said = found[1]
    if len(said) > LONGEST_CODE:
        raise NotThis(f"«{shown(said)}» длиннее {LONGEST_CODE} знаков")
    return said


def as_pieces(cell: Cell, *, least: int = 1) -> int:
    """A whole number of pieces."""
    if is_empty(cell):
        raise NotThis("количество не указано")
    if isinstance(cell, bool | date):
        raise NotThis(f"«{shown(cell)}» — не количество")
    said = _SPACES.sub("", f"{cell}")
    found = _PIECES.fullmatch(said)
    if found is None:
        raise NotThis(f"«{shown(cell)}» — не количество")
    if (found[2] or "0").strip("0"):
        raise NotThis(f"«{shown(cell)}» — дробное, а товар считают штуками")
    pieces = int(re.sub("[−–]", "-", found[1]))
    if pieces < 0:
        raise NotThis(f"«{shown(cell)}» — меньше нуля")
    if pieces < least:
        raise NotThis("количество — ноль, такую строку удалите")
    if pieces > MOST_PIECES:
        raise NotThis(f"{pieces} шт. в одной строке — похоже на опечатку")
    return pieces


def as_day(cell: Cell) -> date | None:
    """A day; a month is its last day; None for an empty cell."""
    if is_empty(cell):
        return None
    if isinstance(cell, datetime):
        return _in_reach(cell.date())
    if isinstance(cell, date):
        return _in_reach(cell)
    said = _SPACES.sub(" ", f"{cell}").strip()
    try:
        if found := _ISO.fullmatch(said):
            return _in_reach(date(int(found[1]), int(found[2]), int(found[3])))
        if found := _DAY.fullmatch(said):
            year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
            return _in_reach(date(year, int(found[2]), int(found[1])))
        if found := _MONTH.fullmatch(said):
            year, month = int(found[2]), int(found[1])
            return _in_reach(date(year, month, monthrange(year, month)[1]))
    except NotThis:
        raise
    except ValueError:  # no such day or month
        raise NotThis(f"дня {said} в календаре нет") from None
    raise NotThis(f"«{shown(cell)}» — не дата: нужен вид 31.05.2027 или 05.2027")


def shown(cell: Cell) -> str:
    """What the cell says, cut."""
    if isinstance(cell, float):
        cell = int(cell) if cell.is_integer() else f"{cell}".replace(".", ",")
    said = f"{cell:%d.%m.%Y}" if isinstance(cell, date) else _SPACES.sub(" ", f"{cell}").strip()
    return said if len(said) <= SHOWN else said[: SHOWN - 1] + "…"


def _in_reach(day: date) -> date:
    if day.year not in YEARS:
        raise NotThis(f"{day:%d.%m.%Y} — такого срока годности не бывает")
    return day
