"""accrual/postings: what named postings were charged, on all days, as far as it is known today."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiohttp import web

from app.sandbox.http import reply
from app.sandbox.ledger import NEVER, Lines
from app.sandbox.money import plain
from app.sandbox.ozon import fees
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.door import invalid
from app.sandbox.world import World

LARGEST = 200
COMMISSION = 69
NUMBER = re.compile(r"(\d{8,})-(\d{4,})-1")


@dataclass(frozen=True, slots=True)
class PostingAccruals:
    """The method over one world."""

    world: World

    def routes(self) -> list[Route]:
        return [Route("/v1/finance/accrual/postings", self.postings)]

    async def postings(self, body: dict[str, Any]) -> web.Response:
        asked = body.get("posting_numbers")
        if not isinstance(asked, list) or not 1 <= len(asked) <= LARGEST:
            return invalid("invalid PostingNumbers: value must contain between 1 and 200 items, inclusive")
        if not all(isinstance(number, str) and re.fullmatch(r"\d+-\d+-\d+", number) for number in asked):
            return invalid("invalid posting number")
        told = [{"posting_number": number, "accruals": list(self._accruals(number))} for number in asked]
        return reply({"posting_accruals": [each for each in told if each["accruals"]]})

    def _accruals(self, number: str) -> Iterator[dict[str, Any]]:
        named = NUMBER.fullmatch(number)
        if named is None:
            return
        lines = self.world.ozon.ledger.placed(int(named[2]) - 1_000)
        lines = lines[lines["posting"] == int(named[1]) - 80_000_000]
        now, shelf = self.world.now_t, self.world.ozon.shelf
        shown = (lines["sold"] != NEVER) & (lines["sold_rec"] < now)
        sold = lines[shown & ((lines["gone"] == NEVER) | (lines["gone"] > now))]
        back = lines[(lines["back"] != NEVER) & (lines["back_rec"] < now)]
        for of, day, sign, services in (
            (sold, "sold", 1, fees.to_buyer(sold, shelf, now)),
            (back, "back", -1, fees.of_return(back, shelf)),
        ):
            fee = sign * fees.commission(of, shelf).sale_commission
            yield from self._charges(of, day, COMMISSION, fee, sign)
            for type_id, amounts in services.items():
                yield from self._charges(of, day, type_id, amounts, 0)

    def _charges(
        self, lines: Lines, day: str, type_id: int, amounts: Any, sign: int
    ) -> Iterator[dict[str, Any]]:
        """``sign`` of the price of a piece; 0: the charge has none."""
        skus = self.world.ozon.shelf.item_id[lines["sku"]]
        for i in np.flatnonzero(amounts).tolist():
            price = {"amount": plain(sign * int(lines["price"][i])), "currency": "RUB"}
            yield {
                "accrual_date": self.world.day(int(lines[day][i])).isoformat(),
                "type_id": type_id,
                "accrued": {"amount": plain(int(amounts[i])), "currency": "RUB"},
                "seller_price": price if sign else None,
                "sku": int(skus[i]),
                "quantity": int(lines["qty"][i]),
            }
