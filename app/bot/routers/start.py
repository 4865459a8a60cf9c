"""/start, /help, and whatever nobody else understood (that router comes last)."""

import re

from aiogram import F, Router
from aiogram.enums import ChatMemberStatus
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, User

from app.bot import views
from app.bot.callbacks import HelpCall
from app.bot.desk import Desk
from app.bot.menus import show_menu
from app.services.tenancy.invites import PREFIX, accept_invite
from app.services.tenancy.organisations import may_found
from app.services.tenancy.people import mark_blocked
from app.services.tenancy.registration import claim_admin, found_organisation
from app.services.tenancy.roles import Deed

SECRET = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*|\b\d{3,12}\s+[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|@[a-z.]*performance\.ozon\.ru\s+\S{20}"
)
"""A Wildberries token, Ozon's Client-Id and Api-Key, or its key of advertising."""


def setup() -> Router:
    router = Router(name="start")
    router.message.register(start, CommandStart(), flags={"deed": Deed.START})
    router.message.register(show_help, Command("help"), flags={"deed": Deed.HELP})
    router.callback_query.register(show_help, HelpCall.filter(), flags={"deed": Deed.HELP})
    router.my_chat_member.register(blocked, F.new_chat_member.status == ChatMemberStatus.KICKED)
    return router


def setup_last() -> Router:
    router = Router(name="last")
    router.message.register(stray_secret, F.text.regexp(SECRET, mode="search"), flags={"deed": Deed.HELP})
    router.message.register(not_understood, flags={"deed": Deed.HELP})
    router.callback_query.register(stale_button, flags={"deed": Deed.HELP})
    return router


async def start(message: Message, command: CommandObject, desk: Desk) -> None:
    words = (command.args or "").strip()
    if words.startswith(PREFIX):
        await _join(message, desk, words.removeprefix(PREFIX))
    elif words:
        await _claim(message, desk, words)
    elif desk.person is None or desk.person.role is None:
        await _found(message, desk)
    else:
        await desk.show(message, views.greeting(desk.person, may_found=_may_found(desk)))
        await show_menu(desk.bot, desk.person.telegram_id, desk.person)


async def _join(message: Message, desk: Desk, code: str) -> None:
    """By an invite, which is enough however closed the registration is."""
    user = _user(message)
    done = await desk.platform(accept_invite, user.id, user.full_name, code, desk.office.clock.now())
    await desk.seated(done.person).show(message, views.joined(done))
    await show_menu(desk.bot, user.id, done.person)


async def _claim(message: Message, desk: Desk, code: str) -> None:
    user = _user(message)
    admin = await desk.platform(claim_admin, user.id, user.full_name, code, desk.office.clock.now())
    await desk.seated(admin).show(message, views.became_admin(admin))
    await show_menu(desk.bot, user.id, admin)


async def _found(message: Message, desk: Desk) -> None:
    if not _may_found(desk):
        await desk.show(message, views.closed())
        return
    user = _user(message)
    owner = await desk.platform(found_organisation, user.id, user.full_name)
    await desk.seated(owner).show(message, views.greeting(owner))
    await show_menu(desk.bot, user.id, owner)


def _may_found(desk: Desk) -> bool:
    return may_found(desk.person, registration_open=desk.office.registration_open)


def _user(message: Message) -> User:
    assert message.from_user is not None, "nobody else is seated"
    return message.from_user


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
