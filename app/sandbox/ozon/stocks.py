"""analytics/stocks: stock by SKU and warehouse, with the clusters' own rows among them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.world import World

LARGEST_PAGE = 100
WINDOW = 28


@dataclass(frozen=True, slots=True)
class Place:
    """One of Ozon's warehouses and the cluster it lies in."""

    warehouse_id: int
    name: str
    cluster_id: int
    cluster: str
    macrolocal: int
    timezone: str


PLACES = (
    Place(22_655_170_176_000, "ХОРУГВИНО_РФЦ", 154, "Москва, МО и Дальние регионы", 4_039, "Europe/Moscow"),
    Place(18_044_249_781_000, "СПБ_ШУШАРЫ_РФЦ", 2, "Санкт-Петербург и СЗО", 4_007, "Europe/Moscow"),
    Place(23_304_509_863_000, "КАЗАНЬ_РФЦ_НОВЫЙ", 144, "Казань", 4_041, "Europe/Moscow"),
    Place(19_262_731_541_000, "ЕКАТЕРИНБУРГ_РФЦ_НОВЫЙ", 148, "Екатеринбург", 4_044, "Asia/Yekaterinburg"),
)


def by_place(stock: Ints) -> Ints:
    """Pieces in each place (rows SKUs, columns places); what does not divide stays in the first."""
    rest = np.stack([stock * 20 // 100, stock * 16 // 100, stock * 12 // 100], axis=1)
    return np.column_stack([stock - rest.sum(axis=1), rest])


@dataclass(slots=True)
class Stocks:
    """The two stock methods of one world, as of its now."""

    world: World
    _pace: tuple[int, npt.NDArray[np.float64], Ints, Ints] | None = None

    def rows(self, skus: list[int]) -> list[dict[str, Any]]:
        """Rows of /v1/analytics/stocks. ``warehouse_id`` 0 repeats a cluster: not to be summed."""
        market = self.world.ozon
        wanted = np.flatnonzero(np.isin(market.shelf.item_id, np.array(skus, dtype=np.int64)))
        placed = by_place(market.stock[wanted])
        daily, idle, in_transit = self._sales()
        coming = in_transit[wanted]
        found = []
        for j, i in enumerate(wanted.tolist()):
            for k, place in enumerate(PLACES):
                available, transit = int(placed[j, k]), int(coming[j]) if k == 0 else 0
                if not (available or transit or k == 0):
                    continue
                row = self._show(i, place, available, transit, float(daily[i]), int(idle[i]))
                found += [row, row | {"warehouse_id": 0, "warehouse_name": ""}]
        return found

    def _sales(self) -> tuple[npt.NDArray[np.float64], Ints, Ints]:
        """By SKU: pieces a day over the last 28 days, days since the last sale, pieces on the way."""
        market, now = self.world.ozon, self.world.now_t
        if self._pace is not None and self._pace[0] == now:
            return self._pace[1:]
        pieces = np.zeros(len(market.shelf), dtype=np.int64)
        idle = np.full(len(market.shelf), WINDOW, dtype=np.int64)
        for t in range(max(now - WINDOW, 0), now):
            lines = market.ledger.placed(t)
            np.add.at(pieces, lines["sku"], lines["qty"].astype(np.int64))
            idle[lines["sku"]] = now - 1 - t
        self._pace = (now, pieces / WINDOW, idle, market.in_transit(now))
        return self._pace[1:]

    def _show(
        self, i: int, place: Place, available: int, transit: int, daily: float, idle: int
    ) -> dict[str, Any]:
        shelf, stock = self.world.ozon.shelf, int(self.world.ozon.stock[i])
        cover = round(stock / daily) if daily else 0
        grade = _grade(cover, daily)
        return {
            "sku": int(shelf.item_id[i]),
            "offer_id": shelf.article[i],
            "name": shelf.title[i],
            "warehouse_id": place.warehouse_id,
            "warehouse_name": place.name,
            "cluster_id": place.cluster_id,
            "cluster_name": place.cluster,
            "macrolocal_cluster_id": place.macrolocal,
            "item_tags": [],
            "placement_zone": ["SORT"],
            "available_stock_count": available,
            "valid_stock_count": 0,
            "waiting_docs_stock_count": 0,
            "waiting_docs_to_export_stock_count": 0,
            "expiring_stock_count": 0,
            "excess_stock_count": 0,
            "other_stock_count": 0,
            "requested_stock_count": 0,
            "transit_stock_count": transit,
            "transit_defect_stock_count": 0,
            "stock_defect_stock_count": 0,
            "stock_not_being_sold": 0,
            "return_from_customer_stock_count": 0,
            "return_to_seller_stock_count": 0,
            "inbound_replenishment": 0,
            "outbound_pending_delivery": 0,
            "outbound_returns_picking": 0,
            "outbound_returns_ready_to_ship": 0,
            "outbound_returns_return_to_seller": 0,
            "ads": round(daily, 2),
            "idc": cover,
            "days_without_sales": idle,
            "turnover_grade": grade,
            "ads_cluster": round(daily / len(PLACES), 2),
            "idc_cluster": cover,
            "days_without_sales_cluster": idle,
            "turnover_grade_cluster": grade,
        }

    def warehouses(self) -> list[dict[str, Any]]:
        """Rows of /v1/warehouse/ozon/list."""
        return [
            {
                "warehouse_id": place.warehouse_id,
                "name": place.name,
                "short_name": place.name,
                "address": place.cluster,
                "country_iso_numeric": 643,
                "is_active": True,
                "is_cross_dock": False,
                "is_distribution_center": False,
                "is_edo": True,
                "is_express": False,
                "is_for_supply": True,
                "timezone": place.timezone,
                "warehouse_type": "NOT_EXPRESS_DARK_STORE",
            }
            for place in PLACES
        ]


def _grade(cover: int, daily: float) -> str:
    if not daily:
        return "NO_SALES"
    if cover < 28:
        return "DEFICIT"
    return "POPULAR" if cover < 56 else "ACTUAL"
