"""What a person typed after a command → an order. Every refusal says what was wrong and shows an example."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from app.core.errors import BadInput
from app.domain.warehouse.barcodes import has_right_check_digit, is_barcode
from app.services.analytics.pnl import MAX_DAYS
from app.services.analytics.supply import WINDOWS
from app.services.costs import MAX_PRICE
from app.services.tenancy.people import NAME_LIMIT
from app.services.warehouse.item_making import NewItemOrder

MAX_ARTICLE = 100
MAX_NAME = 300
MAX_WORDS = 200
RECALC_DAYS = 35
MAX_RECALC_DAYS = 400
EARLIEST = date(2015, 1, 1)

PNL_EXAMPLE = "Например: /pnl 7"
SUPPLY_EXAMPLE = "Например: /supply 14 или /supply 28"
COST_EXAMPLE = "Например: /cost KRS-42 350 или /cost KRS-42 350,50 с 01.11.2026"
ITEM_EXAMPLE = "Например: /items KRS-42 4601234567893 Кроссовки беговые"
RECALC_EXAMPLE = "Например: /recalc 01.11.2026 15.11.2026"

_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{4}|\d{2}))?")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PRICE = re.compile(r"[+−–-]?\d+(?:[.,]\d+)?")
_SINCE = frozenset({"с", "from", "c"})  # the last is Latin: it looks the same on a phone
_UPTO = frozenset({"по", "до", "to"})
_ROUBLES = frozenset({"₽", "р", "р.", "руб", "руб.", "рублей"})


@dataclass(frozen=True, slots=True)
class CostWords:
    """What was said to /cost; ``since`` None = not said."""

    article: str
    price: Decimal
    since: date | None


def parse_days(args: str | None, default: int = 7) -> int:
    """Days of /pnl: nothing = a week."""
    words = (args or "").split()
    if not words:
        return default
    said = words[0]
    if len(words) > 2 or (len(words) == 2 and not words[1].lower().startswith(("дн", "ден"))):
        raise BadInput(f"Нужно одно число — сколько дней. {PNL_EXAMPLE}")
    if not said.isascii() or not said.isdigit():
        raise BadInput(f"«{_quote(said)}» — не число дней. {PNL_EXAMPLE}")
    days = int(said) if len(said) < 10 else MAX_DAYS + 1
    if not 1 <= days <= MAX_DAYS:
        raise BadInput(f"Дней может быть от 1 до {MAX_DAYS}. {PNL_EXAMPLE}")
    return days


def parse_article(args: str | None) -> str | None:
    """Article of /stock, None = the whole list. Inner spaces belong to the article."""
    article = " ".join((args or "").split())
    if len(article) > MAX_ARTICLE:
        raise BadInput(f"Артикул длиннее {MAX_ARTICLE} знаков. Например: /stock KRS-42")
    return article or None


def parse_window(args: str | None, default: int = 14) -> int:
    """Window of /supply in days."""
    words = (args or "").split()
    if not words:
        return default
    if not words[0].isascii() or not words[0].isdigit() or int(words[0][:9]) not in WINDOWS:
        raise BadInput(f"Советы считаются на 14 или 28 дней. {SUPPLY_EXAMPLE}")
    return int(words[0])


def parse_cost(args: str | None, today: date) -> CostWords:
    """«KRS-42 350», «KRS-42 350,50 с 01.11.2026». An article may have spaces: the price comes last."""
    words = (args or "").split()
    since: date | None = None
    if len(words) >= 3 and words[-2].lower() in _SINCE:
        since = parse_day(words[-1], today, COST_EXAMPLE)
        words = words[:-2]
    elif len(words) >= 3 and (
        (_DAY.fullmatch(words[-1]) and words[-1].count(".") == 2) or _ISO_DAY.fullmatch(words[-1])
    ):
        since = parse_day(words[-1], today, COST_EXAMPLE)
        words = words[:-1]
    if words and words[-1].lower() in _ROUBLES:
        words = words[:-1]
    if words and words[-1].lower() in _SINCE:
        raise BadInput(f"После «с» нужна дата. {COST_EXAMPLE}")
    if len(words) < 2:
        raise BadInput(f"Нужны артикул и цена штуки в рублях. {COST_EXAMPLE}")
    article = parse_article(" ".join(words[:-1]))
    if article is None:
        raise BadInput(f"Нужен артикул. {COST_EXAMPLE}")
    price = parse_price(words[-1])
    if since is not None and since > today:
        raise BadInput(
            f"{since:%d.%m.%Y} ещё не наступило: себестоимость задают с сегодня или раньше. {COST_EXAMPLE}"
        )
    if since is not None and since < EARLIEST:
        raise BadInput(f"{since:%d.%m.%Y} слишком давно, таких продаж у нас нет. {COST_EXAMPLE}")
    return CostWords(article, price, since)


def parse_price(said: str) -> Decimal:
    """A price of one piece, rubles with at most two digits after the comma."""
    plain = said.removesuffix("₽").replace("\u00a0", "").replace("\u202f", "")
    if not _PRICE.fullmatch(plain):
        raise BadInput(f"«{_quote(said)}» — не цена. {COST_EXAMPLE}")
    try:
        price = Decimal(plain.replace(",", ".").replace("−", "-").replace("–", "-"))
    except InvalidOperation:
        raise BadInput(f"«{_quote(said)}» — не цена. {COST_EXAMPLE}") from None
    if price < 0:
        raise BadInput(f"Себестоимость не бывает отрицательной. {COST_EXAMPLE}")
    if price == 0:
        raise BadInput(f"Себестоимость должна быть больше нуля. {COST_EXAMPLE}")
    if price > MAX_PRICE:
        raise BadInput(f"Больше 10 миллионов за штуку — похоже на опечатку. {COST_EXAMPLE}")
    if price != price.quantize(Decimal("0.01")):
        raise BadInput(f"У рубля сто копеек: не больше двух знаков после запятой. {COST_EXAMPLE}")
    return price.quantize(Decimal("0.01"))


def parse_period(args: str | None, today: date) -> tuple[date, date]:
    """Period of /recalc, both days included: nothing = the last 35 days, one day = from it to yesterday."""
    words = [each for each in (args or "").replace("—", " ").split() if each.lower() not in _SINCE | _UPTO]
    yesterday = today - timedelta(days=1)
    if not words:
        return today - timedelta(days=RECALC_DAYS), yesterday
    if len(words) > 2:
        raise BadInput(f"Нужны одна или две даты. {RECALC_EXAMPLE}")
    d_from = parse_day(words[0], today, RECALC_EXAMPLE)
    d_to = parse_day(words[1], today, RECALC_EXAMPLE) if len(words) == 2 else yesterday
    if max(d_from, d_to) > today:
        raise BadInput(f"{max(d_from, d_to):%d.%m.%Y} ещё не наступило. {RECALC_EXAMPLE}")
    if d_from > d_to and len(words) == 1:
        d_to = d_from
    if d_from > d_to:
        raise BadInput(f"Начало позже конца: {d_from:%d.%m.%Y} и {d_to:%d.%m.%Y}. {RECALC_EXAMPLE}")
    if (d_to - d_from).days >= MAX_RECALC_DAYS:
        raise BadInput(f"За один раз — не больше {MAX_RECALC_DAYS} дней. {RECALC_EXAMPLE}")
    return d_from, d_to


def parse_day(said: str, today: date, example: str) -> date:
    """«01.11.2026», «01.11.26», «01.11» (the latest such day not in the future), «2026-11-01»."""
    if found := _ISO_DAY.fullmatch(said):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY.fullmatch(said):
        day, month = int(found[1]), int(found[2])
        year = today.year if found[3] is None else int(found[3]) + (2000 if len(found[3]) == 2 else 0)
    else:
        raise BadInput(f"«{_quote(said)}» — не дата: нужен вид дд.мм.гггг. {example}")
    try:
        parsed = date(year, month, day)
        if found.re is _DAY and found[3] is None and parsed > today:
            parsed = date(year - 1, month, day)
    except ValueError:
        raise BadInput(f"Дня {_quote(said)} в календаре нет. {example}") from None
    return parsed


def parse_name(said: str | None, example: str) -> str:
    """A name for an organisation or a cabinet: one line of 1 to 64 characters."""
    name = " ".join((said or "").split())
    if not name or len(name) > NAME_LIMIT or not any(each.isalnum() for each in name):
        raise BadInput(f"Название — от 1 до {NAME_LIMIT} знаков, с буквой или цифрой. {example}")
    return name


def parse_who(args: str | None) -> str | None:
    """Whose changes of /audit, None = everybody's."""
    who = " ".join((args or "").split())
    if len(who) > NAME_LIMIT:
        raise BadInput(f"Имя длиннее {NAME_LIMIT} знаков. Например: /audit Ольга")
    return who or None


def parse_words(args: str | None) -> str:
    """Words of /find; "" = everything there is."""
    words = " ".join((args or "").split())
    if len(words) > MAX_WORDS:
        raise BadInput(f"Для поиска хватит {MAX_WORDS} знаков. Например: /find кроссовки красные")
    return words


def parse_new_item(args: str) -> NewItemOrder:
    """«KRS-42 4601234567893 Кроссовки беговые»: the article, barcodes, whatever else is the name."""
    article, *words = args.split()
    barcodes = [each for each in words if is_barcode(each)]
    name = " ".join(each for each in words if each not in barcodes)
    if len(article) > MAX_ARTICLE or len(name) > MAX_NAME:
        raise BadInput(f"Артикул — до {MAX_ARTICLE} знаков, название — до {MAX_NAME}. {ITEM_EXAMPLE}")
    if is_barcode(article) and not words:
        raise BadInput(f"Это штрихкод, а нужен артикул, за ним штрихкод и название. {ITEM_EXAMPLE}")
    if wrong := [each for each in barcodes if not has_right_check_digit(each)]:
        raise BadInput(
            f"Последняя цифра штрихкода {wrong[0]} не сходится, похоже на опечатку. {ITEM_EXAMPLE}"
        )
    return NewItemOrder(article=article, name=name, barcodes=tuple(dict.fromkeys(barcodes)))


def _quote(said: str) -> str:
    return said if len(said) <= 30 else said[:29] + "…"
