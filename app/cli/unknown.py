"""``ambar unknown``: words of the marketplaces that the programme has no meaning for, and a meaning given to
one: the P&L line of an Ozon accrual type."""

from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.bars import bars
from app.cli.keys import tell_new_key
from app.cli.raw import told
from app.core import logging
from app.core.clock import SystemClock
from app.core.config import get_settings
from app.core.errors import BadInput
from app.core.trace import new_trace
from app.house import House, open_door, open_house
from app.scheduler.jobs import tenants
from app.services.accrual_lines import (
    ACCRUALS,
    LINE_WORDS,
    ChosenLine,
    LinePlaced,
    PlaceAccrualType,
    owner_of,
    read_line,
)
from app.services.names import source_name
from app.services.renormalise import Asked, Renormalise
from app.services.unknown import KIND_NAMES, TenantsUnknown, list_unknown


def register(cli: typer.Typer) -> None:
    cli.command("unknown")(unknown)


def unknown(
    cabinet: Annotated[
        int | None, typer.Option(help="Кабинет Ozon (номер), чьи начисления разнести.")
    ] = None,
    type_id: Annotated[int | None, typer.Option("--type", help="Номер вида начислений.")] = None,
    line: Annotated[
        str | None, typer.Option(help="Строка прибыли, например хранение; «по таблице» — отменить выбор.")
    ] = None,
) -> None:
    """Показать незнакомые слова площадок и деньги под ними; выбрать строку прибыли виду начислений Ozon."""
    settings = get_settings()
    logging.configure("WARNING")
    if cabinet is not None and type_id is not None and line is not None:
        order = ChosenLine(account_id=cabinet, type_id=type_id, line=read_line(line))
        with open_house(settings, on_new_key=tell_new_key) as house:
            _place(house, order)
        return
    if (cabinet, type_id, line) != (None, None, None):
        raise BadInput("Чтобы разнести вид начислений, нужны все три: --cabinet, --type и --line.")
    with open_door(settings) as door:
        found = list_unknown(door.db)
    if not found:
        typer.echo("Незнакомых слов нет.")
        return
    Console().print(_table(found, ZoneInfo(settings.app_timezone)))


def _place(house: House, order: ChosenLine) -> None:
    """The choice, then the facts anew by it."""
    console, trace = Console(), new_trace()
    tenant_id = owner_of(house.db, tenants(house.db), order.account_id)
    with house.db.tenant(tenant_id) as tx:
        placed = PlaceAccrualType(now=house.clock.now())(tx, order)
    console.print(said(placed), highlight=False, markup=False)
    rebuild = Renormalise(db=house.db, settings=house.settings, clock=house.clock, wall_clock=SystemClock())
    with bars(console) as progress:
        done = rebuild(tenant_id, Asked(source=ACCRUALS, account_id=order.account_id), trace, progress)
    console.print(told(tenant_id, done), highlight=False)


def said(placed: LinePlaced) -> str:
    """What was chosen, in Russian."""
    before, after = (LINE_WORDS.get(each, "не разнесено") for each in (placed.before, placed.after))
    return f"{placed.cabinet}: «{placed.title}» — {after} (было: {before})."


def _table(found: list[TenantsUnknown], zone: ZoneInfo) -> Table:
    titles = (
        *("Организация", "Кабинет", "Источник", "Что", "Слово"),
        *("Строк", "Сумма", "Впервые", "Последний раз"),
    )
    table = Table(*titles, box=None, pad_edge=False)
    for each in found:
        for word in each.words:
            table.add_row(
                f"{each.tenant_id} {escape(each.organisation)}",
                str(word.account_id),
                source_name(word.source),
                KIND_NAMES[word.kind],
                escape(word.value),
                str(word.rows),
                f"{word.amount} {word.currency}".strip(),
                f"{word.first_seen.astimezone(zone):%d.%m.%Y}",
                f"{word.last_seen.astimezone(zone):%d.%m.%Y}",
            )
    return table
