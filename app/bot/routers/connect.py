"""/connect: choose a marketplace, paste a key, and the key is gone from the chat before it is read."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import ConnectCall
from app.bot.desk import Desk
from app.bot.routers.house import follow
from app.core.errors import NotAllowed
from app.services.jobs import CollectOrder, RequestCollect
from app.services.tenancy.connect import OZON, WB, StoreAccount
from app.services.tenancy.roles import Deed

LEAVE = "-"


class Steps(StatesGroup):
    """Whose key we are waiting for."""

    wb = State()
    ozon = State()


def setup() -> Router:
    router = Router(name="connect")
    flags = {"deed": Deed.CONNECT}
    router.message.register(connect, Command("connect"), flags=flags)
    router.callback_query.register(choose, ConnectCall.filter(), flags=flags)
    router.message.register(wb_key, StateFilter(Steps.wb), F.text, ~F.text.startswith("/"), flags=flags)
    router.message.register(ozon_key, StateFilter(Steps.ozon), F.text, ~F.text.startswith("/"), flags=flags)
    return router


async def connect(message: Message, command: CommandObject, state: FSMContext, desk: Desk) -> None:
    """With the key right after the command, it is taken at once: it must not stay in the chat."""
    if command.args:
        await _take(message, state, desk, WB if "." in command.args else OZON, command.args)
        return
    _not_in_demo(desk)
    await desk.show(message, views.connect_choice())


async def choose(tap: CallbackQuery, callback_data: ConnectCall, state: FSMContext, desk: Desk) -> None:
    _not_in_demo(desk)
    screens = {WB: (Steps.wb, views.wb_steps()), OZON: (Steps.ozon, views.ozon_steps())}
    step, screen = screens.get(
        callback_data.marketplace,
        (None, views.connect_left() if callback_data.marketplace == LEAVE else views.connect_choice()),
    )
    await state.set_state(step)
    await desk.show(tap, screen)


async def wb_key(message: Message, state: FSMContext, desk: Desk) -> None:
    await _take(message, state, desk, WB, message.text or "")


async def ozon_key(message: Message, state: FSMContext, desk: Desk) -> None:
    await _take(message, state, desk, OZON, message.text or "")


async def _take(message: Message, state: FSMContext, desk: Desk, marketplace: str, pasted: str) -> None:
    """Delete, check, store, collect. What fails leaves the step open for another try."""
    if not await desk.forget(message):
        await desk.show(message, views.secret_stays())
    _not_in_demo(desk)
    await state.set_state(Steps.wb if marketplace == WB else Steps.ozon)
    checked = await desk.office.aside(desk.office.check_token, marketplace, pasted)
    done = await desk.run(StoreAccount, checked)
    await state.clear()
    await desk.show(message, views.connected(done))
    await follow(desk, message, await desk.run(RequestCollect, CollectOrder()))


def _not_in_demo(desk: Desk) -> None:
    if desk.person is not None and desk.person.is_demo:
        raise NotAllowed("Это демонстрация на придуманных данных. Свой кабинет подключают в ./ambar run")
