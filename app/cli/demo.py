"""``ambar demo``: an invented shop on an invented marketplace, the real night, the real chat."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from app.cli.bars import bars
from app.core import logging
from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.errors import NotNow
from app.core.paths import demo_data_dir
from app.core.trace import new_trace
from app.house import House, open_house
from app.queue.worker import Worker
from app.repositories.costs import set_points
from app.services.names import PLACES, source_name
from app.services.night import NightReport, policy_of
from app.services.refresh import refresh_derived
from app.services.tenancy.connect import StoreAccount
from app.services.tenancy.people import enrol
from app.services.tenancy.token_check import MarketplaceTokenChecker
from app.services.work import handlers

SELLER_TELEGRAM_ID, SELLER_NAME = 1, "Ольга"
PACE = "1000000"


def register(cli: typer.Typer) -> None:
    cli.command("demo")(demo)


def demo(
    say: Annotated[
        list[str] | None, typer.Option(help="Сказать это боту, показать ответ и выйти. Можно несколько раз.")
    ] = None,
    advance: Annotated[int, typer.Option(min=0, max=60, help="Передвинуть песочницу на столько дней.")] = 0,
    skus: Annotated[int, typer.Option(min=2, max=20_000, help="Сколько артикулов в новой песочнице.")] = 300,
) -> None:
    """Показать всё на выдуманном магазине: ночной сбор, утренний дайджест, чат в терминале."""
    console = Console()
    data = demo_data_dir(Settings().ambar_data)
    data.mkdir(parents=True, exist_ok=True)
    with (data / "log.jsonl").open("a") as log, _sandbox(data, skus) as address:
        logging.configure("INFO", file=log)
        for left in range(advance, 0, -1):
            httpx.post(f"{address}/sandbox/advance", json={"days": 1}).raise_for_status()
            if left > 1:  # the last day's night is the visit below
                _visit(console, data, address, says=None)
        _visit(console, data, address, says=tuple(say or ()))


def _visit(console: Console, data: Path, address: str, says: tuple[str, ...] | None) -> None:
    """One sandbox day: the night, the digest, the chat. ``says`` None: the night only."""
    state = httpx.get(f"{address}/sandbox/state").raise_for_status().json()
    settings = Settings(
        wb_api_url=address + "/wb/{host}",
        ozon_api_url=f"{address}/ozon",
        ozon_performance_api_url=f"{address}/performance",
        api_pace=float(PACE),
        master_key_file=data / "master.key",
    )
    clock = FixedClock(datetime.fromisoformat(state["now"]))
    with open_house(settings, data=data, clock=clock, embedded=True) as house:
        tenant_id = _settle(house, state)
        console.print(f"Песочница: {clock.now():%d.%m.%Y}, ночной сбор…", highlight=False)
        with bars(console) as progress:
            done = house.night.run(tenant_id, house.night.yesterday(), new_trace(), progress)
        _enter_costs(house, tenant_id, address, done)
        console.print(_outcome(done), highlight=False)
        if says is not None:
            _chat(console, house, says)


def _chat(console: Console, house: House, says: tuple[str, ...]) -> None:
    """The digest, then what was asked; a worker stands by for the jobs that the chat asks for."""
    from app.bot.app import BotDeps, open_terminal  # aiogram takes seconds to import: only here

    deps = BotDeps(
        db=house.db,
        settings=house.settings,
        clock=house.clock,
        vault=house.vault,
        checker=MarketplaceTokenChecker(db=house.db, settings=house.settings, clock=house.clock),
        queue=house.queue,
    )
    terminal = open_terminal(deps, SELLER_TELEGRAM_ID, SELLER_NAME, console)
    worker = Worker(house.db, handlers(house.night, house.teller), house.queue.clock, threads=1)
    worker.start()
    try:
        terminal.converse(says or ("/today",))
        if not says:
            console.print("Спросите, например, /help. Число нажимает кнопку, пустая строка — выход.")
            terminal.converse()
    finally:
        worker.stop()
        worker.join(20)


def _settle(house: House, state: dict[str, Any]) -> int:
    """The demo's organisation, person and cabinets, as /start and /connect would have made them."""
    with house.db.platform() as tx:
        tenant_id = tx.run("SELECT min(id) FROM tenant WHERE is_demo").scalar()
        if tenant_id is None:
            tenant_id = tx.run(
                "INSERT INTO tenant (name, is_demo) VALUES ('Домашний лён', true) RETURNING id"
            ).scalar_one()
        enrol(tx, SELLER_TELEGRAM_ID, SELLER_NAME, tenant_id, "owner", is_admin=True)
    checker = MarketplaceTokenChecker(db=house.db, settings=house.settings, clock=house.clock)
    ozon = ("ozon_client_id", "ozon_api_key", "ozon_ads_client_id", "ozon_ads_client_secret")
    keys = {"WB": state["wb_token"], "OZON": " ".join(state[name] for name in ozon)}
    with house.db.tenant(tenant_id) as tx:
        known = set(
            tx.run("SELECT marketplace FROM marketplace_account WHERE tenant_id = :tenant_id").scalars()
        )
    for marketplace, pasted in keys.items():
        if marketplace not in known:
            checked = checker(marketplace, pasted)
            with house.db.tenant(tenant_id) as tx:
                StoreAccount(vault=house.vault)(tx, checked)
    return int(tenant_id)


def _enter_costs(house: House, tenant_id: int, address: str, done: NightReport) -> None:
    """The seller's price list, entered once: the marketplace knows no costs."""
    with house.db.tenant(tenant_id) as tx:
        if tx.run("SELECT EXISTS (SELECT FROM cost_price_history WHERE tenant_id = :tenant_id)").scalar_one():
            return
        listed = httpx.get(f"{address}/sandbox/costs").raise_for_status().json()
        ids = {
            (row.marketplace, row.article, row.id)
            for row in tx.run("SELECT marketplace, article, id FROM sku WHERE tenant_id = :tenant_id")
        }
        prices = {(each["marketplace"].upper(), each["article"]): Decimal(each["cost"]) for each in listed}
        first = tx.run("SELECT min(d) FROM daily_sales WHERE tenant_id = :tenant_id").scalar() or done.d
        points: dict[int, Decimal | None] = {
            sku: prices[(place, article)] for place, article, sku in ids if (place, article) in prices
        }
        set_points(tx, first, points)
    refresh_derived(
        house.db,
        tenant_id,
        done.d,
        policy=policy_of(house.settings),
        trace_id=new_trace(),
        progress=lambda *_: None,
    )


def _outcome(done: NightReport) -> str:
    if done.errors:
        failed = (f"{source_name(name)}: {error}" for name, error in done.errors.items())
        return "Не всё получилось: " + "; ".join(failed)
    if done.written == 0:
        return "Тот же день песочницы: ни одна строка фактов и показателей не изменилась."
    told = Counter[str]()
    for name, each in done.sources.items():
        told[PLACES[name.split(".")[0].upper()]] += each.rows
    came = ", ".join(f"с {place} {_spaced(rows)}" for place, rows in told.items())
    return f"Готово, изменилось строк: {_spaced(done.written)}.\nПришло строк: {came}."


def _spaced(number: int) -> str:
    """As the chat's screens do; theirs come with aiogram, which takes seconds to import."""
    return f"{number:,}".replace(",", " ")


@contextmanager
def _sandbox(data: Path, skus: int) -> Iterator[str]:
    """The marketplace, a process of its own; it ends with us."""
    command = [sys.executable, "-m", "app.sandbox", "--port", "0", "--state", str(data / "sandbox.json")]
    command += ["--pace", PACE, "--skus", str(skus)]
    with (data / "sandbox.log").open("a") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True, env=os.environ
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if "http" not in line:
            raise NotNow(f"Песочница не запустилась, подробности в {data / 'sandbox.log'}.")
        yield line.split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()
            process.wait()
