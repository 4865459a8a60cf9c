"""content/v2/get/cards/list: cards with their sizes, paged by (updatedAt, nmID)."""

import uuid
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from app.sandbox.world import NAMESPACE, World

LARGEST_PAGE = 100
SUBJECT_IDS = 800


@dataclass(frozen=True, slots=True)
class Card:
    """A card as rows ``first`` to ``last`` (excluded) of the shelf, changed last at ``updated``."""

    updated: str
    nm_id: int
    first: int
    last: int


@dataclass(slots=True)
class Content:
    """The cards of one world, oldest change first."""

    world: World
    cards: list[Card] = field(init=False)

    def __post_init__(self) -> None:
        nm = self.world.wb.shelf.card_id
        ids, starts = np.unique(nm, return_index=True)
        ends = [*starts[1:].tolist(), len(nm)]
        born = datetime(2024, 3, 1, 9, 0)  # noqa: DTZ001 – the API appends the zone
        self.cards = sorted(
            (
                Card((born + timedelta(seconds=41 * i + n % 37)).isoformat() + ".096609Z", n, s, e)
                for i, (n, s, e) in enumerate(zip(ids.tolist(), starts.tolist(), ends, strict=True))
            ),
            key=lambda card: (card.updated, card.nm_id),
        )

    def page(
        self, *, limit: int, after: tuple[str, int] | None, ascending: bool, search: str = ""
    ) -> dict[str, Any]:
        """One reply: up to ``limit`` cards beyond the cursor; ``cursor.total`` counts this page."""
        cards = [c for c in self.cards if self._matches(c, search)] if search else self.cards
        if ascending:
            first = bisect_right(cards, after, key=_place) if after else 0
            cards = cards[first : first + limit]
        else:
            last = bisect_left(cards, after, key=_place) if after else len(cards)
            cards = cards[max(last - limit, 0) : last][::-1]
        cursor: dict[str, Any] = {"total": len(cards)}
        if cards:
            cursor = {"updatedAt": cards[-1].updated, "nmID": cards[-1].nm_id, "total": len(cards)}
        return {"cards": [self._show(card) for card in cards], "cursor": cursor}

    def _matches(self, card: Card, search: str) -> bool:
        shelf = self.world.wb.shelf
        return search in (str(card.nm_id), shelf.article[card.first], *shelf.barcode[card.first : card.last])

    def _show(self, card: Card) -> dict[str, Any]:
        shelf, i = self.world.wb.shelf, card.first
        vol, part = card.nm_id // 100_000, card.nm_id // 1000
        image = f"https://basket-12.wbbasket.ru/vol{vol}/part{part}/{card.nm_id}/images"
        colour = shelf.title[i].rsplit(", ", 1)[-1]
        side = round(float(shelf.volume[i]) ** (1 / 3) * 4.64)
        return {
            "nmID": card.nm_id,
            "imtID": card.nm_id - 13_776_842,
            "nmUUID": str(uuid.uuid5(NAMESPACE, f"card-{card.nm_id}")),
            "subjectID": SUBJECT_IDS + sum(map(ord, shelf.subject[i])) % 4_000,
            "subjectName": shelf.subject[i],
            "vendorCode": shelf.article[i],
            "brand": shelf.brand[i],
            "title": shelf.title[i],
            "description": f"{shelf.title[i]}. Для дома и в подарок.",
            "needKiz": False,
            "photos": [
                {
                    "big": f"{image}/big/1.webp",
                    "c246x328": f"{image}/c246x328/1.webp",
                    "c516x688": f"{image}/c516x688/1.webp",
                    "square": f"{image}/square/1.webp",
                    "tm": f"{image}/tm/1.webp",
                }
            ],
            "wholesale": {"enabled": False, "quantum": 0},
            "dimensions": {"length": side, "width": side, "height": side, "isValid": True},
            "characteristics": [{"id": 14177449, "name": "Цвет", "value": [colour]}],
            "sizes": [
                {
                    "chrtID": int(shelf.item_id[row]),
                    "techSize": shelf.size[row],
                    "wbSize": "" if shelf.size[row] == "0" else shelf.size[row],
                    "skus": [shelf.barcode[row]],
                }
                for row in range(card.first, card.last)
            ],
            "tags": [],
            "createdAt": "2024-02-01T12:52:26.072128Z",
            "updatedAt": card.updated,
        }


def _place(card: Card) -> tuple[str, int]:
    return card.updated, card.nm_id
