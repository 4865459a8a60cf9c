"""/org: which organisations the person belongs to, which one they look at, what it is called."""

from aiogram import F, Router
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import OrgCall, OrgNameCall
from app.bot.desk import Desk
from app.bot.menus import show_menu
from app.bot.parse import parse_name
from app.services.tenancy.organisations import (
    demand_founding,
    found_another,
    list_organisations,
    may_found,
    rename_organisation,
    switch_organisation,
)
from app.services.tenancy.roles import Deed, demand

NAME_EXAMPLE = "Например: ИП Иванова"


class Naming(StatesGroup):
    """What the next message names."""

    this = State()
    another = State()


def setup() -> Router:
    router = Router(name="org")
    flags = {"deed": Deed.ORG}
    router.message.register(organisations, Command("org"), flags=flags)
    router.callback_query.register(choose, OrgCall.filter(), flags={**flags, "anywhere": True})
    router.callback_query.register(ask_name, OrgNameCall.filter(), flags=flags)
    words = F.text & ~F.text.startswith("/")
    router.message.register(rename, StateFilter(Naming.this), words, flags={"deed": Deed.PEOPLE})
    router.message.register(found, StateFilter(Naming.another), words, flags={"deed": Deed.START})
    return router


async def organisations(event: Message | CallbackQuery, desk: Desk) -> None:
    own = await desk.platform(list_organisations, desk.member)
    founds = may_found(desk.person, registration_open=desk.office.registration_open)
    await desk.show(event, views.organisations(own, desk.member, may_found=founds))


async def choose(tap: CallbackQuery, callback_data: OrgCall, state: FSMContext, desk: Desk) -> None:
    """Whatever was begun in the organisation that is left is not finished in the other."""
    await state.clear()
    if not callback_data.tenant:
        await organisations(tap, desk)
        return
    me = await desk.platform(switch_organisation, desk.member, callback_data.tenant)
    await desk.seated(me).show(tap, views.switched(me))
    await show_menu(desk.bot, me.telegram_id, me)


async def ask_name(tap: CallbackQuery, callback_data: OrgNameCall, state: FSMContext, desk: Desk) -> None:
    is_new = callback_data.is_new
    if is_new:
        demand_founding(desk.person, registration_open=desk.office.registration_open)
    else:
        demand(Deed.PEOPLE, desk.member.role, is_admin=desk.member.is_admin)
    await desk.begin(state, Naming.another if is_new else Naming.this)
    await desk.show(tap, views.ask_name(is_new=is_new, organisation=desk.member.organisation))


async def rename(message: Message, state: FSMContext, desk: Desk) -> None:
    await desk.resume(state)
    me = await desk.platform(rename_organisation, desk.member, parse_name(message.text, NAME_EXAMPLE))
    await state.clear()
    await desk.seated(me).show(message, views.renamed(me))


async def found(message: Message, state: FSMContext, desk: Desk) -> None:
    demand_founding(desk.person, registration_open=desk.office.registration_open)
    name = parse_name(message.text, NAME_EXAMPLE)
    me = await desk.platform(found_another, desk.member.telegram_id, desk.member.name, name)
    await state.clear()
    await desk.seated(me).show(message, views.founded(me))
    await show_menu(desk.bot, me.telegram_id, me)
