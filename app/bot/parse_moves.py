"""What a person typed about a movement → words. The order is theirs; what the words name is asked elsewhere.

Nothing is refused here: what cannot be is told beside what can, so that only it is asked again.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from app.bot.formats import number
from app.core.errors import BadInput
from app.services.warehouse.said import MOST_PIECES, Kind, Slot, Words

LONGEST = 300
"""Characters of a line; nobody types more to a storekeeper's command."""
BARCODE_FROM = 8
"""A number of so many digits is a barcode, a shorter one a quantity."""
QTY_EXAMPLE = "Нужно целое число штук, например 20."
DAY_EXAMPLE = "Например: до 31.05.2027, до 2027-05-31 или до 05.2027."
LONGEST_TERM = 366
LONGEST_NUMBER = 15

_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_DAY_OF_YEAR = re.compile(r"(\d{1,2})\.(\d{1,2})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MONTH = re.compile(r"(\d{1,2})[./](\d{4})")
_WHOLE = re.compile(r"([+−–-]?)(\d+)(?:шт\.?)?", re.IGNORECASE)
_FRACTION = re.compile(r"[+−–-]?\d+[.,]\d+(?:шт\.?)?", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\u00a0\u2009\u202f]+")
_HOLD = re.compile(r"[#№](\d{1,12})")
_PIECES = frozenset({"шт", "шт.", "штук", "штуки", "штука", "штуку"})
_UPTO = frozenset({"до"})
_FROM = frozenset({"из", "с", "со", "от"})
_TO = frozenset({"в", "во", "на", "->", "→"})
_DAYS = re.compile(r"(?:день|дня|дней|дн\.?|сут\w*)", re.IGNORECASE)
_MARKETS = {"wb": "WB", "вб": "WB", "wildberries": "WB", "ozon": "OZON", "озон": "OZON"}
_BY_HOLD = frozenset({Kind.SHIP, Kind.RELEASE})


class _Reader:
    """Goes through a line word by word."""

    def __init__(self, kind: Kind, said: str, today: date) -> None:
        self.kind, self.today = kind, today
        self.rest = _split(said)
        self.free: list[str] = []
        self.known: dict[str, str | int | date | bool] = {}
        self.wrong: list[tuple[Slot, str]] = []

    def read(self) -> None:
        while self.rest:
            word = self.rest.pop(0)
            if not any(step(word) for step in self._steps()):
                self.free.append(word)

    def _steps(self) -> tuple[Callable[[str], bool], ...]:
        return (
            self._pieces,
            self._by,
            self._hold,
            self._market,
            self._term,
            self._side,
            self._day,
            self._qty,
        )

    def _pieces(self, word: str) -> bool:
        return word.lower() in _PIECES

    def _by(self, word: str) -> bool:
        """«до 31.05.2027», «годен до …», «без срока»."""
        if word.lower() in {"годен", "годна", "годно", "срок"} and self._next() in _UPTO:
            return True
        if word.lower() == "без" and self._next().startswith("срок"):
            self.rest.pop(0)
            self.known["no_expiry"] = True
            return True
        if word.lower() not in _UPTO:
            return False
        slot = Slot.UNTIL if self.kind is Kind.RESERVE else Slot.EXPIRES
        if not self.rest:
            self.wrong.append((slot, f"После «до» нужна дата. {DAY_EXAMPLE}"))
            return True
        said = self.rest.pop(0)
        day = _read_day(said, self.today, year_untold=True)
        if isinstance(day, str):
            self.wrong.append((slot, day))
        else:
            self.known["by"] = day
        return True

    def _day(self, word: str) -> bool:
        """A whole date needs no «до»."""
        if not any(shape.fullmatch(word) for shape in (_DAY, _ISO, _MONTH)):
            return False
        self.rest.insert(0, word)
        return self._by("до")

    def _hold(self, word: str) -> bool:
        """«#17», «№17», «резерв 17»."""
        if self.kind not in _BY_HOLD:
            return False
        if word.lower() in {"резерв", "резерва", "резерву", "№", "#"} and re.fullmatch(
            r"[#№]?\d{1,12}", self._next()
        ):
            word = "#" + self.rest.pop(0).lstrip("#№")
        found = _HOLD.fullmatch(word)
        if found:
            self.known["hold_id"] = int(found[1])
        return found is not None

    def _market(self, word: str) -> bool:
        """«на WB 12345», «на Ozon 2000012345»; the number may be asked for."""
        if self.kind is not Kind.SHIP:
            return False
        named = self._next() if word.lower() == "на" else word.lower()
        if named not in _MARKETS:
            return False
        if word.lower() == "на":
            self.rest.pop(0)
        self.known["market"] = _MARKETS[named]
        if re.fullmatch(r"[№#]?\d{4,}", self._next()):
            self.known["supply"] = self.rest.pop(0).lstrip("№#")
        return True

    def _term(self, word: str) -> bool:
        """«на 3 дня» of a promise."""
        says = self.kind is Kind.RESERVE and word.lower() == "на" and len(self.rest) > 1
        if not (says and self.rest[0].isdigit() and _DAYS.fullmatch(self.rest[1])):
            return False
        days = int(self.rest[0][:6])
        del self.rest[:2]
        if 1 <= days <= LONGEST_TERM:
            self.known["by"] = self.today + timedelta(days=days)
        else:
            self.wrong.append((Slot.UNTIL, f"Резервируют на срок от 1 дня до {LONGEST_TERM}."))
        return True

    def _side(self, word: str) -> bool:
        """«из A-01», «в B-02»."""
        side = "source" if word.lower() in _FROM else "target" if word.lower() in _TO else ""
        if not side or not self.rest:
            return False
        self.known[side] = self.rest.pop(0)
        return True

    def _qty(self, word: str) -> bool:
        """What is wrong with a quantity; one that is right is free still: it may be an article."""
        if _FRACTION.fullmatch(word):
            hint = " Дату пишут с «до»: до 31.05.2027." if _DAY_OF_YEAR.fullmatch(word) else ""
            self._refuse(f"«{word}» — не целое число. {QTY_EXAMPLE}{hint}")
            return True
        found = _WHOLE.fullmatch(word)
        if found is None or (not found[1] and len(found[2]) >= BARCODE_FROM):
            return False
        pieces = int(found[2][:12])
        if found[1] in ("−", "–", "-"):
            self._refuse(f"Количество не бывает отрицательным. {QTY_EXAMPLE}")
        elif pieces == 0 and self.kind is not Kind.COUNT:
            self._refuse(f"Ноль штук — это ничего. {QTY_EXAMPLE}")
        elif pieces > MOST_PIECES and self.kind is not Kind.RELEASE:  # it may be a promise's number
            self._refuse(
                f"{number(pieces)} шт. — слишком много за один раз: не больше {number(MOST_PIECES)}. "
                "Если столько и есть, проведите частями."
            )
        else:
            self.free.append(found[2])
        return True

    def _refuse(self, sentence: str) -> None:
        self.wrong.append((Slot.QTY, sentence))

    def _next(self) -> str:
        return self.rest[0].lower() if self.rest else ""


def read_words(kind: Kind, said: str, today: date) -> Words:
    """The words of a line, whatever their order."""
    reader = _Reader(kind, said, today)
    reader.read()
    return Words(
        whole=" ".join(_split(said)),
        free=tuple(reader.free),
        wrong=tuple(reader.wrong),
        **reader.known,  # type: ignore[arg-type]
    )


def _split(said: str) -> list[str]:
    """Words of a line. A scanned code holds separators that are spaces to Python, and stays one word."""
    return [word for word in _SPACES.split(said.replace("\0", "")[:LONGEST]) if word]


def _read_day(said: str, today: date, *, year_untold: bool = False) -> date | str:
    """A day, or the sentence about what is no day. «05.2027» is the last of that month; «31.05» the next."""
    plain = said.rstrip(".,;") if not said[-1:].isdigit() else said
    try:
        if found := _ISO.fullmatch(plain):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DAY.fullmatch(plain):
            year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
            return date(year, int(found[2]), int(found[1]))
        if found := _MONTH.fullmatch(plain):
            month, year = int(found[1]), int(found[2])
            return date(year, month, monthrange(year, month)[1]) if 1 <= month <= 12 else date(year, month, 1)
        if year_untold and (found := _DAY_OF_YEAR.fullmatch(plain)):
            day = date(today.year, int(found[2]), int(found[1]))
            return day if day >= today else date(today.year + 1, day.month, day.day)
    except ValueError:
        return f"Дня {plain} в календаре нет. {DAY_EXAMPLE}"
    return f"«{said[:30]}» — не дата. {DAY_EXAMPLE}"


def read_document(args: str | None) -> int | None:
    """The number of /undo; nothing = none said. Raises BadInput for what is no number."""
    said = " ".join((args or "").split()).lstrip("№# ")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= LONGEST_NUMBER):
        raise BadInput(f"«{said[:30]}» — не номер документа. Например: /undo 42, или /undo без номера.")
    return int(said)
