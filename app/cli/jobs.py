"""``ambar jobs``: the line of work from the operator's side, and the messages that were never told."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.core import logging
from app.core.clock import SystemClock
from app.core.config import get_settings
from app.core.errors import BadInput, NotFound
from app.core.trace import Actor, acting
from app.db.session import Database
from app.house import open_door
from app.queue import board
from app.queue.board import BoardJob
from app.queue.outbox import PostgresOutbox
from app.queue.port import UntoldEvent
from app.queue.postgres import PostgresQueue
from app.queue.states import State
from app.services.job_board import JobDesk, everybodys_board
from app.services.names import job_name

OPERATOR = Actor(None, "командная строка")

STATE_NAMES = {
    State.DOING: "идёт",
    State.TODO: "ждёт",
    State.FAILED: "не удалась",
    State.DONE: "готова",
    State.DLQ_PENDING: "не удалась",
    State.DLQ_RECORDED: "не удалась",
}

COUNTED = {State.DOING: "идут", State.TODO: "ждут", State.FAILED: "не удались", State.DONE: "готовы"}

NUMBER = typer.Argument(help="Номер задачи.")


def register(cli: typer.Typer) -> None:
    jobs = typer.Typer(
        help="Задачи: что идёт, ждёт, не удалось; повторить или убрать; неотправленные сообщения.",
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    jobs.callback()(overview)
    for command in (show, requeue, drop, outbox, resend):
        jobs.command(command.__name__)(command)
    cli.add_typer(jobs, name="jobs")


def overview(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help="Сколько задач каждого состояния показать.")
    ] = 20,
) -> None:
    """Задачи: что идёт, ждёт, не удалось; повторить или убрать; неотправленные сообщения."""
    if context.invoked_subcommand is not None:
        return
    with _door() as (db, zone), db.platform() as tx:
        shown = everybodys_board(tx, limit)
        given_up = len(_outbox().list(tx, given_up=True, limit=limit))
    console = Console()
    counts = ", ".join(f"{name}: {shown.counts.get(state, 0)}" for state, name in COUNTED.items())
    console.print(f"Задачи — {counts}.", highlight=False)
    listed = [*shown.running, *shown.waiting, *shown.failed]
    if listed:
        console.print(_table(listed, zone))
    if shown.failed:
        console.print(
            "Повторить: ./ambar jobs requeue НОМЕР, убрать: ./ambar jobs drop НОМЕР", highlight=False
        )
    if given_up:
        console.print(
            f"Сообщений, которые так и не отправились: {given_up}. Список: ./ambar jobs outbox",
            highlight=False,
        )


def show(number: Annotated[int, NUMBER]) -> None:
    """Показать одну задачу целиком."""
    with _door() as (db, zone), db.platform() as tx:
        job = board.job(tx, number)
    if job is None:
        raise NotFound(f"Задачи {number} нет.")
    summary = (job.result or {}).get("summary", "")
    console = Console()
    for label, value in (
        ("Задача", f"{job.id} · {job_name(job.job_type)} · {STATE_NAMES[job.state]}"),
        ("Организация", job.organisation or "– (служебная)"),
        ("Попытка", f"{job.attempt} из {job.max_attempt}"),
        ("Создана", _moment(job.created_at, zone)),
        ("Не раньше" if job.state is State.TODO else "Срок", _moment(job.run_at, zone)),
        ("Закончена", _moment(job.finished_at, zone)),
        ("Сделано", _progress(job)),
        ("Итог", summary),
        ("Ошибка", job.error or ""),
        ("След в журнале", job.trace_id),
    ):
        if value:
            console.print(f"{label + ':':<16} {value}", highlight=False, markup=False)


def requeue(number: Annotated[int, NUMBER]) -> None:
    """Вернуть провалившуюся задачу в очередь под её же номером."""
    with _door() as (db, _), db.platform() as tx:
        _desk().requeue(tx, number, None)
    typer.echo(f"Задача {number} снова в очереди.")


def drop(number: Annotated[int, NUMBER]) -> None:
    """Убрать провалившуюся задачу из списка: повторять её не нужно."""
    with _door() as (db, _), db.platform() as tx:
        _desk().drop(tx, number, None)
    typer.echo(f"Задача {number} убрана.")


def outbox(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Сколько строк показать.")] = 50,
    waiting: Annotated[bool, typer.Option("--waiting", help="Те, что ещё ждут отправки.")] = False,
) -> None:
    """Сообщения, которые так и не удалось отправить (с --waiting — те, что ещё ждут)."""
    with _door() as (db, zone), db.platform() as tx:
        events = _outbox().list(tx, given_up=not waiting, limit=limit)
    if not events:
        typer.echo("Ничего не ждёт отправки." if waiting else "Таких сообщений нет.")
        return
    console = Console()
    console.print(_events(events, zone))
    if not waiting:
        console.print("Отправить заново: ./ambar jobs resend НОМЕР … или --all", highlight=False)


def resend(
    numbers: Annotated[list[int] | None, typer.Argument(help="Номера сообщений.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Все, от которых отказались.")] = False,
) -> None:
    """Попробовать отправить заново то, от чего отказались после всех попыток."""
    if bool(numbers) == everything:
        raise BadInput("Назовите номера сообщений или добавьте --all.")
    with _door() as (db, _), db.platform() as tx:
        letters = _outbox()
        ids = numbers or [each.id for each in letters.list(tx, given_up=True, limit=100_000)]
        again = letters.retry(tx, ids)
    typer.echo(f"Снова на отправку: {again}.")


@contextmanager
def _door() -> Iterator[tuple[Database, ZoneInfo]]:
    settings = get_settings()
    logging.configure("WARNING")
    with open_door(settings) as door, acting(OPERATOR):
        yield door.db, ZoneInfo(settings.app_timezone)


def _desk() -> JobDesk:
    return JobDesk(PostgresQueue(clock=SystemClock()))


def _outbox() -> PostgresOutbox:
    return PostgresOutbox(clock=SystemClock())


def _table(jobs: list[BoardJob], zone: ZoneInfo) -> Table:
    table = Table(
        "Номер",
        "Состояние",
        "Задача",
        "Организация",
        "Попытка",
        "Когда",
        "Что с ней",
        box=None,
        pad_edge=False,
    )
    for job in jobs:
        when = job.finished_at if job.state is State.FAILED else job.run_at
        table.add_row(
            str(job.id),
            STATE_NAMES[job.state],
            job_name(job.job_type),
            escape(job.organisation) or "–",
            f"{job.attempt}/{job.max_attempt}",
            _moment(when, zone),
            _progress(job) if job.state is State.DOING else escape(job.error or ""),
        )
    return table


def _events(events: Sequence[UntoldEvent], zone: ZoneInfo) -> Table:
    table = Table(
        "Номер", "Куда", "Кому", "Организация", "Попыток", "Создано", "Почему", box=None, pad_edge=False
    )
    for event in events:
        table.add_row(
            str(event.id),
            event.topic,
            escape(event.key),
            "–" if event.tenant_id is None else str(event.tenant_id),
            str(event.attempts),
            _moment(event.created_at, zone),
            escape(event.error or ""),
        )
    return table


def _progress(job: BoardJob) -> str:
    done = job.progress
    return f"{done.stage} {done.done} из {done.total}" if done else ""


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%d.%m.%Y %H:%M}"
