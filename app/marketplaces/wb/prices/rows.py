"""Prices as plain rows."""

from collections.abc import Sequence
from typing import Any

from app.marketplaces.rows import PriceRow, SkuRef
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wb.prices.wire import CardPrices
from app.marketplaces.wire import parse_rows, payload, read_rows


def normalise_prices(bodies: Sequence[bytes]) -> Normalised:
    """A row per size. ``final_price`` is after the seller's discount; the club's is not for everybody."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        key = str(raw.get("nmID", "")) if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", None))

    for body in bodies:
        rows = parse_rows(body, "wb.prices", "data", "listGoods")
        for _, card in read_rows(rows, CardPrices, refuse):
            for size in card.sizes or ():
                out.prices.append(
                    PriceRow(
                        sku=SkuRef(card.nm_id, size.size_id or None, size=size.size, article=card.article),
                        price=size.price,
                        discount=card.discount,
                        club_discount=card.club_discount,
                        final_price=size.discounted,
                        currency=card.currency.upper() or "RUB",
                    )
                )
    return out
