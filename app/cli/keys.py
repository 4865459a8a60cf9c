"""What is said once, when the master key is made."""

from pathlib import Path

import typer


def tell_new_key(path: Path) -> None:
    """The one file besides the database that must not be lost."""
    typer.echo(
        f"Создан главный ключ {path}: им зашифрованы токены кабинетов. "
        "Сохраните его отдельно от базы — без него токены не открыть."
    )
