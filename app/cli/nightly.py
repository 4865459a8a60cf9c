"""``ambar nightly | backfill | recalc``: what the night does, by hand, with progress; resumed if stopped."""

import os
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from app.cli.bars import bars
from app.cli.keys import tell_new_key
from app.core import logging
from app.core.config import get_settings
from app.core.errors import BadInput
from app.core.trace import new_trace
from app.db.session import Database
from app.house import open_house
from app.repositories.tenants import own_tenant
from app.scheduler.jobs import tenants
from app.services.ingestion.backfill import backfill_name
from app.services.ingestion.forecast import told
from app.services.names import SOURCE_NAMES, source_name
from app.services.night import NightReport, policy_of
from app.services.recalc_metrics import recalc_metrics
from app.services.warehouse.orders_from_postings import has_shelf, open_orders, summary

DAY = "%Y-%m-%d"
NOBODY = "Организаций пока нет: напишите боту /start и подключите кабинет."

Day = Annotated[datetime | None, typer.Option(formats=[DAY], help="День, ГГГГ-ММ-ДД.")]


def register(cli: typer.Typer) -> None:
    for command in (nightly, backfill, recalc):
        cli.command(command.__name__)(command)


def nightly(
    date: Day = None,
    believe: Annotated[
        list[str] | None,
        typer.Option(
            help="Поверить источнику (wb.stock), ответ которого стёр бы почти всё; можно несколько."
        ),
    ] = None,
) -> None:
    """Собрать данные всех организаций за день (по умолчанию вчера) и пересчитать."""
    unknown = sorted(set(believe or ()) - SOURCE_NAMES.keys())
    if unknown:
        raise BadInput(
            f"Нет такого источника: {', '.join(unknown)}. Есть: {', '.join(sorted(SOURCE_NAMES))}."
        )
    _collect(date.date() if date else None, None, frozenset(believe or ()))


def backfill(
    days: Annotated[int, typer.Option(min=1, max=1500, help="За сколько дней поднять историю.")] = 400,
) -> None:
    """Поднять историю за много дней. Прерванное продолжается с того же места."""
    _collect(None, days)


def recalc(
    d_from: Annotated[datetime, typer.Option("--from", formats=[DAY], help="С какого дня, ГГГГ-ММ-ДД.")],
    d_to: Annotated[datetime | None, typer.Option("--to", formats=[DAY], help="По какой день.")] = None,
) -> None:
    """Пересчитать показатели за период по уже собранным данным."""
    console = Console()
    settings = get_settings()
    logging.configure("WARNING")
    with open_house(settings, on_new_key=tell_new_key) as house:
        last = d_to.date() if d_to else house.night.yesterday()
        first = d_from.date()
        if first > last:
            raise BadInput(f"Начало {first:%d.%m.%Y} позже конца {last:%d.%m.%Y}.")
        everybody = tenants(house.db)
        if not everybody:
            console.print(NOBODY)
        for tenant_id in everybody:
            with bars(console) as progress, house.db.tenant(tenant_id, statement_timeout_ms=0) as tx:
                done = recalc_metrics(
                    tx, first, last, trace_id=new_trace(), policy=policy_of(settings), progress=progress
                )
            console.print(
                f"{_named(house.db, tenant_id)}: дней {len(done.sku_count)}, "
                f"изменилось строк {done.count.written}.",
                highlight=False,
            )


def _collect(d: date | None, days: int | None, believed: frozenset[str] = frozenset()) -> None:
    console = Console()
    settings = get_settings()
    logging.configure("WARNING")
    with open_house(settings, on_new_key=tell_new_key) as house:
        day = d or house.night.yesterday()
        if day > house.night.yesterday():
            raise BadInput(f"{day:%d.%m.%Y} ещё не закончился: данные за него будут завтра ночью.")
        if days and day - timedelta(days=days) < date(2015, 1, 1):
            raise BadInput("Так далеко истории нет ни у кого.")
        everybody = tenants(house.db)
        if not everybody:
            console.print(NOBODY)
        zone, now = ZoneInfo(settings.app_timezone), house.gateway.wall_clock.now
        orders = open_orders(house.db, settings.day_timezone)
        for tenant_id in everybody:
            trace, last, who = new_trace(), day, _named(house.db, tenant_id)
            if days:
                trace, last = backfill_name(house.db, tenant_id, days, day, house.clock.now())
                finish = house.night.forecast(tenant_id, last, trace, days)
                if finish is not None:
                    console.print(f"{who}. {told(finish, now(), zone)}.", highlight=False)
            with bars(console) as progress:
                report = house.night.run(
                    tenant_id, last, trace, progress, days=days, believed=believed, hand=f":{os.getpid()}"
                )
            house.teller.night(report)
            console.print(_told(who, report, now(), zone), highlight=False)
            if has_shelf(house.db, tenant_id):
                console.print(summary(orders(tenant_id, last)), highlight=False)


def _named(db: Database, tenant_id: int) -> str:
    """As /admin names it: a number alone tells an operator nothing."""
    with db.tenant(tenant_id) as tx:
        return f"«{own_tenant(tx).name}» №{tenant_id}"


def _told(who: str, report: NightReport, now: datetime, zone: ZoneInfo) -> str:
    lines = [f"{who}, {report.d:%d.%m.%Y}: изменилось строк {report.written}."]
    lines += [f"  {source_name(name)}: {error}" for name, error in report.errors.items()]
    lines += [f"  {source_name(name)}: {why}" for name, why in report.closed.items()]
    lines += [f"  {done.note}" for done in report.sources.values() if done.is_busy]
    if report.wait_until and not report.is_busy:
        again = report.wait_until.astimezone(zone)
        lines.append(f"  Часть данных площадка отдаст позже: повторите после {again:%H:%M}.")
    if report.finish_at:
        lines.append(f"  {told(report.finish_at, now, zone)}, если повторять вовремя.")
    return "\n".join(lines)
