"""/orders and the goods sent to marketplaces."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot.callbacks import OrderCall, OrdersCall, SuppliesCall, TripCall
from app.bot.desk import Desk
from app.bot.screen import Screen
from app.bot.views import orders as views
from app.bot.views import supplies as trips
from app.services.tenancy.roles import Deed
from app.services.warehouse.orders import (
    CloseOrder,
    ListOrders,
    OrderQuery,
    OrderRef,
    OrdersQuery,
    PauseOrder,
    ShipOrder,
    ShowOrder,
    TakeUpOrder,
)
from app.services.warehouse.transit import ListSupplies, ShowTrip, SuppliesQuery, TripQuery

DEEDS = {"ship": ShipOrder, "aside": PauseOrder, "again": TakeUpOrder, "close": CloseOrder}


def setup() -> Router:
    router = Router(name="orders")
    flags = {"deed": Deed.ORDERS}
    router.message.register(listed, Command("orders"), flags=flags)
    router.callback_query.register(turned, OrdersCall.filter(), flags=flags)
    router.callback_query.register(sure, OrderCall.filter((F.deed == "close") & ~F.sure), flags=flags)
    router.callback_query.register(done, OrderCall.filter(F.deed.in_(DEEDS)), flags=flags)
    router.callback_query.register(opened, OrderCall.filter(), flags=flags)
    router.callback_query.register(sent, SuppliesCall.filter(), flags=flags)
    router.callback_query.register(trip, TripCall.filter(), flags=flags)
    return router


async def listed(message: Message, command: CommandObject, desk: Desk) -> None:
    """All of them, or the one whose number was said."""
    await desk.show(message, await _asked(desk, " ".join((command.args or "").split()).lstrip("№# ")))


async def turned(tap: CallbackQuery, callback_data: OrdersCall, desk: Desk) -> None:
    await desk.show(tap, views.orders(await desk.run(ListOrders, OrdersQuery(page=callback_data.page))))


async def opened(tap: CallbackQuery, callback_data: OrderCall, desk: Desk) -> None:
    found = await desk.run(ShowOrder, OrderQuery(order_id=callback_data.order))
    await desk.show(tap, views.order(found))


async def sure(tap: CallbackQuery, callback_data: OrderCall, desk: Desk) -> None:
    found = await desk.run(ShowOrder, OrderQuery(order_id=callback_data.order))
    await desk.show(tap, views.order_sure(found))


async def done(tap: CallbackQuery, callback_data: OrderCall, desk: Desk) -> None:
    order = OrderRef(order_id=callback_data.order)
    await desk.show(
        tap, views.order_done(callback_data.deed, await desk.run(DEEDS[callback_data.deed], order))
    )


async def sent(tap: CallbackQuery, callback_data: SuppliesCall, desk: Desk) -> None:
    report = await desk.run(ListSupplies, SuppliesQuery(page=callback_data.page))
    await desk.show(tap, trips.supplies(report))


async def trip(tap: CallbackQuery, callback_data: TripCall, desk: Desk) -> None:
    query = TripQuery(marketplace=callback_data.marketplace, number=callback_data.number)
    await desk.show(tap, trips.trip(await desk.run(ShowTrip, query)))


async def _asked(desk: Desk, number: str) -> Screen:
    if number:
        return views.order(await desk.run(ShowOrder, OrderQuery(number=number)))
    return views.orders(await desk.run(ListOrders, OrdersQuery()))
