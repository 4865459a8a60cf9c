"""``ambar ledger``: the stock ledger proves itself, balances come back from it, an old one is taken over."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.core import logging
from app.core.clock import SystemClock
from app.core.config import get_settings
from app.core.errors import NotFound
from app.house import open_door
from app.services.ledger.take_over import take_over
from app.services.ledger.tenants import tenants_asked
from app.services.ledger.verify import rebuild_ledger, seal_ledger, verify_ledger

ledger = typer.Typer(
    name="ledger",
    help="Складская книга: проверить, восстановить остатки, загрузить старую.",
    no_args_is_help=True,
)
ORG = typer.Option("--org", help="Номер организации; без него — все.")
THIS_ORG = typer.Option("--org", help="Номер организации.")


def register(cli: typer.Typer) -> None:
    cli.add_typer(ledger)


@ledger.command()
def verify(org: Annotated[int | None, ORG] = None) -> None:
    """Сверить остатки, движения, резервы, документы и печати дней. Код 1, если что-то не сходится."""
    logging.configure("WARNING")
    found = 0
    with open_door(get_settings()) as door:
        for tenant_id in tenants_asked(door.db, org):
            proof = verify_ledger(door.db, tenant_id)
            found += len(proof.faults)
            state = "не сходится" if proof.faults else "сходится"
            typer.echo(f"Организация {tenant_id}: движений {proof.entries}, {state}.")
            for fault in proof.faults:
                typer.echo(f"  {fault.question}: {fault.row}")
    sys.exit(int(found > 0))


@ledger.command()
def rebuild(org: Annotated[int | None, ORG] = None) -> None:
    """Восстановить остатки и резервы из движений."""
    logging.configure("WARNING")
    with open_door(get_settings()) as door:
        for tenant_id in tenants_asked(door.db, org):
            with door.db.tenant(tenant_id, statement_timeout_ms=0) as tx:
                wrong = rebuild_ledger(tx)
            typer.echo(f"Организация {tenant_id}: исправлено строк {wrong}.")


@ledger.command()
def seal(org: Annotated[int | None, ORG] = None) -> None:
    """Опечатать прошедшие дни: после этого переписать их незаметно нельзя."""
    logging.configure("WARNING")
    with open_door(get_settings()) as door:
        for tenant_id in tenants_asked(door.db, org):
            with door.db.tenant(tenant_id, statement_timeout_ms=0) as tx:
                days = seal_ledger(tx, SystemClock())
            typer.echo(f"Организация {tenant_id}: опечатано дней {days}.")


@ledger.command("import")
def take(
    file: Annotated[Path, typer.Argument(help="CSV со столбцами из README.")],
    org: Annotated[int, THIS_ORG],
    warehouse: Annotated[str, typer.Option(help="Код своего склада; нет такого — заведём.")] = "main",
) -> None:
    """Загрузить старую складскую книгу. Тот же файл второй раз ничего не меняет."""
    if not file.is_file():
        raise NotFound(f"Файла {file} нет.")
    logging.configure("WARNING")
    with open_door(get_settings()) as door:
        tenants_asked(door.db, org)
        with door.db.tenant(org, statement_timeout_ms=0) as tx:
            taken = take_over(tx, file.read_bytes(), warehouse)
    typer.echo(f"Загружено движений: {taken}." if taken else "Этот файл уже загружен, ничего не изменилось.")
