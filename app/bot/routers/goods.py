"""/stock and /supply."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import CardCall, StockCall, SupplyCall
from app.bot.desk import Desk
from app.bot.parse import parse_article, parse_window
from app.bot.screen import Screen
from app.services.analytics.stock import ShowStock, StockQuery
from app.services.analytics.supply import ShowSupply, SupplyQuery
from app.services.tenancy.roles import Deed
from app.services.warehouse.transit import OwnQuery, PartsQuery, ShowOwn, ShowParts


def setup() -> Router:
    router = Router(name="goods")
    router.message.register(stock, Command("stock"), flags={"deed": Deed.STOCK})
    router.callback_query.register(stock_page, StockCall.filter(), flags={"deed": Deed.STOCK})
    router.callback_query.register(stock_card, CardCall.filter(), flags={"deed": Deed.STOCK})
    router.message.register(supply, Command("supply"), flags={"deed": Deed.SUPPLY})
    router.callback_query.register(supply_page, SupplyCall.filter(), flags={"deed": Deed.SUPPLY})
    return router


async def stock(message: Message, command: CommandObject, desk: Desk) -> None:
    article = parse_article(command.args)
    await desk.show(message, await (_card(desk, article) if article else _list(desk, 0)))


async def stock_page(tap: CallbackQuery, callback_data: StockCall, desk: Desk) -> None:
    await desk.show(tap, await _list(desk, max(0, callback_data.page)))


async def stock_card(tap: CallbackQuery, callback_data: CardCall, desk: Desk) -> None:
    await desk.show(tap, await _card(desk, callback_data.article))


async def supply(message: Message, command: CommandObject, desk: Desk) -> None:
    await desk.show(message, await _advice(desk, SupplyQuery(window_days=parse_window(command.args))))


async def supply_page(tap: CallbackQuery, callback_data: SupplyCall, desk: Desk) -> None:
    window = parse_window(str(callback_data.window))
    await desk.show(
        tap, await _advice(desk, SupplyQuery(window_days=window, page=max(0, callback_data.page)))
    )


async def _list(desk: Desk, page: int) -> Screen:
    return views.stock(await desk.run(ShowStock, StockQuery(page=page)))


async def _card(desk: Desk, article: str) -> Screen:
    """The own shelf and the marketplaces in one; what is only on the shelf has no listing to ask about."""
    own = await desk.run(ShowOwn, OwnQuery(article=article))
    asks = own.is_listed or not own.items
    report = await desk.run(ShowStock, StockQuery(article=article)) if asks else None
    return views.stock_card(article, report, own)


async def _advice(desk: Desk, query: SupplyQuery) -> Screen:
    report = await desk.run(ShowSupply, query)
    skus = tuple(each.sku_id for each in report.lines)
    parts = await desk.run(ShowParts, PartsQuery(window_days=query.window_days, sku_ids=skus))
    return views.supply(report, parts)
