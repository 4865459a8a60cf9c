"""``ambar doctor | housekeep``: is all well, and the house's own cleaning by hand."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from app.core import logging
from app.core.clock import SystemClock
from app.core.config import Settings, get_settings
from app.core.errors import AmbarError, NotNow
from app.core.master_key import KeyFiles
from app.core.paths import cluster_dir, data_dir, master_key_file, old_key_file
from app.db.embedded import EmbeddedServer
from app.db.install import Urls, embedded_urls
from app.house import open_house
from app.services.doctor.examine import examine_database, examine_house
from app.services.doctor.finding import Finding, House, Level, bad
from app.services.housekeeping import Housekeeper, in_words

MARKS = {Level.OK: "  хорошо ", Level.WARN: "ВНИМАНИЕ ", Level.BAD: "   ПЛОХО "}


def register(cli: typer.Typer) -> None:
    for command in (doctor, housekeep):
        cli.command(command.__name__)(command)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Для программ: список JSON.")] = False,
) -> None:
    """Проверить установку: версии, базу, стены, ключи, место, очереди. Код 1, если что-то плохо."""
    logging.configure("ERROR")
    findings = _examine(get_settings())
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in findings], ensure_ascii=False, indent=1))
    else:
        for each in findings:
            typer.echo(f"{MARKS[each.level]} {each.said}")
            if each.remedy and each.level is not Level.OK:
                typer.echo(f"          что делать: {each.remedy}")
        typer.echo(_in_all(findings))
    sys.exit(int(any(each.level is Level.BAD for each in findings)))


def housekeep() -> None:
    """Ночная уборка сейчас: месяцы таблиц вперёд, старые ответы площадок и отжившие записи прочь."""
    settings = get_settings()
    logging.configure("WARNING")
    with open_house(settings) as house:
        cleaner = Housekeeper(db=house.db, clock=SystemClock(), raw_keep_months=settings.raw_keep_months)
        done = cleaner()
    typer.echo(in_words(done))
    if done.left:
        raise NotNow(f"Не закончено: {', '.join(done.left)}. Повторите, когда ночной сбор не идёт.")


def _examine(settings: Settings) -> list[Finding]:
    """A database that is not there, or not ready, is a finding like any other."""
    data = data_dir(settings.ambar_data)
    current = master_key_file(settings.master_key_file, data)
    keys = KeyFiles(current, old_key_file(settings.master_key_old_file, current))
    patient = House(settings=settings, data=data, keys=keys)
    found = examine_house(patient)
    if settings.database_url:
        urls = Urls(app=settings.database_url, admin=settings.admin_database_url or settings.database_url)
        return found + examine_database(patient, urls, is_embedded=False)
    try:
        with EmbeddedServer(cluster_dir(data)) as server:
            return found + examine_database(patient, embedded_urls(server), is_embedded=True)
    except AmbarError as error:
        return [*found, bad(str(error), f"подробности: {cluster_dir(data)}")]


def _in_all(findings: list[Finding]) -> str:
    counts = {level: sum(1 for each in findings if each.level is level) for level in Level}
    if counts[Level.BAD]:
        return f"Плохо: {counts[Level.BAD]}, внимание: {counts[Level.WARN]}."
    if counts[Level.WARN]:
        return f"Работает; внимание: {counts[Level.WARN]}."
    return "Всё хорошо."
