"""How a long job is getting on. The job's number is in the button, so it works after any restart."""

from app.bot import formats
from app.bot.callbacks import JobCall, PnlCall
from app.bot.screen import Block, Screen, key, text
from app.services.analytics.reports import JobView

WIDTH = 12
FINISHED = frozenset({"done", "failed"})
HEADS = {
    "todo": "В очереди",
    "doing": "Считаем",
    "done": "Готово",
    "dlq_pending": "Не удалось",
    "dlq_recorded": "Не удалось",
    "failed": "Не удалось",
}


def is_over(view: JobView) -> bool:
    """Nothing more will happen to it."""
    return view.state in FINISHED


def job(view: JobView) -> Screen:
    body: list[Block] = []
    if view.total and view.state != "done":
        done = formats.number(view.done)
        body.append(
            text(bar(view.done, view.total), f"{view.stage} {done} из {formats.number(view.total)}".strip())
        )
    elif view.stage and not is_over(view):
        body.append(text(view.stage))
    if view.summary:
        body.append(text(view.summary))
    if view.error:
        body.append(text(view.error))
    if is_over(view):
        keys = (key("Прибыль", PnlCall(days=7)),)
    else:
        keys = (key("Обновить", JobCall(job=view.job_id)),)
    return Screen(
        head=f"{HEADS.get(view.state, view.state)} · задача {view.job_id}", body=tuple(body), keys=(keys,)
    )


def bar(done: int, total: int) -> str:
    """«▓▓▓▓░░░░░░░░ 33 %»; never full before the end."""
    share = min(1.0, max(0.0, done / total))
    return f"{'▓' * int(share * WIDTH)}{'░' * (WIDTH - int(share * WIDTH))} {int(share * 100)}{formats.NBSP}%"
