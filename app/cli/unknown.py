"""``ambar unknown``: words of the marketplaces that the programme has no meaning for."""

from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.core import logging
from app.core.config import get_settings
from app.house import open_door
from app.services.names import source_name
from app.services.unknown import KIND_NAMES, TenantsUnknown, list_unknown


def register(cli: typer.Typer) -> None:
    cli.command("unknown")(unknown)


def unknown() -> None:
    """Показать незнакомые слова площадок (операции, статусы, склады) и деньги под ними."""
    settings = get_settings()
    logging.configure("WARNING")
    with open_door(settings) as door:
        found = list_unknown(door.db)
    if not found:
        typer.echo("Незнакомых слов нет.")
        return
    Console().print(_table(found, ZoneInfo(settings.app_timezone)))


def _table(found: list[TenantsUnknown], zone: ZoneInfo) -> Table:
    titles = ("Организация", "Источник", "Что", "Слово", "Строк", "Сумма", "Впервые", "Последний раз")
    table = Table(*titles, box=None, pad_edge=False)
    for each in found:
        for word in each.words:
            table.add_row(
                f"{each.tenant_id} {escape(each.organisation)}",
                source_name(word.source),
                KIND_NAMES[word.kind],
                escape(word.value),
                str(word.rows),
                f"{word.amount} {word.currency}".strip(),
                f"{word.first_seen.astimezone(zone):%d.%m.%Y}",
                f"{word.last_seen.astimezone(zone):%d.%m.%Y}",
            )
    return table
