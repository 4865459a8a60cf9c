"""A connected cabinet: look at it, rename it, switch it off and on."""

from aiogram import F, Router
from aiogram.filters import StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import CabinetCall
from app.bot.desk import Desk
from app.bot.parse import parse_name
from app.services.jobs import CollectOrder, RequestCollect
from app.services.tenancy.cabinets import (
    CabinetName,
    CabinetQuery,
    CabinetSwitch,
    RenameCabinet,
    ShowCabinet,
    SwitchCabinet,
)
from app.services.tenancy.roles import Deed

NAME_EXAMPLE = "Например: Основной"


class Naming(StatesGroup):
    """What the next message names."""

    cabinet = State()


def setup() -> Router:
    router = Router(name="cabinets")
    flags = {"deed": Deed.CONNECT}
    router.callback_query.register(cabinet, CabinetCall.filter(), flags=flags)
    words = F.text & ~F.text.startswith("/")
    router.message.register(rename, StateFilter(Naming.cabinet), words, flags=flags)
    return router


async def cabinet(tap: CallbackQuery, callback_data: CabinetCall, state: FSMContext, desk: Desk) -> None:
    order = callback_data
    await state.clear()
    if order.deed == "on" or (order.deed == "off" and order.sure):
        await _switch(tap, order, desk)
        return
    each = await desk.run(ShowCabinet, CabinetQuery(account_id=order.account))
    if order.deed == "name":
        await desk.begin(state, Naming.cabinet, account=order.account)
    screens = {"name": views.cabinet_name, "off": views.cabinet_sure}
    await desk.show(tap, screens.get(order.deed, views.cabinet)(each))


async def _switch(tap: CallbackQuery, order: CabinetCall, desk: Desk) -> None:
    """Switched on again it is asked at once for what was missed."""
    is_on = order.deed == "on"
    each = await desk.run(SwitchCabinet, CabinetSwitch(account_id=order.account, on=is_on))
    if is_on:
        await desk.run(RequestCollect, CollectOrder(account_id=order.account))
    await desk.show(tap, views.cabinet(each))


async def rename(message: Message, state: FSMContext, desk: Desk) -> None:
    known = await desk.resume(state)
    name = CabinetName(account_id=known["account"], name=parse_name(message.text, NAME_EXAMPLE))
    each = await desk.run(RenameCabinet, name)
    await state.clear()
    await desk.show(message, views.cabinet(each))
