"""/admin: the installation's organisations by their state, and its administrators."""

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import AdminCall, AdminCodeCall, AdminDwCall, AdminMakeCall
from app.bot.desk import Desk
from app.bot.menus import show_menu
from app.services.dw import refresh_dw
from app.services.tenancy.admins import find_known, list_candidates, make_admin, show_installation
from app.services.tenancy.people import read_person
from app.services.tenancy.registration import new_admin_code
from app.services.tenancy.roles import Deed


def setup() -> Router:
    router = Router(name="admin")
    flags = {"deed": Deed.ADMIN, "anywhere": True}
    router.message.register(installation, Command("admin"), flags=flags)
    router.callback_query.register(page, AdminCall.filter(), flags=flags)
    router.callback_query.register(code, AdminCodeCall.filter(), flags=flags)
    router.callback_query.register(refresh, AdminDwCall.filter(), flags=flags)
    router.callback_query.register(choose, AdminMakeCall.filter(), flags=flags)
    return router


async def installation(message: Message, desk: Desk) -> None:
    report = await desk.office.aside(show_installation, desk.office.db, 0)
    await desk.show(message, views.installation(report))


async def page(tap: CallbackQuery, callback_data: AdminCall, desk: Desk) -> None:
    report = await desk.office.aside(show_installation, desk.office.db, callback_data.page)
    await desk.show(tap, views.installation(report))


async def code(tap: CallbackQuery, desk: Desk) -> None:
    made = await desk.platform(new_admin_code, desk.office.clock.now())
    await desk.show(tap, views.admin_code(await desk.way_in(made)))


async def refresh(tap: CallbackQuery, desk: Desk) -> None:
    await desk.show(tap, views.dw_refreshed(await desk.office.aside(refresh_dw, desk.office.db)))


async def choose(tap: CallbackQuery, callback_data: AdminMakeCall, desk: Desk) -> None:
    if not callback_data.user:
        await desk.show(tap, views.choose_admin(await desk.platform(list_candidates)))
    elif not callback_data.sure:
        await desk.show(tap, views.sure_admin(await desk.platform(find_known, callback_data.user)))
    else:
        await _make(tap, callback_data.user, desk)


async def _make(tap: CallbackQuery, user_id: int, desk: Desk) -> None:
    chosen = await desk.platform(make_admin, desk.known, user_id)
    await desk.show(tap, views.made_admin(chosen))
    await desk.tell(chosen.telegram_id, views.you_are_admin())
    await show_menu(desk.bot, chosen.telegram_id, await desk.platform(read_person, chosen.telegram_id))
