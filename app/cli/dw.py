"""``ambar dw``: the warehouse of figures."""

import typer

from app.core import logging
from app.core.config import get_settings
from app.house import open_door
from app.services.dw import in_words, refresh_dw

dw = typer.Typer(name="dw", help="Свод для аналитики: справочники и копия остатков.", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    cli.add_typer(dw)


@dw.callback()
def _group() -> None:
    """Or the only command would stand for the group."""


@dw.command()
def refresh() -> None:
    """Обновить сейчас. Сам он обновляется ночью и после движений склада, не чаще раза в пять минут."""
    logging.configure("WARNING")
    with open_door(get_settings()) as door:
        typer.echo(in_words(refresh_dw(door.db)))
