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
from app.services.tenancy.cabinets import CabinetsQuery, ListCabinets
from app.services.tenancy.connect import OZON, WB, StoreAccount
from app.services.tenancy.roles import Deed

LEAVE = "-"


class Steps(StatesGroup):
    """Whose key we are waiting for."""

    wb = State()
    ozon = State()


def setup() -> Router:
    router = Router(name="connect")
    flags, secret = {"deed": Deed.CONNECT}, {"deed": Deed.CONNECT, "secret": True}
    words = F.text & ~F.text.startswith("/")
    router.message.register(connect_with, Command("connect", magic=F.args), flags=secret)
    router.message.register(connect, Command("connect"), flags=flags)
    router.callback_query.register(choose, ConnectCall.filter(), flags=flags)
    router.message.register(wb_key, StateFilter(Steps.wb), words, flags=secret)
    router.message.register(ozon_key, StateFilter(Steps.ozon), words, flags=secret)
    return router


async def connect_with(message: Message, command: CommandObject, state: FSMContext, desk: Desk) -> None:
    """With the key right after the command, it is taken at once: it must not stay in the chat."""
    said = command.args or ""
    await _forget(message, desk)
    _not_in_demo(desk)
    is_token = "." in said and "@" not in said  # a key of Ozon's advertising has both
    await _take(message, state, desk, WB if is_token else OZON, said)


async def connect(message: Message, desk: Desk) -> None:
    _not_in_demo(desk)
    await desk.show(message, views.connect_choice(await desk.run(ListCabinets, CabinetsQuery())))


async def choose(tap: CallbackQuery, callback_data: ConnectCall, state: FSMContext, desk: Desk) -> None:
    _not_in_demo(desk)
    steps = {WB: (Steps.wb, views.wb_steps()), OZON: (Steps.ozon, views.ozon_steps())}
    await state.clear()
    if callback_data.marketplace in steps:
        step, screen = steps[callback_data.marketplace]
        await desk.begin(state, step)
        await desk.show(tap, screen)
    elif callback_data.marketplace == LEAVE:
        await desk.show(tap, views.connect_left())
    else:
        await desk.show(tap, views.connect_choice(await desk.run(ListCabinets, CabinetsQuery())))


async def wb_key(message: Message, state: FSMContext, desk: Desk) -> None:
    await _answer(message, state, desk, WB)


async def ozon_key(message: Message, state: FSMContext, desk: Desk) -> None:
    await _answer(message, state, desk, OZON)


async def _answer(message: Message, state: FSMContext, desk: Desk, marketplace: str) -> None:
    """The key that was asked for: gone from the chat first, and never taken for another organisation."""
    await _forget(message, desk)
    await desk.resume(state)
    _not_in_demo(desk)
    await _take(message, state, desk, marketplace, message.text or "")


async def _take(message: Message, state: FSMContext, desk: Desk, marketplace: str, pasted: str) -> None:
    """Check, store, collect. What fails leaves the step open for another try.

    An update that comes twice has its key checked once: that costs the seller a call of few.
    """
    done = await desk.answered(StoreAccount)
    if done is None:
        await desk.begin(state, Steps.wb if marketplace == WB else Steps.ozon)
        checked = await desk.office.aside(desk.office.check_token, marketplace, pasted)
        done = await desk.run(StoreAccount, checked)
    await state.clear()
    await desk.show(message, views.connected(done))
    await follow(desk, message, await desk.run(RequestCollect, CollectOrder(account_id=done.account_id)))


async def _forget(message: Message, desk: Desk) -> None:
    if not await desk.forget(message) and await desk.answered(StoreAccount) is None:
        await desk.show(message, views.secret_stays())


def _not_in_demo(desk: Desk) -> None:
    if desk.person is not None and desk.person.is_demo:
        raise NotAllowed("Это демонстрация на придуманных данных. Свой кабинет подключают в ./ambar run")
