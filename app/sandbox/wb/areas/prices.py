"""discounts-prices-api list/goods/filter: cards with the prices of their sizes today."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.http import reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.door import HOUR, Method
from app.sandbox.world import World

GOODS = Method("discounts-prices-api", "/api/v2/list/goods/filter", Rate(0.6, 5), Rate(HOUR / 4))
LARGEST = 1_000
CLUB = 5


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [Route("GET", GOODS, self.goods)]

    async def goods(self, request: web.Request) -> web.Response:
        asked = request.query
        limit, offset, nm = (_number(asked.get(name, usual)) for name, usual in _ASKED)
        if limit is None or offset is None or nm is None or not 0 < limit <= LARGEST:
            return reply({"data": None, "error": True, "errorText": "Invalid request parameters"}, 400)
        cards = [card for card in self._cards() if not nm or card["nmID"] == nm]
        return reply({"data": {"listGoods": cards[offset : offset + limit]}, "error": False, "errorText": ""})

    def _cards(self) -> list[dict[str, Any]]:
        """The discount of a card is told as that of its first size."""
        market, today = self.world.wb, self.world.today
        shelf, discounts, prices = market.shelf, market.discount_on(today), market.price_on(today)
        cards: dict[int, dict[str, Any]] = {}
        for row, nm in enumerate(shelf.card_id.tolist()):
            card = cards.setdefault(
                nm,
                {
                    "nmID": nm,
                    "vendorCode": shelf.article[row],
                    "sizes": [],
                    "currencyIsoCode4217": "RUB",
                    "discount": int(discounts[row]),
                    "clubDiscount": CLUB if nm % 3 == 0 else 0,
                    "editableSizePrice": True,
                },
            )
            card["sizes"].append(self._size(row, prices, card["clubDiscount"]))
        return list(cards.values())

    def _size(self, row: int, prices: Ints, club: int) -> dict[str, Any]:
        shelf = self.world.wb.shelf
        return {
            "sizeID": int(shelf.item_id[row]),
            "price": int(shelf.list_price[row]) // 100,
            "discountedPrice": int(prices[row]) / 100,
            "clubDiscountedPrice": round(int(prices[row]) * (100 - club) / 10_000, 2),
            "techSizeName": shelf.size[row],
        }


_ASKED = (("limit", ""), ("offset", "0"), ("filterNmID", "0"))


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
