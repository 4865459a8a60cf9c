"""/stock and /supply."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import CardCall, StockCall, SupplyCall
from app.bot.desk import Desk
from app.bot.parse import parse_article, parse_window
from app.services.analytics.stock import ShowStock, StockQuery
from app.services.analytics.supply import ShowSupply, SupplyQuery
from app.services.tenancy.roles import Deed


def setup() -> Router:
    router = Router(name="goods")
    router.message.register(stock, Command("stock"), flags={"deed": Deed.STOCK})
    router.callback_query.register(stock_page, StockCall.filter(), flags={"deed": Deed.STOCK})
    router.callback_query.register(stock_card, CardCall.filter(), flags={"deed": Deed.STOCK})
    router.message.register(supply, Command("supply"), flags={"deed": Deed.SUPPLY})
    router.callback_query.register(supply_page, SupplyCall.filter(), flags={"deed": Deed.SUPPLY})
    return router


async def stock(message: Message, command: CommandObject, desk: Desk) -> None:
    report = await desk.run(ShowStock, StockQuery(article=parse_article(command.args)))
    await desk.show(message, views.stock(report))


async def stock_page(tap: CallbackQuery, callback_data: StockCall, desk: Desk) -> None:
    report = await desk.run(ShowStock, StockQuery(page=max(0, callback_data.page)))
    await desk.show(tap, views.stock(report))


async def stock_card(tap: CallbackQuery, callback_data: CardCall, desk: Desk) -> None:
    report = await desk.run(ShowStock, StockQuery(article=callback_data.article))
    await desk.show(tap, views.stock(report))


async def supply(message: Message, command: CommandObject, desk: Desk) -> None:
    report = await desk.run(ShowSupply, SupplyQuery(window_days=parse_window(command.args)))
    await desk.show(message, views.supply(report))


async def supply_page(tap: CallbackQuery, callback_data: SupplyCall, desk: Desk) -> None:
    window = parse_window(str(callback_data.window))
    report = await desk.run(ShowSupply, SupplyQuery(window_days=window, page=max(0, callback_data.page)))
    await desk.show(tap, views.supply(report))
