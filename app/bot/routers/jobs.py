"""/jobs: what runs, waits and failed; a failed job is put back in line or dropped."""

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import JobDropCall, JobRequeueCall, JobsCall
from app.bot.desk import Desk
from app.services.job_board import BoardQuery, JobBoard, JobDesk, ShowBoard, everybodys_board
from app.services.tenancy.roles import Deed

# An administrator's board is of all organisations, so its buttons belong to none; whose job it is that a
# tap is about is asked of the job.
FLAGS = {"deed": Deed.JOBS, "anywhere": True}


def setup() -> Router:
    router = Router(name="jobs")
    router.message.register(jobs, Command("jobs"), flags=FLAGS)
    router.callback_query.register(jobs, JobsCall.filter(), flags=FLAGS)
    router.callback_query.register(requeue, JobRequeueCall.filter(), flags=FLAGS)
    router.callback_query.register(drop, JobDropCall.filter(), flags=FLAGS)
    return router


async def jobs(event: Message | CallbackQuery, desk: Desk) -> None:
    await desk.show(event, views.jobs(await _board(desk)))


async def requeue(tap: CallbackQuery, callback_data: JobRequeueCall, desk: Desk) -> None:
    await desk.platform(_jobs(desk).requeue, callback_data.job, _whose(desk))
    await jobs(tap, desk)


async def drop(tap: CallbackQuery, callback_data: JobDropCall, desk: Desk) -> None:
    await desk.platform(_jobs(desk).drop, callback_data.job, _whose(desk))
    await jobs(tap, desk)


async def _board(desk: Desk) -> JobBoard:
    if desk.known.is_admin:
        return await desk.platform(everybodys_board)
    return await desk.run(ShowBoard, BoardQuery())


def _jobs(desk: Desk) -> JobDesk:
    case: JobDesk = desk.office.cases[JobDesk]
    return case


def _whose(desk: Desk) -> int | None:
    """Whose jobs this person may touch; None is everybody's."""
    return None if desk.known.is_admin else desk.member.tenant_id
