"""``ambar migrate | backup | restore``: the database as a whole."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.core.config import Settings, get_settings
from app.core.errors import BadInput, Conflict, NotFound
from app.core.paths import backup_note, cluster_dir, data_dir, master_key_file
from app.db.dump import dump, dump_verified, load
from app.db.embedded import EmbeddedServer
from app.db.history import WayBack, go_back, revision_of, revisions, way_back
from app.db.install import describe, embedded_urls
from app.db.install import migrate as migrate_to_head

STAMP = "%Y-%m-%d-%H%M"
OURS = "ambar-????-??-??-????.dump"
"""Copies that ``backup`` named itself, which ``--keep`` counts; a file named by hand is left alone."""

ALWAYS_NEWEST = "Встроенная база обновляется сама при каждом запуске"

Yes = Annotated[bool, typer.Option("--yes", help="Не спрашивать подтверждения.")]


def register(cli: typer.Typer) -> None:
    for command in (migrate, backup, restore):
        cli.command(command.__name__)(command)


def migrate(
    to: Annotated[str | None, typer.Option(help="До какой миграции, например 0001.")] = None,
    back: Annotated[bool, typer.Option("--back", help="На одну миграцию назад.")] = False,
    yes: Yes = False,
) -> None:
    """Создать роли и привести схему базы к последней версии (или к названной)."""
    settings = get_settings()
    if settings.database_url is None and (to or back):
        raise BadInput(f"{ALWAYS_NEWEST}: назад её не вернуть. Верните прежнюю версию Амбара и копию базы.")
    if to is not None and to not in revisions():
        raise BadInput(f"Миграции {to} нет. Есть: {', '.join(revisions())}.")
    with _server(settings) as url:
        if back or (to is not None and _is_behind(to, revision_of(url))):
            _step_back(url, way_back(url, to), yes)
            return
        migrate_to_head(url, to or "head")
        typer.echo(f"Схема обновлена до {revision_of(url)}: {describe(url)}")
    if settings.database_url is None:
        typer.echo(f"{ALWAYS_NEWEST}, эта команда нужна только базе на сервере.")


def _is_behind(to: str, here: str | None) -> bool:
    known = revisions()
    return here in known and known.index(to) < known.index(here)


def _step_back(url: str, way: WayBack, yes: bool) -> None:
    """With a sentence of what is lost, and not without a word."""
    lost = ", ".join(f"{name} ({rows})" for name, rows in way.lost.items() if rows)
    typer.echo(f"База вернётся с {way.revision} на {way.target}. Для этого нужна и прежняя версия Амбара.")
    typer.echo(f"Пропадут таблицы со всеми строками: {lost}." if lost else "Ни одна строка не пропадёт.")
    if not yes:
        typer.confirm("Остановили Амбар и сделали копию (./ambar backup)? Вернуть", abort=True)
    go_back(url, way)
    typer.echo(f"Схема теперь {way.target}.")


def backup(
    where: Annotated[
        Path | None, typer.Argument(help="Файл или папка; по умолчанию ambar-ДАТА.dump здесь.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Сколько последних копий ambar-ДАТА.dump оставить в папке.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Восстановить во временную базу и сравнить каждую строку.")
    ] = False,
) -> None:
    """Сохранить базу в один файл (pg_dump). Главный ключ — отдельно: без него токены не открыть."""
    settings = get_settings()
    now = datetime.now(UTC)
    where = where or Path()
    target = where / f"ambar-{now:{STAMP}}.dump" if where.is_dir() else where
    if keep is not None and target is where:
        raise BadInput("С --keep назовите папку, а не файл: имена копиям даст Амбар.")
    if target.exists():
        raise Conflict(f"Файл {target} уже есть: укажите другое имя.")
    if not target.parent.is_dir():
        raise NotFound(f"Папки {target.parent} нет: создайте её.")
    data = data_dir(settings.ambar_data)
    with _draft(target) as draft, _server(settings) as url:
        rows = 0
        if verify:
            rows = dump_verified(url, draft)
        else:
            dump(url, draft)
        checksum = _checksum(draft)
        _publish(draft, target)
    _note(data, target, now, checksum, verified=verify)
    typer.echo(f"Копия базы: {target} ({target.stat().st_size // 1024} КиБ).")
    typer.echo(f"SHA-256: {checksum}")
    if verify:
        typer.echo(f"Проверена: восстановлена во временную базу, совпали все строки ({rows}) и счётчики.")
    for old in _outlived(target.parent, keep):
        old.unlink()
        typer.echo(f"Удалена старая копия: {old.name}")
    key = master_key_file(settings.master_key_file, data)
    typer.echo(f"Главный ключ в копию не входит, сохраните отдельно: {key}")


def restore(
    file: Annotated[Path, typer.Argument(help="Файл, сделанный командой backup.")],
    replace: Annotated[bool, typer.Option(help="Заменить то, что в базе есть сейчас.")] = False,
) -> None:
    """Вернуть базу из копии. В непустую базу — только с --replace."""
    if not file.is_file():
        raise NotFound(f"Файла {file} нет.")
    with _server(get_settings()) as url:
        load(url, file, replace=replace)
    typer.echo(f"База восстановлена из {file}. Проверьте, всё ли на месте: ./ambar doctor")


@contextmanager
def _server(settings: Settings) -> Iterator[str]:
    """The administrator's URL, the embedded server running meanwhile if it is that."""
    if settings.database_url:
        yield settings.admin_database_url or settings.database_url
        return
    with EmbeddedServer(cluster_dir(data_dir(settings.ambar_data))) as server:
        yield embedded_urls(server).admin


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A file beside the target that only its owner reads: a copy holds everything the database does."""
    for left in target.parent.glob(".ambar-backup-*.part"):  # of a backup that was killed
        if left.stat().st_mtime < (datetime.now(UTC) - timedelta(days=1)).timestamp():
            left.unlink()
    descriptor, name = tempfile.mkstemp(prefix=".ambar-backup-", suffix=".part", dir=target.parent)
    os.close(descriptor)
    draft = Path(name)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, target: Path) -> None:
    """The copy gets its name once it is whole and on the disk; a name that is taken stays as it is."""
    descriptor = os.open(draft, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    try:
        os.link(draft, target)
    except FileExistsError:
        raise Conflict(f"Файл {target} уже есть: укажите другое имя.") from None
    except OSError:  # a file system without links (a mounted share)
        draft.rename(target)


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _outlived(folder: Path, keep: int | None) -> list[Path]:
    """Copies older than the newest ``keep``; their names sort by time."""
    return sorted(folder.glob(OURS))[:-keep] if keep else []


def _note(data: Path, target: Path, at: datetime, checksum: str, *, verified: bool) -> None:
    """For ``doctor``, who is to say how old the last copy is."""
    told = {"at": at.isoformat(), "file": str(target.absolute()), "sha256": checksum, "verified": verified}
    data.mkdir(parents=True, exist_ok=True)
    note = backup_note(data)
    draft = note.with_name(f".{note.name}.{os.getpid()}")
    draft.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(note)
