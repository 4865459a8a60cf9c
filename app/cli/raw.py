"""``ambar renormalise``: facts anew from the replies that are kept, without asking the marketplaces."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console

from app.cli.bars import bars
from app.cli.keys import tell_new_key
from app.core import logging
from app.core.clock import SystemClock
from app.core.config import get_settings
from app.core.errors import BadInput, NotFound
from app.core.trace import new_trace
from app.house import open_house
from app.scheduler.jobs import tenants
from app.services.ingestion.last_word import Span
from app.services.names import source_name
from app.services.renormalise import Asked, Renormalise, Renormalised

DAY = "%Y-%m-%d"
LEFT = ", их строки оставлены как были."
NOTHING = "Пересобирать нечего: такой организации, кабинета или источника нет."

Day = datetime | None


def register(cli: typer.Typer) -> None:
    cli.command("renormalise")(renormalise)


def renormalise(
    source: Annotated[str | None, typer.Option(help="Только этот источник, например wb.finance.")] = None,
    d_from: Annotated[Day, typer.Option("--from", formats=[DAY], help="С какого дня, ГГГГ-ММ-ДД.")] = None,
    d_to: Annotated[Day, typer.Option("--to", formats=[DAY], help="По какой день.")] = None,
    cabinet: Annotated[int | None, typer.Option(help="Только этот кабинет (номер).")] = None,
) -> None:
    """Собрать учёт заново из сохранённых ответов площадок. Прерванное — повторить: лишнего не запишет."""
    span = Span(d_from.date() if d_from else date.min, d_to.date() if d_to else date.max)
    if span.first > span.last:
        raise BadInput(f"Начало {span.first:%d.%m.%Y} позже конца {span.last:%d.%m.%Y}.")
    console, settings = Console(), get_settings()
    logging.configure("WARNING")
    with open_house(settings, on_new_key=tell_new_key) as house:
        rebuild = Renormalise(db=house.db, settings=settings, clock=house.clock, wall_clock=SystemClock())
        asked = Asked(source=source, span=span, account_id=cabinet)
        found = False
        for tenant_id in tenants(house.db):
            with bars(console) as progress:
                done = rebuild(tenant_id, asked, new_trace(), progress)
            if done.sources:
                found = True
                console.print(told(tenant_id, done), highlight=False)
        if not found:
            raise NotFound(NOTHING)


def told(tenant_id: int, done: Renormalised) -> str:
    """What became of a tenant's facts, in Russian."""
    count = done.count
    lines = [
        f"Организация {tenant_id}: строк добавлено {count.inserted}, изменено {count.changed}, "
        f"удалено {count.deleted}, без изменений {count.unchanged}."
    ]
    if done.refreshed:
        lines.append(f"  Пересчёт: изменилось строк {done.refreshed.written}.")
    for each in done.sources:
        name = source_name(each.source)
        if each.gone:
            lines.append(
                f"  {name}: ответы уже не хранятся (порций: {each.gone}), их строки оставлены как были."
            )
        if each.unread:
            lines.append(
                f"  {name}: ответы не читаются (порций: {each.unread}), их строки оставлены как были."
            )
    return "\n".join(lines)
