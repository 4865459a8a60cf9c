"""All checks in order; one that cannot be made is a finding itself and does not stop the others."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.exc import DBAPIError

from app.core.errors import AmbarError
from app.db.install import Urls, describe
from app.db.session import Database
from app.services.doctor import database, house, shelf, walls, work
from app.services.doctor.finding import Finding, House, HouseCheck, Level, Ward, WardCheck, bad

HOUSE: Mapping[str, HouseCheck] = {
    "python": house.check_python,
    "settings": house.check_settings,
    "telegram": house.check_telegram,
    "key": house.check_key_files,
    "disk": house.check_disk,
    "backup": house.check_backup,
    "redis": house.check_redis,
}

SCHEMA: Mapping[str, WardCheck] = {
    "postgresql": database.check_server,
    "clock": database.check_clock,
    "migrations": database.check_migrations,
}
"""What can be asked of any database. Only where it is as it should be the rest makes sense."""

WARD: Mapping[str, WardCheck] = {
    "roles": database.check_roles,
    "walls": walls.check_walls,
    "months": database.check_months,
    "counters": database.check_counters,
    "one_database": database.check_same_database,
    "tokens": work.check_tokens,
    "lines": work.check_lines,
    "nights": work.check_nights,
    "ledger": shelf.check_ledger,
    "growth": work.check_growth,
}

PATIENCE_MS = 60_000


def examine_house(patient: House) -> list[Finding]:
    """What can be said without a database."""
    return [each for name, check in HOUSE.items() for each in _made(name, partial(check, patient))]


def examine_database(patient: House, urls: Urls, *, is_embedded: bool) -> list[Finding]:
    """What the database says, asked as the administrator and as the application."""
    engine = create_engine(urls.admin, poolclass=pool.NullPool, hide_parameters=True)
    db = Database(urls.app, pool_size=2, statement_timeout_ms=PATIENCE_MS)
    try:
        for url in {urls.admin: None, urls.app: None}:
            if unreachable := _unreachable(url):
                return [unreachable]
        with engine.connect() as connection:
            return _examine(Ward(house=patient, admin=connection, db=db, is_embedded=is_embedded))
    finally:
        db.close()
        engine.dispose()


def _examine(ward: Ward) -> list[Finding]:
    found = [each for name, check in SCHEMA.items() for each in _asked(name, check, ward)]
    if any(each.level is Level.BAD and each.check != "clock" for each in found):
        return found
    return found + [each for name, check in WARD.items() for each in _asked(name, check, ward)]


def _asked(name: str, check: WardCheck, ward: Ward) -> list[Finding]:
    """Each in a transaction of its own, so that one that fails leaves nothing behind."""
    try:
        ward.admin.exec_driver_sql(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
        return _made(name, partial(check, ward))
    finally:
        with suppress(DBAPIError):
            ward.admin.rollback()


def _made(name: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return [replace(finding, check=name) for finding in check()]
    except AmbarError as error:
        return [replace(bad(str(error), None), check=name)]
    except Exception as error:
        # Its own words may hold anything; the code tells those who look it up.
        code = getattr(getattr(error, "orig", None), "pgcode", None)
        said = f"Проверка не удалась: {type(error).__name__}" + (f" {code}." if code else ".")
        return [replace(bad(said, "повторите позже; если повторится — сообщите разработчикам"), check=name)]


def _unreachable(url: str) -> Finding | None:
    engine = create_engine(url, poolclass=pool.NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            _ping(connection)
    except DBAPIError as error:
        words = str(error.orig).strip().splitlines() or [type(error).__name__]
        said = f"База {describe(url)} недоступна: {words[0]}"
        return replace(bad(said, "запустите PostgreSQL и проверьте DATABASE_URL"), check="postgresql")
    finally:
        engine.dispose()
    return None


def _ping(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT 1")
