"""The line of jobs, and the news of one that ended."""

from app.bot import formats
from app.bot.callbacks import JobDropCall, JobRequeueCall, JobsCall, PnlCall
from app.bot.screen import Block, Bold, Key, Line, Moment, Screen, key, line, text
from app.core.document import Document
from app.queue.board import BoardJob
from app.queue.states import State
from app.services.job_board import JobBoard
from app.services.names import job_name

SENTENCE = 200
"""Characters of an error on the board; the whole of it is in the news and in the log."""


def jobs(board: JobBoard) -> Screen:
    """Running, waiting, failed; those that failed with their buttons."""
    everybody = board.organisation is None
    body: list[Block] = []
    for state, title, listed in (
        (State.DOING, "Идут", board.running),
        (State.TODO, "Ждут", board.waiting),
        (State.FAILED, "Не удались", board.failed),
    ):
        count = board.counts.get(state, 0)
        if not count:
            continue
        lines = [line(Bold(f"{title}: {formats.number(count)}"))]
        for each in listed:
            lines += _told(each, everybody=everybody)
        if count > len(listed):
            lines.append(line(f"и ещё {formats.number(count - len(listed))}"))
        body.append(text(*lines))
    if not body:
        body.append(text("Ничего не идёт, не ждёт и не сломалось."))
    return Screen(
        head="Задачи всех организаций" if everybody else "Задачи",
        body=tuple(body),
        keys=(*(decide(each.id) for each in board.failed), (key("Обновить", JobsCall()),)),
    )


def job_news(told: Document) -> Screen:
    """How a job ended, for whoever asked for it: ``told`` is the event's payload."""
    name, number = job_name(str(told["job_type"])), int(told["job_id"])
    whose = [line(str(told["organisation"]))] if told.get("organisation") else []
    body = (text(*whose, *([str(told["words"])] if told["words"] else [])),)
    if told["state"] == State.FAILED:
        return Screen(head=f"Не удалось: {name} · задача {number}", body=body, keys=(decide(number),))
    return Screen(
        head=f"Готово: {name} · задача {number}", body=body, keys=((key("Прибыль", PnlCall(days=7)),),)
    )


def decide(job_id: int) -> tuple[Key, ...]:
    """The two ways on for a job that failed."""
    return (
        key(f"Повторить {job_id}", JobRequeueCall(job=job_id)),
        key(f"Убрать {job_id}", JobDropCall(job=job_id)),
    )


def _told(job: BoardJob, *, everybody: bool) -> list[Line]:
    owner = f" · {job.organisation or 'служебная'}" if everybody else ""
    name = f"{job.id} {job_name(job.job_type)}{owner}"
    if job.state is State.DOING:
        done = job.progress
        far = f": {done.stage} {done.done} из {done.total}" if done and done.total else ""
        return [line(f"▫️ {name}{far}")]
    if job.state is State.TODO:
        tries = f", попытка {job.attempt + 1} из {job.max_attempt}" if job.attempt else ""
        return [line(f"▫️ {name} · не раньше ", Moment(job.run_at), tries)]
    when = [Moment(job.finished_at)] if job.finished_at else []
    return [
        line(f"⚠️ {name} · ", *when),
        line(f"   {formats.clip(job.error or 'причина неизвестна', SENTENCE)}"),
    ]
