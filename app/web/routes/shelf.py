"""Addresses that look at the shelf. They change nothing."""

from collections.abc import Iterator
from functools import partial

from app.services.tenancy.roles import Deed
from app.services.warehouse.programs import BalanceRow, OrderRow, PastBalance, ProgramDesk
from app.web.endpoint import Endpoint, Visit
from app.web.wire import reads as wire
from app.web.wire.common import Page


def endpoints(desk: ProgramDesk) -> Iterator[Endpoint]:
    for path, summary, deed, query, answer, do in (
        (
            "/snapshot/inventory", "Что на складе: всего, два главных места, ближайший срок",
            Deed.STOCK, wire.SearchQuery, wire.InventoryReply, _inventory,
        ),
        (
            "/stock/query", "Остатки по местам и партиям, сейчас или на прошлый момент",
            Deed.STOCK, wire.StockQuery, wire.StockReply, _stock,
        ),
        ("/items", "Товары со штрихкодами", Deed.FIND, wire.SearchQuery, wire.ItemsReply, _items),
        ("/locations", "Места своего склада", Deed.STOCK, Page, wire.LocationsReply, _locations),
        ("/holds", "Что обещано и не отгружено", Deed.HOLDS, wire.HoldsQuery, wire.HoldsReply, _holds),
        ("/orders", "Заказы покупателей", Deed.ORDERS, wire.OrdersQuery, wire.OrdersReply, _orders),
    ):  # fmt: skip
        yield Endpoint(
            method="GET",
            path=path,
            summary=summary,
            deed=deed,
            query=query,
            answer=answer,
            do=partial(do, desk),
        )


def _inventory(desk: ProgramDesk, visit: Visit) -> wire.InventoryReply:
    order: wire.SearchQuery = visit.order
    found = desk.inventory(visit.caller.tenant_id, order.q, order.limit, order.offset)
    return wire.InventoryReply(
        items=[
            wire.InventoryItem(
                item_id=each.item_id,
                article=each.article,
                name=each.name,
                spec=each.spec,
                total_qty=each.total_qty,
                available_qty=each.available_qty,
                top2_locations=[
                    wire.TopPlace(location_id=top.location_id, code=top.code, qty=top.qty)
                    for top in each.top2_locations
                ],
                earliest_expiry=each.earliest_expiry,
                near_expiry=each.near_expiry,
            )
            for each in found
        ]
    )


def _stock(desk: ProgramDesk, visit: Visit) -> wire.StockReply:
    order: wire.StockQuery = visit.order
    if order.at is not None:
        past = desk.past(visit.caller.tenant_id, order.item_id or [], order.at, order.by)
        there = [each for each in past if _shown(each, order)]
        page = there[order.offset : order.offset + order.limit]
        return wire.StockReply(balances=[_past(each) for each in page])
    found = desk.balances(
        visit.caller.tenant_id,
        order.item_id,
        order.location_id,
        with_empty=order.empty,
        limit=order.limit,
        offset=order.offset,
    )
    return wire.StockReply(balances=[_balance(each) for each in found])


def _shown(each: PastBalance, order: wire.StockQuery) -> bool:
    is_there = order.location_id is None or each.location_id in order.location_id
    return is_there and (order.empty or each.on_hand != 0)


def _balance(each: BalanceRow) -> wire.Balance:
    return wire.Balance(**each._asdict(), available=each.available)


def _past(each: PastBalance) -> wire.Balance:
    return wire.Balance(
        stock_id=each.stock_id,
        item_id=each.item_id,
        location_id=each.location_id,
        code=None,
        lot_id=each.lot_id,
        lot=None,
        expires_on=None,
        on_hand=each.on_hand,
        reserved=each.reserved,
        available=each.on_hand - each.reserved,
        version=None,
    )


def _items(desk: ProgramDesk, visit: Visit) -> wire.ItemsReply:
    order: wire.SearchQuery = visit.order
    return wire.ItemsReply(
        items=[
            wire.ItemCard(
                item_id=each.id,
                article=each.article,
                name=each.name,
                spec=each.spec,
                barcodes=[*each.barcodes],
            )
            for each in desk.items(visit.caller.tenant_id, order.q, order.limit, order.offset)
        ]
    )


def _locations(desk: ProgramDesk, visit: Visit) -> wire.LocationsReply:
    order: Page = visit.order
    found = desk.places(visit.caller.tenant_id, order.limit, order.offset)
    return wire.LocationsReply(locations=[wire.Location(**each._asdict()) for each in found])


def _holds(desk: ProgramDesk, visit: Visit) -> wire.HoldsReply:
    order: wire.HoldsQuery = visit.order
    found = desk.holds(visit.caller.tenant_id, order.item_id, order.ref, order.limit, order.offset)
    return wire.HoldsReply(holds=[wire.Hold(**each._asdict()) for each in found])


def _orders(desk: ProgramDesk, visit: Visit) -> wire.OrdersReply:
    order: wire.OrdersQuery = visit.order
    found = desk.orders(visit.caller.tenant_id, order.state, order.limit, order.offset)
    return wire.OrdersReply(orders=[_order(each) for each in found])


def _order(each: OrderRow) -> wire.Order:
    lines = [
        wire.OrderLine(**line._asdict(), missing=max(0, line.qty - line.reserved - line.shipped))
        for line in each.lines
    ]
    return wire.Order(
        order_id=each.order_id,
        number=each.number,
        state=each.state,
        created_at=each.created_at,
        lines=lines,
    )
