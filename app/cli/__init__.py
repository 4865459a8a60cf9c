"""The command line: every command a thin shell over the same services that the bot uses."""

import gc
import sys
from collections.abc import Mapping
from importlib import import_module

import typer
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.errors import AmbarError

COMMANDS: Mapping[str, str] = {
    "demo": "demo",
    "run": "processes",
    "bot": "processes",
    "worker": "processes",
    "scheduler": "processes",
    "relay": "processes",
    "web": "processes",
    "nightly": "nightly",
    "backfill": "nightly",
    "recalc": "nightly",
    "renormalise": "raw",
    "migrate": "data",
    "backup": "data",
    "restore": "data",
    "doctor": "doctor",
    "housekeep": "doctor",
    "unknown": "unknown",
    "record": "record",
    "keys": "keys",
    "admin": "admin",
    "token": "token",
    "jobs": "jobs",
    "ledger": "ledger",
    "dw": "dw",
}
"""The word a person types, and the module of this package that knows it. In the order of the help:
words that are commands themselves, then those with commands of their own."""

NOT_READY = frozenset({"42P01", "42501", "42704", "22023"})
"""No such table, no rights, no such role: the schema has not been brought here yet."""


def build(word: str = "") -> typer.Typer:
    """The command line: all commands, or of the module only that knows ``word``.

    To import what the other commands need would cost every process a second or two of its start.
    """
    cli = typer.Typer(
        name="ambar",
        help="Амбар: учёт и остатки продавца Wildberries и Ozon в Telegram.",
        epilog="Проверить программу целиком: ./ambar test",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    cli.callback()(_group)
    for module in [COMMANDS[word]] if word in COMMANDS else dict.fromkeys(COMMANDS.values()):
        import_module(f"{__name__}.{module}").register(cli)
    return cli


def _group() -> None:
    """Makes a group also of one command, which typer would else take for the whole program."""


def main() -> None:
    """Run a command; what a person should know ends as one sentence and exit code 1."""
    try:
        cli = build(sys.argv[1] if len(sys.argv) > 1 else "")
        gc.freeze()  # the program itself is no garbage, and need not be looked through ever again
        gc.enable()
        cli(prog_name="./ambar")
    except AmbarError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) in NOT_READY:
            print("База не готова: выполните ./ambar migrate", file=sys.stderr)
        elif isinstance(error, OperationalError):
            print(f"База данных недоступна: {error.orig}".strip(), file=sys.stderr)
        else:
            raise
        sys.exit(1)
