"""/status, /recalc, and how a job is getting on."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import JobCall, StatusCall
from app.bot.desk import Desk, pause
from app.bot.parse import parse_period
from app.bot.views.job import is_over
from app.services.analytics.reports import JobView
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.jobs import JobQuery, RecalcOrder, RequestRecalc, ShowJob
from app.services.tenancy.roles import Deed

LOOK_EVERY = 1.5
LOOKS = 600
"""A quarter of an hour; then «Обновить» is left, which starts the watching again."""


def setup() -> Router:
    router = Router(name="house")
    router.message.register(status, Command("status"), flags={"deed": Deed.STATUS})
    router.callback_query.register(status, StatusCall.filter(), flags={"deed": Deed.STATUS})
    router.message.register(recalc, Command("recalc"), flags={"deed": Deed.RECALC})
    router.callback_query.register(job_again, JobCall.filter(), flags={"deed": Deed.RECALC})
    return router


async def status(event: Message | CallbackQuery, desk: Desk) -> None:
    await desk.show(event, views.status(await desk.run(ShowStatus, StatusQuery())))


async def recalc(message: Message, command: CommandObject, desk: Desk) -> None:
    d_from, d_to = parse_period(command.args, desk.today)
    await follow(desk, message, await desk.run(RequestRecalc, RecalcOrder(d_from=d_from, d_to=d_to)))


async def job_again(tap: CallbackQuery, callback_data: JobCall, desk: Desk) -> None:
    await follow(desk, tap, await desk.run(ShowJob, JobQuery(job_id=callback_data.job)))


async def follow(desk: Desk, event: Message | CallbackQuery, view: JobView) -> None:
    """Show a job and keep its message current beside the handlers, until it is over."""
    anchor = await desk.show(event, views.job(view))
    if anchor is not None and not is_over(view):
        desk.office.running.watch((anchor.chat.id, anchor.message_id), _keep_current(desk, anchor, view))


async def _keep_current(desk: Desk, anchor: Message, shown: JobView) -> None:
    for _ in range(LOOKS):
        await pause(LOOK_EVERY)
        view = await desk.run(ShowJob, JobQuery(job_id=shown.job_id))
        if views.job(view) != views.job(shown):
            await desk.redraw(anchor, views.job(view))
            shown = view
        if is_over(view):
            return
