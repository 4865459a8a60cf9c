"""Goods that have left the own shelf for a marketplace: on their way, accepted, or lost on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("transit.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSupply:
    """A delivery: pieces ``sent`` from the shelf, pieces ``accepted``.

    ``status`` None: the marketplace has not shown it yet. ``differing`` items have other pieces accepted than
    sent, ``lacking`` pieces fewer; ``unlinked`` are accepted of listings that are nothing on the shelf.
    """

    marketplace: str
    number: str
    status: str | None
    accepted_on: date | None
    sent_at: datetime
    sent: int
    accepted: int
    lacking: int
    differing: int
    unlinked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """An item of a delivery, with its ``status``; without an id: accepted, but of no known item."""

    item_id: int | None
    article: str
    name: str
    sent: int
    accepted: int
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTheWay:
    """Pieces of an item on their way with a delivery. ``is_seen``: the marketplace knows of it."""

    item_id: int
    marketplace: str
    number: str
    qty: int
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GapNews:
    """A delivery that was accepted otherwise than it was sent."""

    marketplace: str
    number: str
    sent: int
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvicePart:
    """A listing's advice taken apart: ``moving`` pieces are on their way, ``need`` are still to be sent,
    ``here`` of them can go from the own shelf; None where nobody has said what it is on the shelf."""

    sku_id: int
    item_id: int | None
    moving: int
    need: int
    here: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceParts:
    """The listings asked for, and all of the advice: ``linked`` and ``unlinked`` are counts of listings."""

    parts: tuple[AdvicePart, ...]
    need: int
    here: int
    moving: int
    linked: int
    unlinked: int


def list_supplies(tx: TenantTx, limit: int, offset: int = 0) -> list[SentSupply]:
    """A page of deliveries, the newest first."""
    rows = tx.run(SQL["supplies"], limit=limit, offset=offset)
    return [SentSupply(**row._mapping) for row in rows]


def count_supplies(tx: TenantTx) -> int:
    """How many deliveries there are."""
    return int(tx.run(SQL["count"]).scalar_one())


def list_sent_lines(tx: TenantTx, marketplace: str, number: str) -> list[SentLine]:
    """A delivery item by item, those that differ first."""
    rows = tx.run(SQL["lines"], marketplace=marketplace, number=number)
    return [SentLine(**row._mapping) for row in rows]


def list_on_the_way(tx: TenantTx, items: Sequence[int]) -> list[OnTheWay]:
    """What of these items is on its way."""
    return [OnTheWay(**row._mapping) for row in tx.run(SQL["of_items"], items=[*items])]


def note_gaps(tx: TenantTx, d: date) -> int:
    """Note, as of day ``d``, deliveries accepted otherwise than sent; how many are news."""
    return int(tx.run(SQL["lost"], d=d).rowcount)


def list_gap_news(tx: TenantTx, d: date) -> list[GapNews]:
    """What the night of day ``d`` noticed."""
    return [GapNews(**row._mapping) for row in tx.run(SQL["news"], d=d)]


def has_items(tx: TenantTx) -> bool:
    """Is there anything on the own shelf's list at all?"""
    return bool(tx.run(SQL["has_items"]).scalar_one())


def advice_parts(tx: TenantTx, d: date, window: int, skus: Sequence[int], today: date) -> AdviceParts:
    """The advice of day ``d`` for ``window`` days, taken apart; ``today`` decides what has expired."""
    rows = tx.run(SQL["advice"], d=d, window=window, skus=[*skus], today=today).all()
    first = rows[0]
    return AdviceParts(
        parts=tuple(
            AdvicePart(
                sku_id=row.sku_id,
                item_id=row.item_id,
                moving=int(row.moving),
                need=int(row.need),
                here=None if row.here is None else int(row.here),
            )
            for row in rows
            if row.sku_id is not None
        ),
        need=int(first.all_need),
        here=int(first.all_here),
        moving=int(first.all_moving),
        linked=int(first.linked),
        unlinked=int(first.unlinked),
    )
