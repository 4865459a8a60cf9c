"""warehouse_remains: a report that is ordered, waited for and fetched; stock as of now."""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import NEVER
from app.sandbox.world import NAMESPACE, World

PLACES = ("Склад WB РФ", "Склад WB СГТ РФ", "Минск")
TO_BUYERS, FROM_BUYERS, ALTOGETHER = (
    "В пути до получателей", "В пути возвраты на склад WB", "Всего находится на складах",
)  # fmt: skip
"""Pseudo-rows among the warehouses: whoever sums everything counts the stock twice."""

WAITING, WORKING, KEPT = 5.0, 20.0, 7_200.0
SHORTEST_LIFE = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """A report ordered at ``made`` (seconds of the sandbox's clock) with its groupings."""

    made: float
    groups: frozenset[str]


@dataclass(slots=True)
class Remains:
    """Tasks and the report itself. Waiting times are divided by ``pace``; a task outlives them by far."""

    world: World
    clock: Callable[[], float]
    pace: float
    _tasks: dict[str, Task] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def order(self, groups: frozenset[str]) -> str:
        """Create a task; returns its id."""
        task_id = str(uuid.uuid5(NAMESPACE, f"remains-{self.world.sid}-{next(self._numbers)}"))
        self._tasks[task_id] = Task(self.clock(), groups)
        return task_id

    def status(self, task_id: str) -> str | None:
        """``new``, ``processing`` or ``done``; None when there is no such task (any more)."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        age = self.clock() - task.made
        if age > max(KEPT / self.pace, SHORTEST_LIFE):
            del self._tasks[task_id]
            return None
        if age < WAITING / self.pace:
            return "new"
        return "processing" if age < WORKING / self.pace else "done"

    def expire(self) -> None:
        """Forget all tasks, as if their time had passed."""
        self._tasks.clear()

    def report(self, task_id: str) -> list[dict[str, Any]] | None:
        """The rows of a finished report, else None."""
        if self.status(task_id) != "done":
            return None
        return self.rows(self._tasks[task_id].groups)

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
