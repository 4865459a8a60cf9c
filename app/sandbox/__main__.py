"""``python -m app.sandbox --port 0 --state FILE``: the sandbox as a process; one line tells its address."""

import argparse
import asyncio
import signal
import sys
from datetime import date
from pathlib import Path

from aiohttp import web

from app.sandbox.server import NO_LIMITS, listen, make_app
from app.sandbox.state import StateFile, WrongState


def main() -> int:
    """Serve until SIGTERM or SIGINT; 2 when the state file does not fit."""
    asked = _arguments()
    state = StateFile(asked.state)
    try:
        world = state.open(asked.seed, asked.skus, asked.days, asked.today)
    except WrongState as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    asyncio.run(_serve(make_app(world, pace=asked.pace, state=state), asked.port))
    return 0


async def _serve(app: web.Application, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner, base_url = await listen(app, port)
    sys.stdout.write(f"listening on {base_url}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="Песочница WB и Ozon.")
    parser.add_argument("--port", type=int, default=0, help="порт на 127.0.0.1, 0 — любой свободный")
    parser.add_argument("--state", type=Path, default=None, help="файл, где песочница помнит свой день")
    parser.add_argument("--seed", type=int, default=None, help="зерно, из которого вырос продавец (7)")
    parser.add_argument("--skus", type=int, default=None, help="сколько артикулов (300)")
    parser.add_argument("--days", type=int, default=None, help="сколько дней истории (90)")
    parser.add_argument("--today", type=date.fromisoformat, default=None, help="первый день, ГГГГ-ММ-ДД")
    parser.add_argument("--pace", type=float, default=NO_LIMITS, help="во сколько раз быстрее идут лимиты")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
