"""/start, /help, and whatever nobody else understood (that router comes last)."""

import re

from aiogram import F, Router
from aiogram.enums import ChatMemberStatus
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message

from app.bot import views
from app.bot.callbacks import HelpCall
from app.bot.desk import Desk
from app.services.tenancy.people import mark_blocked
from app.services.tenancy.registration import claim_admin, found_organisation
from app.services.tenancy.roles import Deed

JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")


def setup() -> Router:
    router = Router(name="start")
    router.message.register(start, CommandStart(), flags={"deed": Deed.START})
    router.message.register(show_help, Command("help"), flags={"deed": Deed.HELP})
    router.callback_query.register(show_help, HelpCall.filter(), flags={"deed": Deed.HELP})
    router.my_chat_member.register(blocked, F.new_chat_member.status == ChatMemberStatus.KICKED)
    return router


def setup_last() -> Router:
    router = Router(name="last")
    router.message.register(stray_secret, F.text.regexp(JWT, mode="search"), flags={"deed": Deed.HELP})
    router.message.register(not_understood, flags={"deed": Deed.HELP})
    router.callback_query.register(stale_button, flags={"deed": Deed.HELP})
    return router


async def start(message: Message, command: CommandObject, desk: Desk) -> None:
    user, person = message.from_user, desk.person
    if user is None:
        return
    if command.args:
        now = desk.office.clock.now()
        admin = await desk.platform(claim_admin, user.id, user.full_name, command.args.strip(), now)
        await desk.seated(admin).show(message, views.became_admin(admin))
    elif person is not None and person.role is not None:
        await desk.show(message, views.greeting(person))
    elif desk.office.registration_open:
        owner = await desk.platform(found_organisation, user.id, user.full_name)
        await desk.seated(owner).show(message, views.greeting(owner))
    else:
        await desk.show(message, views.closed())


async def show_help(event: Message | CallbackQuery, desk: Desk) -> None:
    await desk.show(event, views.help_screen(desk.person))


async def blocked(event: ChatMemberUpdated, desk: Desk) -> None:
    """They blocked the bot: nothing is sent to them until they write again."""
    await desk.platform(mark_blocked, event.from_user.id, desk.office.clock.now())


async def stray_secret(message: Message, desk: Desk) -> None:
    if not await desk.forget(message):
        await desk.show(message, views.secret_stays())
    await desk.show(message, views.stray_secret())


async def not_understood(message: Message, desk: Desk) -> None:
    if desk.person is not None and desk.person.role is not None:
        await desk.show(message, views.not_a_command(message.text or ""))
    elif desk.office.registration_open:
        await desk.show(message, views.help_screen(None))
    else:
        await desk.show(message, views.closed())


async def stale_button(tap: CallbackQuery, desk: Desk) -> None:
    """A button of an older version: its screen cannot be drawn any more."""
    await desk.show(tap, views.help_screen(desk.person))
