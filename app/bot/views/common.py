"""Lines and keys that several screens share."""

from collections.abc import Callable

from aiogram.filters.callback_data import CallbackData

from app.bot import formats
from app.bot.callbacks import AnalyticsCall, PnlCall, StatusCall, StockCall, SupplyCall, TodayCall
from app.bot.screen import Key, Line, Moment, Piece, key
from app.services.analytics.reports import Freshness

TODAY_KEY = key("Сегодня", TodayCall())
PNL_KEY = key("Прибыль", PnlCall(days=7))
STOCK_KEY = key("Остатки", StockCall())
SUPPLY_KEY = key("Поставка", SupplyCall(window=14))
ANALYTICS_KEY = key("Аналитика", AnalyticsCall())
STATUS_KEY = key("Статус", StatusCall())


def freshness_line(freshness: Freshness) -> Line:
    """«данные на 21.11 08:10, реализация до 16.11»."""
    if freshness.as_of is None:
        return ("данных ещё нет",)
    pieces: list[Piece] = ["данные на ", Moment(freshness.as_of)]
    if freshness.settled_to is not None:
        pieces.append(f", реализация до {formats.day(freshness.settled_to)}")
    else:
        pieces.append(", реализации ещё нет")
    return tuple(pieces)


def sku_name(article: str, size: str) -> str:
    """«KRS-42 · 46»; a card of one size has none ("" or WB's "0")."""
    return f"{article} · {size}" if size and size != "0" else article


def page_keys(page: int, pages: int, call: Callable[[int], CallbackData]) -> tuple[Key, ...]:
    """«← 1», «3 →» around page ``page`` (from 0); none where one page is all."""
    keys: list[Key] = []
    if page > 0:
        keys.append(key(f"← {page}", call(page - 1)))
    if page + 1 < pages:
        keys.append(key(f"{page + 2} →", call(page + 1)))
    return tuple(keys)


def chosen(label: str, is_chosen: bool) -> str:
    """A period button; the one on the screen is marked."""
    return f"· {label} ·" if is_chosen else label
