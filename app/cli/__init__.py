"""The command line: every command a thin shell over the same services that the bot uses."""

import sys

import typer
from sqlalchemy.exc import DBAPIError, OperationalError

from app.cli import (
    admin,
    data,
    demo,
    doctor,
    dw,
    jobs,
    keys,
    ledger,
    nightly,
    processes,
    raw,
    record,
    token,
    unknown,
)
from app.core.errors import AmbarError

NOT_READY = frozenset({"42P01", "42501", "42704", "22023"})
"""No such table, no rights, no such role: the schema has not been brought here yet."""


def build() -> typer.Typer:
    """All commands."""
    cli = typer.Typer(
        name="ambar",
        help="Амбар: учёт и остатки продавца Wildberries и Ozon в Telegram.",
        epilog="Проверить программу целиком: ./ambar test",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    modules = (
        demo,
        processes,
        nightly,
        raw,
        data,
        keys,
        doctor,
        admin,
        token,
        jobs,
        unknown,
        record,
        ledger,
        dw,
    )
    for module in modules:
        module.register(cli)
    return cli


def main() -> None:
    """Run a command; what a person should know ends as one sentence and exit code 1."""
    try:
        build()(prog_name="./ambar")
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
