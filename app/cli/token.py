"""``ambar token``: tokens of the JSON API, from the operator's side."""

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from app.cli.jobs import OPERATOR
from app.core import logging
from app.core.clock import SystemClock
from app.core.config import get_settings
from app.core.trace import acting
from app.house import open_door
from app.services.tenancy.api_tokens import add_token, cut_token, list_tokens
from app.services.tenancy.roles import ROLE_NAMES

token = typer.Typer(
    name="token", help="Токены JSON API: сделать, посмотреть, отозвать.", no_args_is_help=True
)
ORG = typer.Option("--org", help="Номер организации.")
NUMBER = typer.Argument(help="Номер токена из ./ambar token list.")


def register(cli: typer.Typer) -> None:
    cli.add_typer(token)


@token.command()
def make(
    org: Annotated[int, ORG],
    name: Annotated[str, typer.Argument(help="Как называется программа.")],
    role: Annotated[
        str, typer.Option(help="Чьи права у программы: owner, manager, analyst или storekeeper.")
    ] = "storekeeper",
) -> None:
    """Сделать токен. Он показывается один раз: хранится только его отпечаток."""
    logging.configure("WARNING")
    with open_door(get_settings()) as door, acting(OPERATOR), door.db.platform() as tx:
        made = add_token(tx, org, name, role, SystemClock().now())
    typer.echo(made.secret)
    typer.echo(
        f"Токен №{made.id} «{made.name}», роль: {ROLE_NAMES[made.role]}. Второй раз не покажу.", err=True
    )


@token.command("list")
def show(org: Annotated[int, ORG]) -> None:
    """Какие токены действуют и когда ими пользовались."""
    settings = get_settings()
    logging.configure("WARNING")
    with open_door(settings) as door, door.db.platform() as tx:
        found = list_tokens(tx, org)
    zone = ZoneInfo(settings.app_timezone)
    for each in found:
        used = each.last_used_at
        last = f"последний запрос {used.astimezone(zone):%d.%m.%Y %H:%M}" if used else "запросов не было"
        typer.echo(f"№{each.id}  {each.name} — {ROLE_NAMES[each.role]}, …{each.tail}, {last}")
    if not found:
        typer.echo("Токенов нет. Сделать: ./ambar token make")


@token.command()
def revoke(number: Annotated[int, NUMBER], org: Annotated[int, ORG]) -> None:
    """Отозвать токен: программа с ним сразу потеряет доступ."""
    logging.configure("WARNING")
    with open_door(get_settings()) as door, acting(OPERATOR), door.db.platform() as tx:
        name = cut_token(tx, org, number, SystemClock().now())
    typer.echo(f"Токен «{name}» больше не действует.")
