"""warehouse_remains: a report that is ordered, waited for and fetched; stock as of now."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import NEVER
from app.sandbox.task_desk import TaskDesk
from app.sandbox.world import World

PLACES = ("Склад WB РФ", "Склад WB СГТ РФ", "Минск")
TO_BUYERS, FROM_BUYERS, ALTOGETHER = (
    "В пути до получателей", "В пути возвраты на склад WB", "Всего находится на складах",
)  # fmt: skip
"""Pseudo-rows among the warehouses: whoever sums everything counts the stock twice."""


@dataclass(frozen=True, slots=True)
class Remains:
    """The report, by the groupings it was ordered with."""

    world: World
    tasks: TaskDesk[frozenset[str]]

    def report(self, task_id: str) -> list[dict[str, Any]] | None:
        """The rows of a finished report, else None."""
        groups = self.tasks.made(task_id)
        return None if groups is None else self.rows(groups)

    def rows(self, groups: frozenset[str]) -> list[dict[str, Any]]:
        """Stock by the asked groupings; a field is there only when it was asked for."""
        shelf = self.world.wb.shelf
        keys: dict[str, list[Any]] = {}
        if "Brand" in groups:
            keys["brand"] = shelf.brand
        if "Subject" in groups:
            keys["subjectName"] = shelf.subject
        if "Sa" in groups:
            keys["vendorCode"] = shelf.article
        if "Nm" in groups:
            keys["nmId"] = shelf.card_id.tolist()
        if "Barcode" in groups:
            keys["barcode"] = shelf.barcode
        if "Size" in groups:
            keys["techSize"] = shelf.size
        counts = np.column_stack(self._counts())
        merged: dict[tuple[Any, ...], Any] = {}
        volumes: dict[tuple[Any, ...], int] = {}
        for i, row in enumerate(counts.tolist()):
            key = tuple(values[i] for values in keys.values())
            merged[key] = [a + b for a, b in zip(merged[key], row, strict=True)] if key in merged else row
            volumes.setdefault(key, int(shelf.volume[i]))
        result = []
        for key, row in merged.items():
            shown = dict(zip(keys, key, strict=True))
            if "Nm" in groups:
                shown["volume"] = volumes[key] / 100
            shown["warehouses"] = _places(row)
            result.append(shown)
        return result

    def _counts(self) -> list[Ints]:
        """Columns: to buyers, from buyers, then pieces in each place; rows as on the shelf."""
        market = self.world.wb
        going, coming = on_the_way(self.world)
        second, third = market.stock // 12, market.stock // 8
        return [going, coming, market.stock - second - third, second, third]


def on_the_way(world: World) -> tuple[Ints, Ints]:
    """Pieces going to buyers and coming back from them, by SKU."""
    market, now = world.wb, world.now_t
    going = np.zeros(len(market.shelf), dtype=np.int64)
    coming = np.zeros_like(going)
    for t in range(max(now - 35, 0), now):
        lines = market.ledger.placed(t)
        left = (lines["cancel"] == NEVER) | (lines["cancel"] >= now)
        on_way = left & ((lines["sold"] == NEVER) | (lines["sold"] >= now))
        np.add.at(going, lines["sku"][on_way], 1)
        returning = (lines["back"] != NEVER) & (lines["back"] < now) & (lines["back"] + 2 >= now)
        np.add.at(coming, lines["sku"][returning], 1)
    return going, coming


def _places(row: list[int]) -> list[dict[str, Any]]:
    going, coming, *stock = row
    shown = []
    if going:
        shown.append({"warehouseName": TO_BUYERS, "quantity": going})
    if coming:
        shown.append({"warehouseName": FROM_BUYERS, "quantity": coming})
    shown.append({"warehouseName": ALTOGETHER, "quantity": sum(stock)})
    return shown + [{"warehouseName": n, "quantity": q} for n, q in zip(PLACES, stock, strict=True) if q]
