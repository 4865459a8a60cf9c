"""/people and /invite: who is in the organisation, their roles, and the links that let others in."""

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import InviteCall, InviteOffCall, MemberCall, PeopleCall
from app.bot.desk import Desk
from app.bot.menus import show_menu
from app.core.errors import NotAllowed
from app.services.tenancy.invites import make_invite, open_invites, revoke_invite
from app.services.tenancy.members import (
    Member,
    change_role,
    demand_successor,
    find_member,
    list_members,
    remove_member,
)
from app.services.tenancy.people import read_person
from app.services.tenancy.roles import Deed


def setup() -> Router:
    router = Router(name="people")
    flags = {"deed": Deed.PEOPLE}
    router.message.register(people, Command("people"), flags=flags)
    router.message.register(choose_role, Command("invite"), flags=flags)
    router.callback_query.register(people, PeopleCall.filter(), flags=flags)
    router.callback_query.register(member, MemberCall.filter(), flags=flags)
    router.callback_query.register(invite, InviteCall.filter(), flags=flags)
    router.callback_query.register(revoke, InviteOffCall.filter(), flags=flags)
    return router


async def people(event: Message | CallbackQuery, desk: Desk) -> None:
    me = desk.member
    members = await desk.platform(list_members, me.tenant_id)
    invites = await desk.platform(open_invites, me.tenant_id, desk.office.clock.now())
    await desk.show(event, views.people(members, invites, me))


async def member(tap: CallbackQuery, callback_data: MemberCall, desk: Desk) -> None:
    """Looking, asking once more, doing: a removal and whatever one does to oneself are asked twice."""
    me, order = desk.member, callback_data
    if order.out and order.sure:
        await _remove(tap, order, desk)
    elif order.role and (order.sure or order.user != me.user_id):
        await _change(tap, order, desk)
    else:
        await _look(tap, order, desk)


async def _look(tap: CallbackQuery, order: MemberCall, desk: Desk) -> None:
    each = await desk.platform(find_member, desk.member.tenant_id, order.user)
    if order.out or order.role:
        await desk.platform(demand_successor, desk.member.tenant_id, order.user)
    await desk.show(tap, views.member(each, desk.member, sure_role=order.role, sure_out=order.out))


async def _change(tap: CallbackQuery, order: MemberCall, desk: Desk) -> None:
    now = desk.office.clock.now()
    each = await desk.platform(change_role, desk.member, order.user, order.role, now)
    await desk.show(tap, views.role_changed(each))
    if order.user != desk.member.user_id:
        await desk.tell(each.telegram_id, views.your_role_changed(desk.member.organisation, each.role))
    await _menu(desk, each)


async def _remove(tap: CallbackQuery, order: MemberCall, desk: Desk) -> None:
    me = desk.member
    each = await desk.platform(remove_member, me, order.user, desk.office.clock.now())
    if order.user == me.user_id:
        now = await desk.platform(read_person, me.telegram_id)
        await desk.seated(now).show(tap, views.you_left(me.organisation, now))
    else:
        await desk.show(tap, views.removed(each))
        await desk.tell(each.telegram_id, views.you_were_removed(me.organisation))
    await _menu(desk, each)


async def _menu(desk: Desk, each: Member) -> None:
    """Of their current organisation, which need not be this one."""
    await show_menu(desk.bot, each.telegram_id, await desk.platform(read_person, each.telegram_id))


async def choose_role(message: Message, desk: Desk) -> None:
    _not_in_demo(desk)
    await desk.show(message, views.invite_roles())


async def invite(tap: CallbackQuery, callback_data: InviteCall, desk: Desk) -> None:
    _not_in_demo(desk)
    if not callback_data.role:
        await desk.show(tap, views.invite_roles())
        return
    made = await desk.platform(make_invite, desk.member, callback_data.role, desk.office.clock.now())
    way_in = await desk.way_in(made.payload)
    await desk.show(tap, views.invite_made(made, desk.member.organisation, way_in))


async def revoke(tap: CallbackQuery, callback_data: InviteOffCall, desk: Desk) -> None:
    await desk.platform(revoke_invite, desk.member, callback_data.invite, desk.office.clock.now())
    await people(tap, desk)


def _not_in_demo(desk: Desk) -> None:
    if desk.member.is_demo:
        raise NotAllowed("Это демонстрация: в неё никого не приглашают. По-настоящему — в ./ambar run")
