"""``ambar admin``: who administers this installation, from the operator's side."""

from typing import Annotated

import typer

from app.core import logging
from app.core.clock import SystemClock
from app.core.config import get_settings
from app.house import open_house
from app.services.tenancy import admins
from app.services.tenancy.registration import new_admin_code

admin = typer.Typer(
    name="admin", help="Администраторы: одноразовый код, список, кого снять.", no_args_is_help=True
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(admin)


@admin.command()
def code() -> None:
    """Выдать одноразовый код администратора (на сутки; прежние неиспользованные перестают действовать)."""
    logging.configure("WARNING")
    with open_house(get_settings()) as house, house.db.platform() as tx:
        made = new_admin_code(tx, SystemClock().now())
    typer.echo(f"Напишите боту: /start {made}  (код одноразовый, на сутки)")


@admin.command("list")
def show() -> None:
    """Кто администратор."""
    logging.configure("WARNING")
    with open_house(get_settings()) as house, house.db.platform() as tx:
        found = admins.list_admins(tx)
    for each in found:
        typer.echo(f"{each.telegram_id}  {each.name}")
    if not found:
        typer.echo("Администраторов нет. Назначить первого: ./ambar admin code")


@admin.command()
def remove(telegram_id: Annotated[int, typer.Argument(help="Номер из ./ambar admin list.")]) -> None:
    """Снять администратора. Его организации и роли в них остаются."""
    logging.configure("WARNING")
    with open_house(get_settings()) as house, house.db.platform() as tx:
        gone = admins.remove_admin(tx, telegram_id)
    typer.echo(f"{gone.name} больше не администратор.")
