"""Prices as plain rows, and the commissions that come with them as one rule."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.marketplaces.ozon.catalogue.calls import INFO
from app.marketplaces.ozon.catalogue.wire import Product
from app.marketplaces.ozon.prices.calls import PRICES
from app.marketplaces.ozon.prices.wire import SCHEMES, Commissions, Price, PricedProduct
from app.marketplaces.rows import CommissionRow, PriceRow, SkuRef
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.wire import ZERO, parse_rows, payload, read_rows

_PERCENT = Decimal("0.01")


def normalise_prices(pages: Sequence[Page], d: date) -> Normalised:
    """A row per card, under the sku that the card is sold by today. A card told twice counts as last told.

    Pages of product/info among them tell which sku that is.
    """
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        key = str(raw.get("product_id", "")) if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", None))

    skus = dict(_skus(pages))
    found: dict[int, tuple[PriceRow, Commissions]] = {}
    for page in (each for each in pages if each.key.path == PRICES.path):
        for raw, product in read_rows(parse_rows(page.body, PRICES.budget, "items"), PricedProduct, refuse):
            sku = skus.get(product.product_id, 0)
            if not sku:
                refuse(raw, "у товара нет sku")
                continue
            row = _row(SkuRef(ozon_id=sku, article=product.offer_id), product.price)
            found[sku] = (row, product.commissions or Commissions())
    out.prices.extend(row for row, _ in found.values())
    if rule := _rule({sku: told for sku, (_, told) in found.items()}):
        out.commissions.append(CommissionRow(dt_from=d, rule_json=rule))
    return out


def product_ids(body: bytes) -> list[int]:
    """The readable cards of a page of prices."""
    rows = parse_rows(body, PRICES.budget, "items")
    told = read_rows(rows, PricedProduct, lambda _raw, _reason: None)
    return list(dict.fromkeys(product.product_id for _, product in told))


def _skus(pages: Sequence[Page]) -> Iterator[tuple[int, int]]:
    """(product_id, the sku it is sold by now): the first that it tells."""
    for page in (each for each in pages if each.key.path == INFO.path):
        rows = parse_rows(page.body, INFO.budget, "items")
        for _, product in read_rows(rows, Product, lambda _raw, _reason: None):
            for sku in product.skus()[:1]:
                yield product.product_id, sku


def _row(sku: SkuRef, told: Price) -> PriceRow:
    final = told.marketing or told.price
    return PriceRow(
        sku=sku,
        price=told.price,
        discount=((1 - final / told.price) * 100).quantize(_PERCENT) if told.price else ZERO,
        club_discount=ZERO,
        final_price=final,
        currency=told.currency.upper() or "RUB",
    )


def _rule(told: dict[int, Commissions]) -> str:
    """``{"groups": [{"percent": {"fbo": "19.1", …}, "skus": [148…, …]}]}``, "" where no percent is told.

    A shop has thousands of skus and a dozen percents: goods of one percent are a group.
    """
    groups: defaultdict[tuple[tuple[str, str], ...], list[int]] = defaultdict(list)
    for sku, each in told.items():
        rates = ((scheme, getattr(each, scheme)) for scheme in SCHEMES)
        percent = tuple((scheme, f"{rate.normalize():f}") for scheme, rate in rates if rate is not None)
        if percent:
            groups[percent].append(sku)
    rule = [{"percent": dict(percent), "skus": sorted(skus)} for percent, skus in sorted(groups.items())]
    return json.dumps({"groups": rule}, sort_keys=True) if rule else ""
