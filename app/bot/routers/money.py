"""/today, /pnl, /money, /cost."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import CostUndoCall, MoneyCall, PnlCall, TodayCall
from app.bot.desk import Desk
from app.bot.parse import parse_cost, parse_days
from app.services.analytics.money import MoneyQuery, ShowMoney
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.today import ShowToday, TodayQuery
from app.services.costs import CostChange, NewCost, SetCostPrice, UndoCost
from app.services.tenancy.roles import Deed
from app.services.warehouse.transit import DayQuery, ShowDaySide


def setup() -> Router:
    router = Router(name="money")
    router.message.register(today, Command("today"), flags={"deed": Deed.TODAY})
    router.callback_query.register(today, TodayCall.filter(), flags={"deed": Deed.TODAY})
    router.message.register(pnl, Command("pnl"), flags={"deed": Deed.PNL})
    router.callback_query.register(pnl_again, PnlCall.filter(), flags={"deed": Deed.PNL})
    router.message.register(money, Command("money"), flags={"deed": Deed.MONEY})
    router.callback_query.register(money, MoneyCall.filter(), flags={"deed": Deed.MONEY})
    router.message.register(set_cost, Command("cost"), flags={"deed": Deed.COST})
    router.callback_query.register(undo_cost, CostUndoCall.filter(), flags={"deed": Deed.COST})
    return router


async def today(event: Message | CallbackQuery, desk: Desk) -> None:
    report = await desk.run(ShowToday, TodayQuery())
    side = await desk.run(ShowDaySide, DayQuery(sku_ids=tuple(each.sku_id for each in report.ending)))
    await desk.show(event, views.today(report, side))


async def pnl(message: Message, command: CommandObject, desk: Desk) -> None:
    report = await desk.run(ShowPnl, PnlQuery(days=parse_days(command.args)))
    await desk.show(message, views.pnl(report))


async def pnl_again(tap: CallbackQuery, callback_data: PnlCall, desk: Desk) -> None:
    report = await desk.run(ShowPnl, PnlQuery(days=parse_days(str(callback_data.days))))
    await desk.show(tap, views.pnl(report, exact=callback_data.exact))


async def money(event: Message | CallbackQuery, desk: Desk) -> None:
    await desk.show(event, views.money(await desk.run(ShowMoney, MoneyQuery())))


async def set_cost(message: Message, command: CommandObject, desk: Desk) -> None:
    said = parse_cost(command.args, desk.today)
    done = await desk.run(SetCostPrice, NewCost(article=said.article, price=said.price, since=said.since))
    await desk.show(message, views.cost_set(done))


async def undo_cost(tap: CallbackQuery, callback_data: CostUndoCall, desk: Desk) -> None:
    done = await desk.run(UndoCost, CostChange(change_id=callback_data.change))
    await desk.show(tap, views.cost_undone(done))
