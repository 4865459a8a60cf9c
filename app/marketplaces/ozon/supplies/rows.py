"""Deliveries as plain rows, each by its own number: one order may hold several in different states."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.marketplaces.ozon.clusters.rows import place_of_cluster
from app.marketplaces.ozon.supplies import calls
from app.marketplaces.ozon.supplies.wire import Act, ActLine, Declared, Order, Supply
from app.marketplaces.rows import SkuRef, SupplyLineRow, SupplyRow
from app.marketplaces.source import Normalised, Page
from app.marketplaces.unplaced import set_aside
from app.marketplaces.wire import parse_json, parse_rows, read_rows

MOSCOW = ZoneInfo("Europe/Moscow")
STATUSES: Mapping[str, str] = {
    "DATA_FILLING": "draft",
    "READY_TO_SUPPLY": "planned",
    "ACCEPTED_AT_SUPPLY_WAREHOUSE": "allowed",
    "IN_TRANSIT": "allowed",
    "ACCEPTANCE_AT_STORAGE_WAREHOUSE": "accepting",
    # Counted, and not agreed yet: the figures may still move.
    "REPORTS_CONFIRMATION_AWAITING": "accepting",
    "REPORT_REJECTED": "accepting",
    "COMPLETED": "accepted",
    "REJECTED_AT_SUPPLY_WAREHOUSE": "cancelled",
    "CANCELLED": "cancelled",
    "OVERDUE": "cancelled",
}
COUNTED = frozenset(
    {
        "ACCEPTANCE_AT_STORAGE_WAREHOUSE",
        "REPORTS_CONFIRMATION_AWAITING",
        "REPORT_REJECTED",
        "COMPLETED",
    }
)
"""States in which there may be acts."""
ACCEPTANCE = "ACCEPTANCE"

Refuse = Callable[[Any, str], None]


def _ignore(_raw: Any, _reason: str) -> None:
    """The normaliser tells of it."""


class Told(NamedTuple):
    """A delivery and the order it stands in."""

    order: Order
    supply: Supply


def told_orders(body: bytes, refuse: Refuse = _ignore) -> list[Order]:
    """Orders of a page. Raises Garbled."""
    rows = parse_rows(body, calls.ORDERS.budget, "orders")
    return [order for _, order in read_rows(rows, Order, refuse)]


def moved_since(order: Order, d_from: date) -> bool:
    """Is it of these days, or not over yet? An older one will not change."""
    moved = _moscow_day(order.updated)
    return order.state not in calls.CLOSED_STATES or moved is None or moved >= d_from


def deliveries(orders: Sequence[Order], refuse: Refuse = _ignore) -> Iterator[Told]:
    """Every delivery of these orders; one that cannot be read is refused alone."""
    for order in orders:
        for _, supply in read_rows(order.supplies, Supply, refuse):
            yield Told(order, supply)


def normalise_supplies(pages: Sequence[Page], d_from: date) -> Normalised:
    """Deliveries of orders that moved since ``d_from`` or are not over.

    A line's ``quantity`` is what was declared, ``accepted`` what the warehouse counted, ``ready`` what
    was agreed upon. An acceptance that nobody tells of yet is None of the delivery.
    """
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        told = raw if isinstance(raw, dict) else {}
        key = next((name for name in ("supply_id", "order_id", "sku") if told.get(name)), "sku_info")
        out.unplaced.append(set_aside(raw, reason, key, amount=""))

    found: dict[int, Told] = {}
    bundles: dict[str, dict[str, bytes]] = {}
    acts: dict[int, bytes] = {}
    for page in pages:
        if page.key.path == calls.ORDERS.path:
            orders = [each for each in told_orders(page.body, refuse) if moved_since(each, d_from)]
            found |= {each.supply.supply_id: each for each in deliveries(orders, refuse)}
        elif page.key.path == calls.BUNDLE.path:
            # A night that was interrupted may have asked the same twice.
            asked = _asked(page)
            bundles.setdefault(str(asked["bundle_ids"][0]), {})[str(asked.get("last_id", ""))] = page.body
        elif page.key.path == calls.ACTS.path:
            acts[int(_asked(page)["supply_id"])] = page.body
    for supply_id, told in found.items():
        state, bundle = told.supply.state, bundles.get(told.supply.bundle_id)
        if state not in STATUSES:
            refuse({"supply_id": supply_id, "state": state}, f"неизвестный статус {state or '—'}")
        lines = [*_lines(supply_id, (bundle or {}).values(), acts.get(supply_id), refuse)]
        out.supply_lines += lines
        out.supplies.append(_supply(told, lines, is_listed=bundle is not None))
    return out


def _asked(page: Page) -> dict[str, Any]:
    body = parse_json(page.key.params.encode(), page.key.path)["body"]
    assert isinstance(body, dict), "we have asked it ourselves"
    return body


def _lines(
    supply_id: int, bundle: Iterable[bytes], acts: bytes | None, refuse: Refuse
) -> Iterator[SupplyLineRow]:
    """A line a SKU. What was accepted without being declared has a line of its own."""
    declared: dict[int, int] = {}
    articles: dict[int, str] = {}
    for body in bundle:
        for _, row in read_rows(parse_rows(body, calls.BUNDLE.budget, "items"), Declared, refuse):
            declared[row.sku] = declared.get(row.sku, 0) + row.quantity
            articles[row.sku] = row.article
    found: dict[int, int] = {}
    agreed: dict[int, int] = {}
    for line in _accepted(acts, refuse) if acts is not None else ():
        sku = line.goods.sku
        found[sku], agreed[sku] = found.get(sku, 0) + line.found, agreed.get(sku, 0) + line.agreed
        articles.setdefault(sku, line.goods.article)
    for sku, article in articles.items():
        ref = SkuRef(ozon_id=sku, article=article)
        counts = (each.get(sku, 0) for each in (declared, found, agreed))
        yield SupplyLineRow(str(supply_id), ref, *counts)


def _accepted(body: bytes, refuse: Refuse) -> Iterator[ActLine]:
    """Lines of the acts of acceptance; the other acts tell of parts of the same goods."""
    for _, act in read_rows(parse_rows(body, calls.ACTS.budget, "supply_acts"), Act, refuse):
        if act.type == ACCEPTANCE:
            yield from (line for _, line in read_rows(act.items, ActLine, refuse))


def _supply(told: Told, lines: Sequence[SupplyLineRow], *, is_listed: bool) -> SupplyRow:
    order, supply = told
    is_counted = any(line.accepted for line in lines)
    place = supply.place.warehouse_id
    warehouse = str(place) if place else place_of_cluster(supply.cluster) if supply.cluster else ""
    return SupplyRow(
        supply_id=str(supply.supply_id),
        status=STATUSES.get(supply.state, "unknown"),
        warehouse=warehouse,
        created_on=_moscow_day(order.created),
        planned_on=order.timeslot.timeslot.start,
        fact_on=supply.place.arrived,
        quantity=sum(line.quantity for line in lines) if is_listed else None,
        accepted=sum(line.accepted for line in lines) if is_counted else None,
        ready=sum(line.ready for line in lines) if is_counted else None,
        acceptance_cost=None,
    )


def _moscow_day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(MOSCOW).date()
