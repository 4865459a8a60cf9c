"""``ambar ledger``: the stock ledger proves itself, its periods are closed, an old one is taken over."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from app.cli import shelf
from app.core import logging
from app.core.config import get_settings
from app.core.errors import NotFound
from app.db.session import TenantTx
from app.house import open_door
from app.services.ledger.night import open_keeper
from app.services.ledger.period import close_period, open_period
from app.services.ledger.take_over import take_over
from app.services.ledger.tenants import tenants_asked
from app.services.ledger.verify import rebuild_ledger, verify_ledger

ledger = typer.Typer(
    name="ledger",
    help="Складская книга: остатки, отпуск, сверка, закрытие периодов, загрузка старой.",
    no_args_is_help=True,
)
ORG = typer.Option("--org", help="Номер организации; без него — все.")
DAY = "%Y-%m-%d"
THIS_ORG = typer.Option("--org", help="Номер организации.")


def register(cli: typer.Typer) -> None:
    cli.add_typer(ledger)


for _command in (shelf.stock, shelf.outbound):
    ledger.command()(_command)


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
def keep(org: Annotated[int | None, ORG] = None) -> None:
    """То же, что каждую ночь: снять истёкшие резервы, опечатать прошедшие дни, сверить."""
    logging.configure("WARNING")
    found = 0
    settings = get_settings()
    with open_door(settings) as door:
        keeper = open_keeper(door.db, settings.day_timezone)
        for tenant_id in tenants_asked(door.db, org):
            kept = keeper(tenant_id)
            found += len(kept.proof.faults)
            typer.echo(
                f"Организация {tenant_id}: снято резервов {kept.released}, опечатано дней {kept.sealed}, "
                f"{'не сходится' if kept.proof.faults else 'сходится'}."
            )
    sys.exit(int(found > 0))


@ledger.command("close")
def close(
    day: Annotated[datetime, typer.Argument(formats=[DAY], help="Первый день, который остаётся открытым.")],
    org: Annotated[int, THIS_ORG],
) -> None:
    """Закрыть период: движений раньше этого дня больше не внести."""
    _move(org, day.date(), lambda tx, zone: close_period(tx, day.date(), zone), "закрыто всё раньше")


@ledger.command("open")
def reopen(
    org: Annotated[int, THIS_ORG],
    day: Annotated[
        datetime | None, typer.Argument(formats=[DAY], help="С какого дня; без него — все периоды.")
    ] = None,
) -> None:
    """Открыть период снова. Кто и когда — останется в журнале изменений."""
    first = day.date() if day else None
    _move(org, first, lambda tx, zone: open_period(tx, first, zone), "открыто всё с")


def _move(org: int, day: date | None, work: Callable[[TenantTx, ZoneInfo], bool], said: str) -> None:
    settings = get_settings()
    logging.configure("WARNING")
    with open_door(settings) as door:
        tenants_asked(door.db, org)
        with door.db.tenant(org) as tx:
            changed = work(tx, ZoneInfo(settings.day_timezone))
    what = f"{said} {day:%d.%m.%Y}" if day else "открыты все периоды"
    typer.echo(f"Организация {org}: {what}." if changed else "Так уже и было, ничего не изменилось.")


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
