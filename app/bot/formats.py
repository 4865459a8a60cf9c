"""How figures, days and words look, once for the whole product. Values in, text out; None is «–».

Instants are not here: they need the reader's time zone, which the renderer knows.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

UNKNOWN = "–"
THIN = "\u202f"
"""Narrow no-break space between groups of digits: thin, and a number never breaks over two lines."""
NBSP = "\u00a0"
MINUS = "−"
CURRENCY_SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "CNY": "¥", "KZT": "₸", "BYN": "Br"}
MARKETPLACE_NAMES = {"WB": "WB", "OZON": "Ozon"}


def number(value: Decimal | int | None, places: int = 0, *, signed: bool = False) -> str:
    """«12 345,60»: ``places`` digits after the comma, rounded half-even as everywhere in the product."""
    if value is None:
        return UNKNOWN
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    text = f"{int(whole):,}".replace(",", THIN) + (f",{fraction}" if fraction else "")
    if rounded < 0:
        return MINUS + text
    return f"+{text}" if signed and rounded > 0 else text


def short(value: Decimal | None, places: int = 2) -> str:
    """«3,4»: at most ``places`` digits after the comma, no trailing zeros."""
    text = number(value, places)
    return text.rstrip("0").rstrip(",") if "," in text else text


def money(amount: Decimal | None, currency: str = "RUB", *, exact: bool = False) -> str:
    """«12 345 ₽»; with ``exact`` the kopecks too. The sign of a currency we do not know is its code."""
    if amount is None:
        return UNKNOWN
    return number(amount, 2 if exact else 0) + NBSP + CURRENCY_SIGNS.get(currency, currency)


def rub(amount: Decimal | None, *, exact: bool = False) -> str:
    return money(amount, "RUB", exact=exact)


def price(amount: Decimal | None) -> str:
    """A price of one piece: kopecks only where there are any."""
    return rub(amount, exact=amount is not None and amount != amount.to_integral_value())


def pieces(count: int | None) -> str:
    return UNKNOWN if count is None else f"{number(count)}{NBSP}шт."


def percent(value: Decimal | None, places: int = 1, *, signed: bool = False) -> str:
    """``value`` is in percent: 38.9 → «38,9 %»."""
    return UNKNOWN if value is None else f"{number(value, places, signed=signed)}{NBSP}%"


def day(d: date | None) -> str:
    return UNKNOWN if d is None else f"{d:%d.%m}"


def full_day(d: date | None) -> str:
    return UNKNOWN if d is None else f"{d:%d.%m.%Y}"


def plural(count: int, one: str, few: str, many: str) -> str:
    """«1 день», «3 дня», «14 дней»."""
    tail, teen = abs(count) % 10, abs(count) % 100
    if tail == 1 and teen != 11:
        word = one
    elif 2 <= tail <= 4 and not 12 <= teen <= 14:
        word = few
    else:
        word = many
    return f"{number(count)}{NBSP}{word}"


def days(count: int) -> str:
    return plural(count, "день", "дня", "дней")


def span(d_from: date, d_to: date) -> str:
    """«14.11–20.11», one day «20.11»; with the years where they differ."""
    if d_from == d_to:
        return day(d_from)
    if d_from.year != d_to.year:
        return f"{full_day(d_from)}–{full_day(d_to)}"
    return f"{day(d_from)}–{day(d_to)}"


def spans(dates: Iterable[date], limit: int = 4) -> str:
    """Days run together: «12.11, 15.11–18.11»; past ``limit`` runs «и ещё N дней»."""
    runs: list[list[date]] = []
    for d in sorted(set(dates)):
        if runs and d - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(d)
        else:
            runs.append([d])
    text = ", ".join(span(run[0], run[-1]) for run in runs[:limit])
    rest = sum(len(run) for run in runs[limit:])
    return f"{text} и ещё {days(rest)}" if rest else text


def marketplace(code: str) -> str:
    return MARKETPLACE_NAMES.get(code.upper(), code)


def of_pages(page: int, pages: int) -> str:
    """After a title: which page it is, counted from 0, where there are several."""
    return f" · стр. {page + 1}/{pages}" if pages > 1 else ""


def clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
