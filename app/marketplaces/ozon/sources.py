"""The feeds of an Ozon cabinet: how each is paged, resumed and replaced."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.marketplaces.errors import Garbled, Refused
from app.marketplaces.ozon.accruals import normalise_accruals
from app.marketplaces.ozon.client import STOCK_SKUS, OzonClient, Visibility
from app.marketplaces.ozon.normalize import listed_products, normalise_products, normalise_stocks
from app.marketplaces.ozon.wire import Product
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.wire import parse_json, parse_rows, read_rows


@dataclass(frozen=True, slots=True)
class OzonPolicy:
    """How a cabinet is read.

    ``stock_skus``: the skus to ask stock for; empty = ask the catalogue first.
    ``accrual_window``: days a night re-reads, because Ozon rewrites accruals backwards.
    """

    stock_skus: tuple[int, ...] = ()
    accrual_window: int = 45


def ozon_sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """In the order of a night: names first, then what refers to them."""
    return [OzonCatalogue(client), OzonAccruals(client), OzonStock(client, policy)]


_VISIBILITIES: tuple[Visibility, ...] = ("ALL", "ARCHIVED")


@dataclass(frozen=True, slots=True)
class OzonCatalogue:
    """Products, live and archived. A page of the list is followed by the details of its products."""

    client: OzonClient
    name: str = "ozon.catalogue"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"catalogue"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Cursor: "VISIBILITY:last_id". A list page carries the cursor before itself: its details follow."""
        visibility, _, last_id = (cursor or "ALL:").partition(":")
        for each in _VISIBILITIES[_VISIBILITIES.index(_visibility(visibility)) :]:
            more = True
            while more:
                reply = self.client.product_list(each, last_id)
                products = listed_products(reply.body)
                following = _next_id(reply.body, "ozon.product_list", "result")
                more = bool(products) and following not in ("", last_id)
                after = f"{each}:{following}" if more else _next_visibility(each)
                if not products:
                    yield Page(reply.request, reply.body, after)
                    break
                yield Page(reply.request, reply.body, f"{each}:{last_id}")
                info = self.client.product_info([product.product_id for product in products])
                parse_rows(info.body, "ozon.product_info", "items")
                yield Page(info.request, info.body, after)
                last_id = following
            last_id = ""

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_products(bodies(pages))


def _visibility(told: str) -> Visibility:
    return "ARCHIVED" if told == "ARCHIVED" else "ALL"


def _next_visibility(now: Visibility) -> str:
    return "ARCHIVED:" if now == "ALL" else ""


def _next_id(body: bytes, method: str, *path: str) -> str:
    """``last_id`` of a page, "" = none."""
    place = parse_json(body, method)
    for name in path:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise Garbled(method, "ожидался объект")
    told = place.get("last_id")
    return told if isinstance(told, str) else ""


@dataclass(frozen=True, slots=True)
class OzonAccruals:
    """Accruals of a day: the truth of the P&L and of sales, replaced as a whole."""

    client: OzonClient
    name: str = "ozon.accruals"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"sales", "settlement"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        days = (d_from + timedelta(days=n) for n in range((d_to - d_from).days + 1))
        return [Unit(d.isoformat(), d, d) for d in days]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Pages of the day. An expired ``last_id`` starts the day over; the rows come twice, count once."""
        last_id, restarted = cursor, False
        while True:
            try:
                reply = self.client.accruals(unit.d_from, last_id)
            except Refused as error:
                if not last_id or restarted or error.status != 400:
                    raise
                last_id, restarted = "", True
                continue
            rows = parse_rows(reply.body, self.name, "accruals")
            following = _next_id(reply.body, self.name)
            if not rows or following == last_id:
                following = ""
            yield Page(reply.request, reply.body, following)
            if not following:
                return
            last_id = following

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_accruals(bodies(pages))


@dataclass(frozen=True, slots=True)
class OzonStock:
    """Stock now, a hundred skus a page. Cursor: the last sku asked for (they go in ascending order)."""

    client: OzonClient
    policy: OzonPolicy
    name: str = "ozon.stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        after = int(cursor or 0)
        skus = sorted(sku for sku in set(self.policy.stock_skus or self._catalogue()) if sku > after)
        for start in range(0, len(skus), STOCK_SKUS):
            chunk = skus[start : start + STOCK_SKUS]
            reply = self.client.stocks(chunk)
            parse_rows(reply.body, self.name, "items")
            last = start + STOCK_SKUS >= len(skus)
            yield Page(reply.request, reply.body, "" if last else str(chunk[-1]))

    def _catalogue(self) -> Iterator[int]:
        """Skus of live products, by the list; where it does not tell them, by the details."""
        last_id = ""
        while True:
            reply = self.client.product_list("ALL", last_id)
            products = listed_products(reply.body)
            yield from (product.sku for product in products if product.sku > 0)
            unnamed = [product.product_id for product in products if product.sku <= 0]
            if unnamed:
                info = self.client.product_info(unnamed)
                rows = parse_rows(info.body, "ozon.product_info", "items")
                for _, product in read_rows(rows, Product, lambda _raw, _reason: None):
                    yield from product.skus()
            following = _next_id(reply.body, "ozon.product_list", "result")
            if not products or following in ("", last_id):
                return
            last_id = following

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_stocks(bodies(pages), unit.d_to)
