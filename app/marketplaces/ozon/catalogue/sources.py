"""Products, live and archived."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.ozon.catalogue import calls
from app.marketplaces.ozon.catalogue.calls import Visibility
from app.marketplaces.ozon.catalogue.rows import listed_products, normalise_products
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.wire import parse_rows


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:  # noqa: ARG001 - as every area's
    """The catalogue."""
    return [OzonCatalogue(client)]


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
                reply = calls.product_list(self.client, each, last_id)
                products = listed_products(reply.body)
                following = next_id(reply.body, "ozon.product_list", "result")
                more = bool(products) and following not in ("", last_id)
                after = f"{each}:{following}" if more else _next_visibility(each)
                if not products:
                    yield Page(reply.request, reply.body, after)
                    break
                yield Page(reply.request, reply.body, f"{each}:{last_id}")
                info = calls.product_info(self.client, [product.product_id for product in products])
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
