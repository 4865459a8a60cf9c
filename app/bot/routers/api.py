"""/api: tokens of programs. A token is shown once, to the owner who made it."""

from aiogram import F, Router
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import ApiCall, ApiNewCall, ApiOffCall
from app.bot.desk import Desk
from app.bot.parse import parse_name
from app.core.errors import NotAllowed
from app.services.tenancy.api_tokens import find_token, list_tokens, make_token, revoke_token
from app.services.tenancy.roles import Deed

NAME_EXAMPLE = "Например: 1С"


class NamingToken(StatesGroup):
    """What the next message is."""

    name = State()


def setup() -> Router:
    router = Router(name="api")
    flags = {"deed": Deed.API}
    router.message.register(tokens, Command("api"), flags=flags)
    router.callback_query.register(tokens, ApiCall.filter(), flags=flags)
    router.callback_query.register(choose, ApiNewCall.filter(), flags=flags)
    router.callback_query.register(revoke, ApiOffCall.filter(), flags=flags)
    words = F.text & ~F.text.startswith("/")
    router.message.register(make, StateFilter(NamingToken.name), words, flags=flags)
    return router


async def tokens(event: Message | CallbackQuery, state: FSMContext, desk: Desk) -> None:
    """Whoever comes back here has given the naming up."""
    if await state.get_state() == NamingToken.name.state:
        await state.clear()
    found = await desk.platform(list_tokens, desk.member.tenant_id)
    await desk.show(event, views.api_tokens(found, desk.member.organisation))


async def choose(tap: CallbackQuery, callback_data: ApiNewCall, state: FSMContext, desk: Desk) -> None:
    if desk.member.is_demo:
        raise NotAllowed("Это демонстрация: программы к ней не подключают. По-настоящему — в ./ambar run")
    if not callback_data.role:
        await desk.show(tap, views.api_roles())
        return
    await desk.begin(state, NamingToken.name, role=callback_data.role)
    await desk.show(tap, views.api_name(callback_data.role))


async def make(message: Message, state: FSMContext, desk: Desk) -> None:
    known = await desk.resume(state)
    name = parse_name(message.text, NAME_EXAMPLE)
    now = desk.office.clock.now()
    made = await desk.platform(make_token, desk.member, name, known["role"], now)
    await state.clear()
    await desk.show(message, views.api_made(made))


async def revoke(tap: CallbackQuery, callback_data: ApiOffCall, state: FSMContext, desk: Desk) -> None:
    if not callback_data.sure:
        each = await desk.platform(find_token, desk.member.tenant_id, callback_data.token)
        await desk.show(tap, views.api_sure(each))
        return
    now = desk.office.clock.now()
    await desk.platform(revoke_token, desk.member, callback_data.token, now)
    await tokens(tap, state, desk)
