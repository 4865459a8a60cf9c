"""``ambar keys``: the master key, replaced while Ambar works; and what is said at its birth."""

from pathlib import Path
from typing import Annotated

import typer

from app.core import logging
from app.core.config import get_settings
from app.core.errors import Conflict
from app.core.master_key import KeyFiles, name_key, read_key
from app.house import House, open_house
from app.services.keys import RotateKeys, keys_in_use

keys = typer.Typer(
    name="keys", help="Главный ключ: сменить, посмотреть, чем зашифровано.", no_args_is_help=True
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(keys)


@keys.command()
def rotate(
    new: Annotated[Path | None, typer.Option(help="Файл нового ключа; по умолчанию создаётся.")] = None,
    prepare: Annotated[
        bool,
        typer.Option(help="Только положить новый ключ рядом с прежним; перешифровать — следующим запуском."),
    ] = False,
) -> None:
    """Сменить главный ключ и перешифровать им токены. Амбар при этом работает; прерванное — повторить."""
    logging.configure("WARNING")
    with open_house(get_settings(), on_new_key=tell_new_key) as house:
        rotation = RotateKeys(db=house.db, files=_files(house))
        key = read_key(new) if new else None
        if prepare:
            typer.echo(
                f"Новый ключ {rotation.prepare(key)} на месте, прежний лежит рядом: {_files(house).old}"
            )
            typer.echo("Если ключ службам даёт systemd, перезапустите их; затем: ./ambar keys rotate")
            return
        done = rotation(key, lambda count: typer.echo(f"Перешифровано токенов: {count}", err=True))
    typer.echo(f"Главный ключ теперь {done.key_id}, перешифровано токенов: {done.resealed}.")
    for lost in done.unopened:
        typer.echo(
            f"Не открылся: организация {lost.tenant_id}, {lost.name} (ключ {lost.key_id}). "
            "Подключите этот кабинет заново."
        )
    if done.retired:
        typer.echo(
            f"Прежний ключ: {done.retired}. Сохраните копию нового и, если ./ambar keys status не показывает "
            f"прежнего, уничтожьте его: shred -u {done.retired}"
        )
    typer.echo("Старым копиям базы нужен прежний ключ: держите его с ними, пока держите их.")


@keys.command()
def status() -> None:
    """Сколько токенов каким ключом зашифровано."""
    logging.configure("WARNING")
    with open_house(get_settings(), on_new_key=tell_new_key) as house:
        files = _files(house)
        used = keys_in_use(house.db, files)
    typer.echo(f"Главный ключ {used.current}: токенов {used.sealed.get(used.current, 0)} ({files.current})")
    for key_id, count in sorted(used.sealed.items()):
        if key_id == used.current:
            continue
        where = "ключа нет ни в одном файле" if key_id in used.lost else "прежний ключ"
        typer.echo(f"{key_id}: токенов {count}, {where}")
    if used.old:
        typer.echo("Смена ключа не закончена: ./ambar keys rotate")
    for path in _retired(files):
        if name_key(read_key(path)) not in used.sealed:
            typer.echo(f"{path} больше ничего не открывает, кроме старых копий базы.")


def tell_new_key(path: Path) -> None:
    """The one file besides the database that must not be lost."""
    typer.echo(
        f"Создан главный ключ {path}: им зашифрованы токены кабинетов. "
        "Сохраните его отдельно от базы — без него токены не открыть."
    )


def _files(house: House) -> KeyFiles:
    if house.vault.files is None:
        raise Conflict("Главный ключ этой установки лежит не в файле.")
    return house.vault.files


def _retired(files: KeyFiles) -> list[Path]:
    """Files named by a key's id, beside the current one."""
    beside = files.current.parent.glob(f"{files.current.name}.*")
    return sorted(path for path in beside if len(path.suffix) == 13 and path != files.old)
