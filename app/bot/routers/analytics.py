"""/analytics: ABC, the age of goods, what lies, what it is worth; each with its pages."""

from datetime import date

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import AnalyticsCall
from app.bot.desk import Desk
from app.bot.parse_analytics import AnalyticsQuery, parse_analytics
from app.bot.screen import Screen
from app.core.errors import BadInput
from app.services.analytics.abc import AbcQuery, By, ShowAbc
from app.services.analytics.ageing import AgeingQuery, ShowAgeing
from app.services.analytics.slow import ShowSlow, SlowQuery
from app.services.analytics.valuation import ShowValuation, ValuationQuery
from app.services.tenancy.roles import Deed

OLD_BUTTON = "Эта кнопка устарела. Откройте аналитику заново: /analytics"


def setup() -> Router:
    router = Router(name="analytics")
    flags = {"deed": Deed.ANALYTICS}
    router.message.register(analytics, Command("analytics"), flags=flags)
    router.callback_query.register(turned, AnalyticsCall.filter(), flags=flags)
    return router


async def analytics(message: Message, command: CommandObject, desk: Desk) -> None:
    await desk.show(message, await _answer(desk, parse_analytics(command.args, desk.today)))


async def turned(tap: CallbackQuery, callback_data: AnalyticsCall, desk: Desk) -> None:
    await desk.show(tap, await _answer(desk, asked(callback_data)))


def asked(call: AnalyticsCall) -> AnalyticsQuery | None:
    """What a button asks; buttons are ours, but a message may be older than they are."""
    match call.what:
        case "":
            return None
        case "abc":
            by: By = "revenue" if call.by == "revenue" else "profit"
            return AbcQuery(by=by, days=min(max(1, call.days), 730), page=call.page)
        case "age":
            return AgeingQuery(page=call.page)
        case "slow":
            return SlowQuery(days=min(max(1, call.days), 365), page=call.page)
        case "cost":
            return ValuationQuery(d=_day(call.day), unknown=call.by == "unknown", page=call.page)
    raise BadInput(OLD_BUTTON)


async def _answer(desk: Desk, query: AnalyticsQuery | None) -> Screen:
    match query:
        case AbcQuery():
            return views.abc(await desk.run(ShowAbc, query))
        case AgeingQuery():
            return views.ageing(await desk.run(ShowAgeing, query))
        case SlowQuery():
            return views.slow(await desk.run(ShowSlow, query))
        case ValuationQuery():
            return views.valuation(await desk.run(ShowValuation, query))
    return views.analytics()


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise BadInput(OLD_BUTTON) from None
