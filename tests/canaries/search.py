"""Looks for secrets wherever a finished night may have left them; says where and which, never what."""

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, pool, text

_COLUMNS = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace
    WHERE c.table_schema = 'public' AND t.relkind IN ('r', 'p', 'v', 'm') AND NOT t.relispartition
    ORDER BY 1, 2
"""
_ACTIVITY = "SELECT concat_ws(' ', application_name, query) FROM pg_stat_activity WHERE query IS NOT NULL"

Secrets = Mapping[str, list[str]]
Found = set[tuple[str, str]]
"""(where, which secret)."""


def in_text(where: str, said: str, secrets: Secrets) -> Found:
    return {(where, name) for name, parts in secrets.items() for part in parts if part in said}


def in_database(url: str, secrets: Secrets) -> tuple[Found, int]:
    """Every column of every table, compressed bodies opened; and how many columns held anything."""
    found: Found = set()
    filled = 0
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        for table, column in connection.execute(text(_COLUMNS)).all():
            values = connection.scalars(
                text(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')
            )
            said = "\n".join(words for value in values for words in _words(value))
            filled += bool(said)
            found |= in_text(f"{table}.{column}", said, secrets)
        log = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one()).with_name("server.log")
        if log.is_file():  # the embedded server's own; an operator's lies where he put it
            found |= in_text("server.log", log.read_text(errors="replace"), secrets)
        found |= in_text("pg_stat_activity", "\n".join(connection.scalars(text(_ACTIVITY))), secrets)
    return found, filled


def in_files(folder: Path, secrets: Secrets, leave_out: tuple[str, ...] = ()) -> tuple[Found, int]:
    """Every file under the folder; and how many there were."""
    found: Found = set()
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in leave_out]
    for path in files:
        for words in _words(path.read_bytes()):
            found |= in_text(f"file {path.name}", words, secrets)
    return found, len(files)


def _words(value: Any) -> Iterator[str]:
    """A value in every form in which a secret could stand in it."""
    if isinstance(value, memoryview | bytes | bytearray):
        raw = bytes(value)
        yield raw.decode("utf-8", "replace")
        with suppress(zlib.error):
            yield zlib.decompress(raw).decode("utf-8", "replace")
    elif isinstance(value, dict | list):
        yield json.dumps(value, ensure_ascii=False)
    else:
        yield str(value)
