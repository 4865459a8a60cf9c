"""The catalogue of one marketplace in columns: row *i* is one SKU (a WB size, an Ozon product)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.sandbox.catalogue.assortment import BRANDS, COLOURS, KINDS, Kind

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shelf:
    """SKUs of one marketplace. Prices in kopecks, rates in basis points, volume in centilitres.

    ``card_id``/``item_id``: nmId and chrtID at WB, product_id and sku at Ozon. Rows of one WB card
    stand together, and both ids grow with the row.
    """

    article: list[str]
    title: list[str]
    subject: list[str]
    category: list[str]
    brand: list[str]
    size: list[str]
    barcode: list[str]
    card_id: Ints
    item_id: Ints
    list_price: Ints
    cost: Ints
    volume: Ints
    commission: Ints
    gift: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.article)


@dataclass(frozen=True, slots=True)
class _Good:
    article: str
    title: str
    brand: str
    kind: Kind
    size: str
    list_price: int
    cost: int
    volume: int


def stock_the_shelves(seed: int, skus: int) -> tuple[Shelf, Shelf]:
    """The catalogue of a seller with ``skus`` SKUs in all: (Wildberries, Ozon), about half each.

    Six Ozon products in ten are goods that Wildberries sells too, under the same article where the
    card has one size and under ``article/size`` where it has several.
    """
    wanted_wb, wanted_ozon = skus - skus // 2, skus // 2
    goods, cards = _goods(seed, wanted_wb + wanted_ozon)
    on_wb = list(range(wanted_wb))
    shared = (wanted_ozon * 6) // 10
    on_ozon = [i * wanted_wb // max(shared, 1) for i in range(shared)]
    on_ozon += list(range(wanted_wb, wanted_wb + wanted_ozon - shared))
    return _wb(seed, goods, cards, on_wb), _ozon(seed, goods, on_ozon)


def _goods(seed: int, wanted: int) -> tuple[list[_Good], list[int]]:
    rng = np.random.default_rng([seed, 11])
    dice = rng.random((wanted, 8)).tolist()
    goods: list[_Good] = []
    cards: list[int] = []
    numbers = dict.fromkeys((k.prefix for k in KINDS), 40)
    while len(goods) < wanted:
        d = dice[len(goods)]
        kind = KINDS[int(d[0] * len(KINDS))]
        numbers[kind.prefix] += 1
        article = f"{kind.prefix}-{numbers[kind.prefix]:03d}"
        colour = COLOURS[int(d[1] * len(COLOURS))]
        title = f"{kind.noun} {kind.details[int(d[2] * len(kind.details))]}, {colour}"
        brand = BRANDS[-1] if kind.category == "Игрушки" else BRANDS[int(d[3] * (len(BRANDS) - 1))]
        low, high = kind.price
        price = (low + int(d[4] ** 2 * (high - low))) // 10 * 10 + 9
        small, large = kind.volume
        volume = small + int(d[5] * (large - small))
        count = min(len(kind.sizes), 1 + int(d[6] * 3)) if kind.sizes else 1
        for number, size in enumerate(kind.sizes[:count] or ("0",)):
            step = 100 + 18 * number
            goods.append(
                _Good(
                    article=article,
                    title=title,
                    brand=brand,
                    kind=kind,
                    size=size,
                    # crossed-out prices on both marketplaces run far above what is paid
                    list_price=price * 16 * step // 1000 * 100,
                    cost=price * (30 + int(d[7] * 14)) * step // 100,
                    volume=volume * step // 100,
                )
            )
            cards.append(sum(numbers.values()))
    return goods[:wanted], cards[:wanted]


def _shelf(
    picked: list[_Good],
    article: list[str],
    size: list[str],
    barcode: list[str],
    card_id: Ints,
    item_id: Ints,
    commission: list[int],
) -> Shelf:
    return Shelf(
        article=article,
        title=[g.title for g in picked],
        subject=[g.kind.subject for g in picked],
        category=[g.kind.category for g in picked],
        brand=[g.brand for g in picked],
        size=size,
        barcode=barcode,
        card_id=card_id.astype(np.int64),
        item_id=item_id.astype(np.int64),
        list_price=np.array([g.list_price for g in picked], dtype=np.int64),
        cost=np.array([g.cost for g in picked], dtype=np.int64),
        volume=np.array([g.volume for g in picked], dtype=np.int64),
        commission=np.array(commission, dtype=np.int64),
        gift=np.array([g.kind.gift for g in picked], dtype=np.bool_),
    )


def _wb(seed: int, goods: list[_Good], cards: list[int], rows: list[int]) -> Shelf:
    rng = np.random.default_rng([seed, 12])
    picked = [goods[i] for i in rows]
    chrt = 275_457_111 + np.cumsum(rng.integers(3, 900, len(rows)))
    card_of_row = np.unique(np.array([cards[i] for i in rows], dtype=np.int64), return_inverse=True)[1]
    steps = np.cumsum(rng.integers(7, 2_000, int(card_of_row.max(initial=0)) + 1))
    return _shelf(
        picked,
        article=[g.article for g in picked],
        size=[g.size for g in picked],
        barcode=[f"20380{n:08d}" for n in (37_040_971 + np.arange(len(rows)) * 7).tolist()],
        card_id=(190_892_097 + steps)[card_of_row],
        item_id=chrt,
        commission=[g.kind.wb_commission for g in picked],
    )


def _ozon(seed: int, goods: list[_Good], rows: list[int]) -> Shelf:
    rng = np.random.default_rng([seed, 13])
    picked = [goods[i] for i in rows]
    product = 1_074_782_997 + np.cumsum(rng.integers(11, 5_000, len(rows)))
    sku = 1_595_285_688 + np.cumsum(rng.integers(11, 9_000, len(rows)))
    return _shelf(
        picked,
        article=[g.article if g.size == "0" else f"{g.article}/{g.size}" for g in picked],
        size=["" for _ in rows],
        barcode=[f"OZN{n}" for n in sku.tolist()],
        card_id=product,
        item_id=sku,
        commission=[g.kind.ozon_commission for g in picked],
    )
