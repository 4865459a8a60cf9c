"""``ambar record``: replies of Wildberries recorded with one's own token, for tests and for bug reports."""

import os
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Annotated

import typer

from app.core import logging
from app.core.clock import SystemClock, business_day
from app.core.config import get_settings
from app.core.paths import repo_root
from app.marketplaces.wb.token import read_token
from app.services.names import source_name
from app.services.recording import Planned, Recorder, note

TOKEN_VARIABLE = "AMBAR_RECORD_TOKEN"

Folder = Annotated[
    Path | None, typer.Option("--to", help="Папка записей; по умолчанию cassettes/wb/recorded.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Не спрашивать подтверждения.")]


def register(cli: typer.Typer) -> None:
    cli.command("record")(record)


def record(to: Folder = None, yes: Yes = False) -> None:
    """Записать ответы Wildberries своим токеном: без токена и личных данных. Токен не сохраняется."""
    logging.configure("WARNING")
    settings, clock = get_settings(), SystemClock()
    pasted = os.environ.get(TOKEN_VARIABLE) or typer.prompt("Токен Wildberries", hide_input=True)
    recorder = Recorder(
        token=read_token(pasted, clock.now()),
        address=settings.wb_api_url,
        folder=to or repo_root() / "cassettes" / "wb" / "recorded",
        clock=clock,
        day_timezone=settings.day_timezone,
        pace=settings.api_pace,
    )
    typer.echo(told(recorder.plan()))
    if not yes:
        typer.confirm("Начать", abort=True)
    d = business_day(clock.now(), settings.day_timezone) - timedelta(days=1)
    done = []
    for each in recorder.record(d):
        done.append(each)
        typer.echo(f"{source_name(each.source)}: {each.file.name if each.file else 'пропущено, ' + each.why}")
    (recorder.folder / "README.md").write_text(note(done, recorder.token, clock.now()), "utf-8")
    typer.echo(f"Записано в {recorder.folder}. Суммы и артикулы в записях ваши: решайте сами, кому их дать.")


def told(plan: list[Planned]) -> str:
    """What will be called, and how long it takes at least."""
    lines = [f"Спросим по одному дню, запросов около {sum(each.calls for each in plan)}:"]
    lines += [f"  {source_name(each.source)}: {each.calls}" for each in plan]
    minutes = ceil(sum((each.takes for each in plan), timedelta()) / timedelta(minutes=1))
    lines.append(f"Займёт не меньше {max(1, minutes)} мин: лимиты у площадки малые, мы их держимся.")
    return "\n".join(lines)
