"""by-day: accruals written out, page by page, behind a last_id that dies after a quarter of an hour."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.sandbox.ledger import Lump
from app.sandbox.money import plain
from app.sandbox.ozon import fees, journal, postings
from app.sandbox.ozon.journal import Group, Journals
from app.sandbox.ozon.lumps import CROSSDOCK, INCOME
from app.sandbox.world import World

PAGE = 1_000
CURSOR_LIFE = 900.0
SHORTEST_LIFE = 60.0
"""However fast the sandbox runs, a client gets a minute between two pages."""

Money = dict[str, str]
Accrual = dict[str, Any]


class CursorRefused(Exception):
    """400; the text is the message."""


@dataclass(slots=True)
class Accruals:
    """by-day over one world. ``page_size`` as seen live; cursors live ``CURSOR_LIFE / pace`` seconds."""

    world: World
    clock: Callable[[], float]
    pace: float
    page_size: int = PAGE
    journals: Journals = field(init=False)
    _generation: int = 0

    def __post_init__(self) -> None:
        self.journals = Journals(self.world)

    def page(self, day: date, last_id: str) -> dict[str, Any]:
        """One reply. Raises CursorRefused."""
        after = self._after(day, last_id) if last_id else 0
        t = self.world.t(day)
        if not self.world.shown(t):
            return {"accruals": [], "last_id": ""}
        found: list[Accrual] = []
        for accrual in self._since(t, after):
            if len(found) == self.page_size:
                return {"accruals": found, "last_id": self._cursor(day, found[-1]["accrual_id"])}
            found.append(accrual)
        return {"accruals": found, "last_id": ""}

    def expire(self) -> None:
        """Kill all cursors, as if their time had passed."""
        self._generation += 1

    def _cursor(self, day: date, accrual_id: int) -> str:
        made = [day.isoformat(), accrual_id, self.clock(), self._generation]
        return base64.b64encode(json.dumps(made).encode()).decode()

    def _after(self, day: date, last_id: str) -> int:
        try:
            of_day, accrual_id, made, generation = json.loads(base64.b64decode(last_id, validate=True))
        except ValueError:
            raise CursorRefused("invalid last_id") from None
        if of_day != day.isoformat():
            raise CursorRefused("date must be the same as in the request that returned last_id")
        life = max(CURSOR_LIFE / self.pace, SHORTEST_LIFE)
        if generation != self._generation or self.clock() - made > life:
            raise CursorRefused("last_id has expired")
        return int(accrual_id)

    def _since(self, t: int, after: int) -> Iterator[Accrual]:
        day = self.world.day(t).isoformat()
        book = self.journals.day(t)
        for group in book.groups:
            first = int(group.ids.searchsorted(after, side="right"))
            last = min(len(group.ids), first + self.page_size + 1)
            if first < last:
                yield from self._written(_cut(group, first, last), day)
        for accrual_id, lump in book.lumps:
            if accrual_id > after:
                yield _lump(accrual_id, lump, day)

    def _written(self, group: Group, day: str) -> Iterator[Accrual]:
        write = self._posting if group.kind <= journal.POSTING_RETURN else self._item
        yield from write(group, day)

    def _posting(self, group: Group, day: str) -> Iterator[Accrual]:
        shelf, lines = self.world.ozon.shelf, group.lines
        sign = {journal.POSTING_SALE: 1, journal.POSTING_REFUSED: 0, journal.POSTING_RETURN: -1}[group.kind]
        if sign > 0:
            services = fees.to_buyer(lines, shelf, self.world.now_t)
        else:
            services = fees.of_return(lines, shelf) if sign else fees.of_refusal(lines, shelf)
        charged = {type_id: amounts.tolist() for type_id, amounts in services.items()}
        blocks = _commission_blocks(lines, shelf, sign) if sign else None
        skus, quantities = shelf.item_id[lines["sku"]].tolist(), lines["qty"].tolist()
        schemas, numbers = postings.schemes(lines), postings.numbers(lines)
        for accrual_id, start, end in _spans(group):
            total, products = 0, []
            for i in range(start, end):
                due = [(type_id, amounts[i]) for type_id, amounts in charged.items() if amounts[i]]
                amount, block = blocks[i] if blocks else (0, None)
                total += amount + sum(charge for _, charge in due)
                products.append(
                    {
                        "sku": skus[i],
                        "delivery": _delivery(due),
                        "commission": block,
                        "quantity": quantities[i],
                    }
                )
            posting = {"delivery_schema": schemas[start].capitalize(), "products": products}
            yield _accrual(accrual_id, day, total, numbers[start], "POSTING", posting=posting)

    def _item(self, group: Group, day: str) -> Iterator[Accrual]:
        shelf, lines = self.world.ozon.shelf, group.lines
        type_id, worth = {
            journal.ITEM_ACQUIRING: (fees.ACQUIRING, fees.acquiring),
            journal.ITEM_PROMOTION: (fees.PROMOTION, fees.promotion),
            journal.ITEM_STARS: (fees.STARS, fees.stars),
        }[group.kind]
        amounts = worth(lines, shelf).tolist()
        skus, quantities = shelf.item_id[lines["sku"]].tolist(), lines["qty"].tolist()
        numbers = postings.numbers(lines)
        for accrual_id, start, end in _spans(group):
            rows = [
                {"sku": skus[i], "fees": _services([(type_id, amounts[i])]), "quantity": quantities[i]}
                for i in range(start, end)
            ]
            # acquiring carries the order's number, without the posting's "-1"
            number = numbers[start][:-2] if type_id == fees.ACQUIRING else numbers[start]
            yield _accrual(accrual_id, day, sum(amounts[start:end]), number, "ITEM", item_fees={"fees": rows})


def _cut(group: Group, first: int, last: int) -> Group:
    begin, end = int(group.starts[first]), int(group.starts[last])
    starts = group.starts[first : last + 1] - begin
    return Group(group.kind, group.lines[begin:end], starts, group.ids[first:last])


def _spans(group: Group) -> Iterator[tuple[int, int, int]]:
    starts = group.starts.tolist()
    return zip(group.ids.tolist(), starts[:-1], starts[1:], strict=True)


def _rub(kopecks: int) -> Money:
    return {"amount": plain(kopecks), "currency": "RUB"}


def _services(due: list[tuple[int, int]]) -> list[dict[str, Any]]:
    return [{"type_id": type_id, "accrued": _rub(amount)} for type_id, amount in due]


def _delivery(due: list[tuple[int, int]]) -> dict[str, Any] | None:
    if not due:
        return None
    return {"total_accrued": _rub(sum(amount for _, amount in due)), "services": _services(due)}


def _commission_blocks(lines: Any, shelf: Any, sign: int) -> list[tuple[int, dict[str, Any]]]:
    """For each line: what it adds to the accrual's total, and its ``commission`` block."""
    money = fees.commission(lines, shelf)
    columns = (
        money.seller_price, money.sale_price, money.sale_commission, money.sale_amount,
        money.coinvestment, money.bonus,
    )  # fmt: skip
    ratios = money.ratio.tolist()
    blocks = []
    for ratio, *amounts in zip(ratios, *((c * sign).tolist() for c in columns), strict=True):
        seller_price, sale_price, sale_commission, sale_amount, coinvestment, bonus = amounts
        block = {
            "seller_price": _rub(seller_price),
            "sale_price": _rub(sale_price),
            "sale_commission": _rub(sale_commission),
            "commission": _rub(sale_commission),
            "commission_ratio": f'value:"{ratio / 10_000:.6f}"',
            "sale_amount": _rub(sale_amount),
            "coinvestment": _rub(coinvestment),
            "bonus": _rub(bonus),
        }
        blocks.append((sale_amount + sale_commission, block))
    return blocks


def _lump(accrual_id: int, lump: Lump, day: str) -> Accrual:
    amount = lump.amount if lump.kind in INCOME else -lump.amount
    fee = {"type_id": int(lump.kind), "accrued": _rub(amount)}
    if lump.kind == CROSSDOCK:
        return _accrual(accrual_id, day, amount, lump.note, "CONTAINER_FEES", container_fees={"fees": [fee]})
    return _accrual(accrual_id, day, amount, lump.note, "NON_ITEM", non_item_fee=fee)


def _accrual(accrual_id: int, day: str, total: int, number: str, category: str, **filled: Any) -> Accrual:
    accrual: Accrual = {
        "accrual_id": accrual_id,
        "date": day,
        "total_amount": _rub(total),
        "unit_number": number,
        "accrued_category": category,
        "posting": None,
        "item_fees": None,
        "non_item_fee": None,
        "container_fees": None,
    }
    accrual.update(filled)
    return accrual
