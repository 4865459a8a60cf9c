"""Realization: the month's closing document, by product and by posting, from the event log.

Out from the 5th of the next month. It tells what the accruals tell of sales, returns and the commission on
them, to the kopeck; what no sale explains is not in it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from aiohttp import web

from app.sandbox.http import Refused, reply, whole
from app.sandbox.ledger import NEVER, Lines
from app.sandbox.ozon import fees, postings
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.areas.reports import Kind, Make
from app.sandbox.ozon.door import NOT_FOUND, error, invalid
from app.sandbox.world import World
from app.sandbox.xlsx import Row

OUT_ON = 5
EARLIEST = date(2023, 8, 1)
LARGEST_BY_POSTING = 20_000
"""Rows; a larger month is refused and told by an asynchronous report."""


class Traded(NamedTuple):
    """A line sold or taken back, in kopecks; costs positive."""

    sku: int
    posting: str
    day: date
    price: int
    pieces: int
    paid: int
    points: int
    partners: int
    fee: int
    ratio: int


@dataclass(frozen=True, slots=True)
class Realization:
    """The two methods over one world."""

    world: World

    def routes(self) -> list[Route]:
        return [
            Route("/v2/finance/realization", self.monthly),
            Route("/v1/finance/realization/posting", self.by_posting),
        ]

    async def monthly(self, body: dict[str, Any]) -> web.Response:
        first = _month(body)
        if first is None:
            return invalid("invalid month or year")
        if not self.is_out(first):
            return error(404, NOT_FOUND, "Report was not found")
        return reply({"result": {"header": self._header(first), "rows": self._by_product(first)}})

    async def by_posting(self, body: dict[str, Any]) -> web.Response:
        first = _month(body)
        if first is None or first < EARLIEST:
            return invalid("invalid month or year")
        if not self.is_out(first):
            return error(404, NOT_FOUND, "Report was not found")
        rows = self.rows_by_posting(first)
        if len(rows) > LARGEST_BY_POSTING:
            return invalid("The requested report is too large")
        return reply({"header": self._header(first), "rows": rows})

    def traded(self, first: date, sign: int) -> Iterator[Traded]:
        """Lines of the month that begins on ``first``: sold (1) or taken back (-1), as they stand today."""
        for t in range(self.world.t(first), self.world.t(_next(first))):
            if self.world.first_t <= t < self.world.now_t:
                yield from self._day(t, sign)

    def _day(self, t: int, sign: int) -> Iterator[Traded]:
        ledger, now = self.world.ozon.ledger, self.world.now_t
        if sign > 0:
            lines = ledger.on("sold", t)
            known = (lines["sold_rec"] < now) & ((lines["gone"] == NEVER) | (lines["gone"] > now))
        else:
            lines = ledger.on("back", t)
            known = lines["back_rec"] < now
        yield from self._lines(lines[known], self.world.day(t))

    def _lines(self, lines: Lines, day: date) -> Iterator[Traded]:
        shelf = self.world.ozon.shelf
        money = fees.commission(lines, shelf)
        columns = (
            *(lines["sku"], money.seller_price, lines["qty"], money.sale_price, money.bonus),
            *(money.coinvestment, -money.sale_commission, money.ratio),
        )
        told = zip(postings.numbers(lines), *(column.tolist() for column in columns), strict=True)
        for number, sku, price, pieces, paid, points, partners, fee, ratio in told:
            yield Traded(sku, number, day, price, pieces, paid, points, partners, fee, ratio)

    def _by_product(self, first: date) -> list[dict[str, Any]]:
        """A row for each product and price, both sides side by side."""
        sides: defaultdict[tuple[int, int], tuple[list[Traded], list[Traded]]]
        sides = defaultdict(lambda: ([], []))
        for side, sign in enumerate((1, -1)):
            for line in self.traded(first, sign):
                sides[line.sku, line.price][side].append(line)
        return [
            {"rowNumber": number, **self._row(sku, price, *sides[sku, price])}
            for number, (sku, price) in enumerate(sorted(sides), start=1)
        ]

    def rows_by_posting(self, first: date) -> list[dict[str, Any]]:
        rows = []
        for sign in (1, -1):
            for line in self.traded(first, sign):
                both: tuple[list[Traded], list[Traded]] = ([line], []) if sign > 0 else ([], [line])
                order = {"posting_number": line.posting, "created_date": line.day.isoformat()}
                document = {"number": "", "sale_date": ""}
                told = self._row(line.sku, line.price, *both)
                rows.append({**told, "order": order, "legal_entity_document": document})
        return [{"row_number": number, **row} for number, row in enumerate(rows, start=1)]

    def _row(self, sku: int, price: int, sold: list[Traded], back: list[Traded]) -> dict[str, Any]:
        shelf = self.world.ozon.shelf
        item_id = int(shelf.item_id[sku])
        return {
            "item": {
                "sku": item_id,
                "offer_id": shelf.article[sku],
                "name": shelf.title[sku],
                "barcode": f"OZN{item_id}",
            },
            "seller_price_per_instance": price / 100,
            "commission_ratio": (sold or back)[0].ratio / 10_000,
            "delivery_commission": _side(sold),
            "return_commission": _side(back),
        }

    def _header(self, first: date) -> dict[str, str]:
        following = _next(first)
        return {
            "number": f"{first:%y%m}-7",
            "doc_date": following.replace(day=OUT_ON).isoformat(),
            "contract_date": "2024-01-15",
            "contract_number": "ИР-700000/24",
            "currency_sys_name": "RUB",
            "start_date": first.isoformat(),
            "stop_date": (following - timedelta(days=1)).isoformat(),
            "payer_name": "ООО «Интернет Решения»",
            "payer_inn": "7700000001",
            "payer_kpp": "770000001",
            "receiver_name": "ИП Тёплова А. С.",
            "receiver_inn": "770000000000",
            "receiver_kpp": "",
        }

    def is_out(self, first: date) -> bool:
        return self.world.today >= _next(first).replace(day=OUT_ON)


def _side(lines: list[Traded]) -> dict[str, Any] | None:
    """Both sides are told positive; null where nothing happened."""
    if not lines:
        return None
    pieces = sum(line.pieces for line in lines)
    paid, points = sum(line.paid for line in lines), sum(line.points for line in lines)
    partners, fee = sum(line.partners for line in lines), sum(line.fee for line in lines)
    stars = partners // 3
    return {
        "quantity": pieces,
        "price_per_instance": round(paid / pieces) / 100,
        "amount": paid / 100,
        "bonus": points / 100,
        "standard_fee": fee / 100,
        "bank_coinvestment": (partners - stars) / 100,
        "stars": stars / 100,
        "pick_up_point_coinvestment": 0,
        "commission": 0,
        "compensation": 0,
        "total": (paid + points + partners - fee) / 100,
    }


def _month(body: dict[str, Any]) -> date | None:
    year, month = whole(body.get("year")), whole(body.get("month"))
    if year is None or month is None or not (1 <= month <= 12 and 2000 <= year <= 2100):
        return None
    return date(year, month, 1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


TITLE_ROWS = 12
GROUPS: Row = (*[None] * 5, "Реализовано", *[None] * 6, "Возвращено клиентом", *[None] * 6, "Отправление")
MONEY = (
    *("Выплаты по механикам лояльности партнёров, руб.", "Баллы за скидки, руб.", "Кол-во"),
    *("Цена реализации, руб.", "Базовое вознаграждение Ozon, руб."),
)
HEADER: Row = (
    *("№ п/п", "Товар", "Артикул", "SKU", "Цена продавца с учётом его скидки, руб."),
    *("Реализовано на сумму, руб.", *MONEY, "Итого к начислению, руб."),
    *("Возвращено на сумму, руб.", *MONEY, "Итого возвращено, руб."),
    *("Номер", "Дата"),
)
"""The lower row of the header: half of its names stand there twice."""


def order(world: World, body: dict[str, Any]) -> Make:
    """The report by posting as a file. Raises Refused."""
    first, told = _month(body), Realization(world)
    if first is None or first < EARLIEST:
        raise Refused(invalid("invalid month or year"))
    if not told.is_out(first):
        raise Refused(error(404, NOT_FOUND, "Report was not found"))
    return lambda: sheet(told, first)


def sheet(told: Realization, first: date) -> list[Row]:
    """Title, header, the row of column numbers, then a row for each line sold or taken back."""
    title: Row = (None, None, f"Реализация товаров за период с {first:%d.%m.%Y}")
    found: list[Row] = [title, *[()] * (TITLE_ROWS - 1), GROUPS, HEADER, tuple(range(1, len(HEADER) + 1))]
    for row in told.rows_by_posting(first):
        item, posting = row["item"], row["order"]
        cells: list[Decimal | int | None] = [_cell(row["seller_price_per_instance"])]
        for side in (row["delivery_commission"], row["return_commission"]):
            cells += _cells(side)
        names = (row["row_number"], item["name"], item["offer_id"], item["sku"])
        found.append((*names, *cells, posting["posting_number"], posting["created_date"]))
    return [*found, ("Итого", *[None] * 4, _cell(sum(_amount(row) for row in told.rows_by_posting(first))))]


def _cells(side: dict[str, Any] | None) -> list[Decimal | int | None]:
    if side is None:
        return [None] * 7
    partners = _cell(side["bank_coinvestment"]) + _cell(side["stars"])
    paid, points = _cell(side["amount"]), _cell(side["bonus"])
    price, fee = _cell(side["price_per_instance"]), _cell(side["standard_fee"])
    return [paid, partners, points, int(side["quantity"]), price, fee, _cell(side["total"])]


def _amount(row: dict[str, Any]) -> float:
    side = row["delivery_commission"]
    return float(side["amount"]) if side else 0.0


def _cell(told: float) -> Decimal:
    return Decimal(f"{told:.2f}")


POSTINGS_FILE = Kind(
    "/v1/report/realization/posting/create", "FINANCE_REALIZATION_POSTING", order, is_within=False
)
