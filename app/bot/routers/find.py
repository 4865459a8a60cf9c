"""/find: items by words, barcode or article; and what a photo of a barcode shows."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks_goods import FindCall, ItemCall
from app.bot.desk import Desk
from app.bot.parse import parse_words
from app.services.tenancy.roles import Deed, allowed
from app.services.warehouse.find import FindItems, ItemQuery, SearchQuery, ShowItem


class Finding(StatesGroup):
    """What is expected: words to look for."""

    words = State()


def setup() -> Router:
    router = Router(name="find")
    flags = {"deed": Deed.FIND}
    router.message.register(asked, Command("find"), flags=flags)
    router.callback_query.register(turned, FindCall.filter(), flags=flags)
    router.callback_query.register(opened, ItemCall.filter(), flags=flags)
    words = F.text & ~F.text.startswith("/")
    router.message.register(typed, StateFilter(Finding.words), words, flags=flags)
    return router


async def asked(message: Message, command: CommandObject, state: FSMContext, desk: Desk) -> None:
    await desk.begin(state, Finding.words)
    await look_for(message, parse_words(command.args), desk)


async def typed(message: Message, state: FSMContext, desk: Desk) -> None:
    """After a search the next words are another one."""
    await desk.resume(state)
    await look_for(message, parse_words(message.text), desk)


async def look_for(event: Message | CallbackQuery, words: str, desk: Desk, page: int = 0) -> None:
    found = await desk.run(FindItems, SearchQuery(words=words, page=page))
    await desk.show(event, views.found(found, may(desk)))


async def turned(tap: CallbackQuery, callback_data: FindCall, desk: Desk) -> None:
    await look_for(tap, callback_data.words, desk, callback_data.page)


async def opened(tap: CallbackQuery, callback_data: ItemCall, desk: Desk) -> None:
    item = await desk.run(ShowItem, ItemQuery(item_id=callback_data.item))
    await desk.show(tap, views.item(item, may(desk)))


def may(desk: Desk) -> frozenset[Deed]:
    """What this person may do."""
    person = desk.member
    return allowed(person.role, is_admin=person.is_admin)
