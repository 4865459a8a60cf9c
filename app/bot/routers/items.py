"""/items: which listings are which items on the shelf; a person decides."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks_goods import CardsCall, LinkAskCall, LinkCall, ListingsCall, SureLinksCall
from app.bot.desk import Desk
from app.bot.parse import parse_new_item
from app.services.tenancy.roles import Deed
from app.services.warehouse.item_making import CardsToItems, MakeItem, MakeItemsOfCards
from app.services.warehouse.listings import (
    ConfirmSure,
    DecideLink,
    LinkDecision,
    LinkListing,
    ListingLink,
    ListingQuery,
    ListingsQuery,
    ShowListing,
    ShowListings,
    SureLinks,
)
from app.services.warehouse.unclear import Unclear


class Linking(StatesGroup):
    """What is expected: the item that a listing is."""

    item = State()


def setup() -> Router:
    router = Router(name="items")
    flags = {"deed": Deed.ITEMS}
    router.message.register(items, Command("items"), flags=flags)
    router.callback_query.register(turned, ListingsCall.filter(), flags=flags)
    router.callback_query.register(decide, LinkCall.filter(), flags=flags)
    router.callback_query.register(ask, LinkAskCall.filter(), flags=flags)
    router.callback_query.register(confirm_sure, SureLinksCall.filter(), flags=flags)
    router.callback_query.register(make_items, CardsCall.filter(), flags=flags)
    words = F.text & ~F.text.startswith("/")
    router.message.register(named, StateFilter(Linking.item), words, flags=flags)
    return router


async def items(message: Message, command: CommandObject, desk: Desk) -> None:
    if command.args:
        made = await desk.run(MakeItem, parse_new_item(command.args))
        await desk.show(message, views.item_made(made))
    else:
        await desk.show(message, views.listings(await desk.run(ShowListings, ListingsQuery())))


async def turned(tap: CallbackQuery, callback_data: ListingsCall, state: FSMContext, desk: Desk) -> None:
    await state.clear()
    query = ListingsQuery(unknown=callback_data.unknown, page=callback_data.page)
    await desk.show(tap, views.listings(await desk.run(ShowListings, query)))


async def decide(tap: CallbackQuery, callback_data: LinkCall, desk: Desk) -> None:
    order = LinkDecision(sku_id=callback_data.sku, item_id=callback_data.item, is_it=callback_data.yes)
    await desk.show(tap, views.decided(await desk.run(DecideLink, order)))


async def ask(tap: CallbackQuery, callback_data: LinkAskCall, state: FSMContext, desk: Desk) -> None:
    listing = await desk.run(ShowListing, ListingQuery(sku_id=callback_data.sku))
    await desk.begin(state, Linking.item, sku=listing.sku_id)
    await desk.show(tap, views.link_ask(listing))


async def named(message: Message, state: FSMContext, desk: Desk) -> None:
    await heard(message.text or "", message, state, desk)


async def heard(said: str, message: Message, state: FSMContext, desk: Desk) -> None:
    """What was typed, or read off a photo, while a listing waits for its item."""
    known = await desk.resume(state)
    try:
        done = await desk.run(LinkListing, ListingLink(sku_id=known["sku"], typed=said))
    except Unclear as unclear:  # it goes on waiting
        await desk.show(message, views.link_unclear(str(unclear), unclear.choices))
        return
    await state.clear()
    await desk.show(message, views.decided(done))


async def confirm_sure(tap: CallbackQuery, desk: Desk) -> None:
    await desk.show(tap, views.decided_many(await desk.run(ConfirmSure, SureLinks())))


async def make_items(tap: CallbackQuery, callback_data: CardsCall, desk: Desk) -> None:
    order = CardsToItems(account_id=callback_data.account)
    await desk.show(tap, views.decided_many(await desk.run(MakeItemsOfCards, order)))
