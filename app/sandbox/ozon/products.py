"""product/list and product/info/list: the catalogue by product_id, paged by an opaque last_id."""

import base64
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.world import World

LARGEST_PAGE = 1_000
LAST_DAY_OF_TOTAL = date(2026, 11, 22)


def totals(world: World, known: int) -> dict[str, int]:
    """How many there are in all; ``total`` goes away on 23 November 2026."""
    old = {"total": known} if world.today <= LAST_DAY_OF_TOTAL else {}
    return {**old, "total_items": known}


@dataclass(frozen=True, slots=True)
class Products:
    """The catalogue of one world."""

    world: World

    def page(self, *, limit: int, last_id: str, visibility: str) -> dict[str, Any]:
        """One reply of /v3/product/list. An unreadable ``last_id`` raises ValueError."""
        shelf, stock = self.world.ozon.shelf, self.world.ozon.stock
        after = json.loads(base64.b64decode(last_id, validate=True))[0] if last_id else 0
        known = self.shown(archived=visibility == "ARCHIVED")
        first = int(np.searchsorted(shelf.card_id[known], after, side="right"))
        rows = known[first : first + limit].tolist()
        items = [
            {
                "product_id": int(shelf.card_id[i]),
                "offer_id": shelf.article[i],
                "sku": int(shelf.item_id[i]),
                "has_fbo_stocks": bool(stock[i]),
                "has_fbs_stocks": False,
                "archived": i in self.world.put_away,
                "is_discounted": False,
                "quants": [],
            }
            for i in rows
        ]
        last = items[-1]["product_id"] if items else 0
        cursor = base64.b64encode(json.dumps([last, last]).encode()).decode() if len(items) == limit else ""
        return {"result": {"items": items, **totals(self.world, len(known)), "last_id": cursor}}

    def shown(self, *, archived: bool = False) -> Ints:
        """Places on the shelf of the cards that are in the archive, or that are not."""
        is_away = np.zeros(len(self.world.ozon.shelf), dtype=bool)
        is_away[list(self.world.put_away)] = True
        return np.flatnonzero(is_away == archived)

    def info(self, kind: str, wanted: list[str]) -> dict[str, Any]:
        """One reply of /v3/product/info/list; ids nobody knows are simply absent."""
        shelf = self.world.ozon.shelf
        if kind == "offer_id":
            chosen = set(wanted)
            rows = [i for i, article in enumerate(shelf.article) if article in chosen]
        else:
            ids = shelf.card_id if kind == "product_id" else shelf.item_id
            numbers = np.array([int(n) for n in wanted if n.isdigit()], dtype=np.int64)
            rows = np.flatnonzero(np.isin(ids, numbers)).tolist()
        prices = self.world.ozon.price_on(self.world.today)
        return {"items": [self._show(i, int(prices[i])) for i in rows]}

    def _show(self, i: int, price: int) -> dict[str, Any]:
        shelf = self.world.ozon.shelf
        sku, percent = int(shelf.item_id[i]), int(shelf.commission[i]) / 100
        stock = int(self.world.ozon.stock[i])
        return {
            "id": int(shelf.card_id[i]),
            "name": shelf.title[i],
            "offer_id": shelf.article[i],
            "sku": sku,
            "is_archived": i in self.world.put_away,
            "is_autoarchived": False,
            "barcodes": [shelf.barcode[i]],
            "description_category_id": 17_028_000 + sum(map(ord, shelf.category[i])) % 900,
            "type_id": 971_080_000 + sum(map(ord, shelf.subject[i])) % 9_000,
            "created_at": "2024-06-04T09:35:44.934722Z",
            "updated_at": "2026-09-01T08:00:00.000000Z",
            "images": [],
            "currency_code": "RUB",
            "min_price": f"{price * 9 // 1000}.00",
            "old_price": f"{int(shelf.list_price[i]) // 100}.00",
            "price": f"{price // 100}.{price % 100:02d}",
            "sources": [
                {
                    "sku": sku,
                    "source": "sds",
                    "created_at": "2024-06-04T09:40:40.362951Z",
                    "shipment_type": "SHIPMENT_TYPE_GENERAL",
                    "quant_code": "",
                }
            ],
            "model_info": {"model_id": 387_000_000 + i, "count": 1},
            "commissions": [
                {
                    "delivery_amount": 25.0,
                    "percent": percent,
                    "return_amount": 19.32,
                    "sale_schema": schema,
                    "value": round(price / 100 * percent / 100, 2),
                }
                for schema in ("FBO", "FBS")
            ],
            "is_prepayment_allowed": True,
            "volume_weight": int(shelf.volume[i]) / 500,
            "vat": "0.22",
            "stocks": {
                "has_stock": stock > 0,
                "stocks": [{"present": stock, "reserved": 0, "sku": sku, "source": "fbo"}],
            },
        }
