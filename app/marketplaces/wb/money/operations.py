"""What each Wildberries finance operation is: the table of facts/wildberries.md section 7.

The sign of a row comes from docTypeName, its class from sellerOperName; names are compared
casefolded, with ё as е and quotes dropped, because Wildberries renames and retypes them. A name
that is not here is UNKNOWN: its money is kept and shown as «не разнесено».
"""

import re
from enum import Enum

from app.domain.finance.settlement import PnlLine


class Kind(Enum):
    """How the money fields of an operation are booked."""

    TRADE = "trade"
    """A sale or a return of goods: revenue, commission, units."""
    TRADE_FIX = "trade_fix"
    """«Коррекция продаж»: as TRADE, but units follow the row's own sign."""
    COMPENSATION = "compensation"
    """Paid for goods that were not sold: no units."""
    ACQUIRING_FIX = "acquiring_fix"
    """forPay corrects the payment fee."""
    LOYALTY = "loyalty"
    SERVICE = "service"
    """The non-zero money field itself says which line it is."""
    OTHER = "other"
    """A service with no line of its own: whatever field is filled goes to «прочее»."""
    UNKNOWN = "unknown"


_OPERATIONS: dict[Kind, tuple[str, ...]] = {
    Kind.TRADE: (
        "Продажа",
        "Корректная продажа",
        "Сторно возвратов",
        "Возврат",
        "Корректный возврат",
        "Сторно продаж",
    ),
    Kind.TRADE_FIX: ("Коррекция продаж",),
    Kind.COMPENSATION: (
        "Авансовая оплата за товар без движения",
        "Компенсация ущерба",
        "Компенсация брака",
        "Компенсация потерянного товара",
        "Компенсация подмененного товара",
        "Частичная компенсация брака",
        "Добровольная компенсация при возврате",
    ),
    Kind.ACQUIRING_FIX: ("Корректировка эквайринга",),
    Kind.LOYALTY: ("Компенсация скидки по программе лояльности",),
    Kind.SERVICE: (
        "Логистика",
        "Коррекция логистики",
        "Хранение",
        "Пересчет хранения",
        "Платная приемка",
        "Операции на приемке",
        "Пересчет платной приемки",
        "Штраф",
        "Удержание",
        "Корректировка",
        "Корректировка ВВ",
        "Корректировка вознаграждения",
        "Возмещение за выдачу и возврат товаров на ПВЗ",
        "Возмещение издержек по перевозке",
        "Возмещение издержек по перевозке/по складским операциям с товаром",
    ),
    Kind.OTHER: ("Обработка товара",),
}

_PREFIXES: tuple[tuple[str, Kind], ...] = (("бронирование", Kind.OTHER),)

_QUOTES = re.compile(r"[«»\"'“”„]")
_SPACES = re.compile(r"\s+")


def plain(name: str) -> str:
    """A name as it is compared: case, ё, quotes and runs of spaces do not matter."""
    return _SPACES.sub(" ", _QUOTES.sub("", name)).strip().casefold().replace("ё", "е")


_KINDS = {plain(name): kind for kind, names in _OPERATIONS.items() for name in names}
_DOCUMENTS = frozenset({"", "продажа", "возврат"})


def kind_of(operation: str, document: str) -> Kind:
    """The kind of an operation; an unknown type of document makes any operation UNKNOWN."""
    if plain(document) not in _DOCUMENTS:
        return Kind.UNKNOWN
    name = plain(operation)
    if name in _KINDS:
        return _KINDS[name]
    return next((kind for prefix, kind in _PREFIXES if name.startswith(prefix)), Kind.UNKNOWN)


def delivery_line(bonus: str, deliveries: int) -> PnlLine:
    """To the buyer or back. ``bonus`` says it in words; where it does not, a counted delivery does."""
    words = plain(bonus)
    if "к клиенту" in words:
        return PnlLine.LOGISTICS
    if "от клиента" in words or deliveries <= 0:
        return PnlLine.RETURN_LOGISTICS
    return PnlLine.LOGISTICS


_LOAN = re.compile(r"\bза[ий]м|заемщик")


def deduction_line(bonus: str) -> PnlLine:
    """What an «Удержание» was for; it is told only in words."""
    words = plain(bonus)
    if "продвижение" in words and ("wb" in words or "вб" in words):
        return PnlLine.ADS
    if "за отзыв" in words:
        return PnlLine.PROMO
    if _LOAN.search(words):
        return PnlLine.FINANCING
    return PnlLine.DEDUCTION
