"""Balances as people ask for them: which lot lies where, how much of it is promised. Reads only."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("balances.sql"))

MOST = 100_000
"""More balances than anybody looks at in one go."""


class BalanceRow(NamedTuple):
    """Pieces of a lot at a place. ``code`` is the place's, ``lot`` the lot's: "" is "no lot".

    ``reserved`` of ``on_hand`` are promised; ``version`` is what a count of it has to name.
    """

    stock_id: int
    item_id: int
    location_id: int
    code: str
    lot_id: int
    lot: str
    expires_on: date | None
    on_hand: int
    reserved: int
    version: int

    @property
    def available(self) -> int:
        """What is promised to nobody."""
        return self.on_hand - self.reserved


def list_balances(
    tx: TenantTx,
    items: Sequence[int] | None,
    *,
    places: Sequence[int] | None = None,
    with_empty: bool = False,
    limit: int = MOST,
    offset: int = 0,
) -> list[BalanceRow]:
    """Balances of these items (None: of all) at these places (None: at all), the earliest expiry first.

    ``with_empty``: those that have been there and hold nothing now, too.
    """
    rows = tx.run(
        SQL["list"],
        any_item=items is None,
        items=[*(items or ())],
        any_place=places is None,
        places=[*(places or ())],
        with_empty=with_empty,
        limit=limit,
        offset=offset,
    )
    return [BalanceRow(*row) for row in rows]
