"""Checks that need no database: packages, settings, keys, disk, copies, Redis, Telegram."""

import json
import re
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from app.core.config import Settings
from app.core.errors import AmbarError
from app.core.master_key import name_key, read_key
from app.core.paths import backup_note, credentials_dir
from app.services.doctor.finding import Finding, House, bad, days, ok, warn

OLDEST_PYTHON = (3, 11)
COPY_EVERY_DAYS = 7
GIB = 1024**3

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)")
_TELEGRAM_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{30,}")


def check_python(house: House) -> list[Finding]:
    """The interpreter, and every package of the version that was tested."""
    here = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return [bad(f"Python {here}, а нужен 3.11 или новее.", "apt install python3.11 python3.11-venv")]
    if not house.requirements.exists():
        return [ok(f"Python {here}.")]
    strange: list[str] = []
    for line in house.requirements.read_text(encoding="utf-8").splitlines():
        if pin := _PIN.match(line):
            name, wanted = pin.groups()
            if (found := _version(name)) != wanted:
                strange.append(f"{name} {found or 'нет'} вместо {wanted}")
    if strange:
        remedy = "rm -r .venv && ./ambar --prepare"
        return [warn(f"Python {here}; пакеты не тех версий: {', '.join(strange)}.", remedy)]
    return [ok(f"Python {here}, пакеты тех версий, с которыми Амбар проверен.")]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_settings(house: House) -> list[Finding]:
    """Settings that are right each by itself and wrong together."""
    return list(_contradictions(house.settings)) or [ok("Настройки друг другу не противоречат.")]


def _contradictions(given: Settings) -> Iterator[Finding]:
    addresses = (
        ("wildberries.ru", given.wb_api_url),
        ("ozon.ru", given.ozon_api_url),
        ("ozon.ru", given.ozon_performance_api_url),
    )
    real = [name for name, address in addresses if name in address]
    if given.admin_database_url and not given.database_url:
        yield warn(
            "ADMIN_DATABASE_URL задан, а DATABASE_URL нет: Амбар работает со встроенной базой.",
            "впишите DATABASE_URL или уберите ADMIN_DATABASE_URL",
        )
    if real and given.api_pace > 1:
        yield bad(
            f"API_PACE={given.api_pace:g} с настоящей площадкой ({', '.join(dict.fromkeys(real))}): "
            "она заблокирует кабинеты.",
            "уберите API_PACE из .env",
        )
    if len(real) < len(addresses):
        yield warn(
            "Адрес площадки не её собственный (WB_API_URL, OZON_API_URL или OZON_PERFORMANCE_API_URL): "
            "данные придут не оттуда.",
            "уберите эти адреса из .env",
        )
    if given.worker_threads >= given.db_pool_size:
        yield warn(
            f"WORKER_THREADS={given.worker_threads} при DB_POOL_SIZE={given.db_pool_size}: "
            "работам не хватит соединений с базой.",
            f"DB_POOL_SIZE={given.worker_threads + 4}",
        )
    if given.recalc_at_utc <= given.collect_at_utc:
        yield warn(
            f"Страховочный пересчёт ({given.recalc_at_utc}) раньше сбора ({given.collect_at_utc}): "
            "он пересчитает вчерашнее.",
            "RECALC_AT_UTC позже COLLECT_AT_UTC",
        )
    if given.master_key_old_file and not given.master_key_old_file.exists():
        yield warn(
            "MASTER_KEY_OLD_FILE называет файл, которого нет: смена ключа, видимо, закончена.",
            "уберите MASTER_KEY_OLD_FILE из .env",
        )


def check_telegram(house: House) -> list[Finding]:
    """Is there a token, and does it look like one? Telegram itself is not asked."""
    token = house.settings.telegram_token
    if token is None:
        return [bad("Токена бота нет: чата не будет.", "TELEGRAM_TOKEN=… в .env (токен даёт @BotFather)")]
    if not _TELEGRAM_TOKEN.fullmatch(token.get_secret_value()):
        return [
            warn("Токен бота не похож на токен: цифры, двоеточие, ещё 35 знаков.", "проверьте TELEGRAM_TOKEN")
        ]
    return [ok("Токен бота задан (Telegram не спрашивали).")]


def check_key_files(house: House) -> list[Finding]:
    """The master key: there, a key, and for its owner's eyes only."""
    current = house.keys.current
    if not current.exists():
        return [
            warn(
                f"Главного ключа {current} ещё нет: его сделает первый запуск.",
                "если кабинеты уже подключали, верните его из сохранённой копии до запуска",
            )
        ]
    try:
        key_id = name_key(read_key(current))
    except AmbarError as error:
        return [bad(str(error), f"верните {current} из сохранённой копии")]
    found = [
        warn(f"Файл ключа {path} могут прочитать другие пользователи.", f"chmod 600 {path}")
        for path in (current, house.keys.old)
        if path.exists() and path.parent != credentials_dir() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if house.keys.pending() is not None:
        found.append(warn("Смена главного ключа начата и не закончена.", "./ambar keys rotate"))
    return found or [ok(f"Главный ключ {key_id} на месте, читает его только владелец.")]


def check_disk(house: House) -> list[Finding]:
    """Room for the data folder: a full disk stops the database in the middle of a night."""
    space = house.space(house.data)
    share, room = space.free / max(space.total, 1), f"{space.free / GIB:.1f} ГиБ"
    said = f"На диске с {house.data} свободно {room} ({share:.0%})."
    remedy = (
        "освободите место или перенесите AMBAR_DATA; меньше хранить: RAW_KEEP_MONTHS, затем ./ambar housekeep"
    )
    if space.free < GIB or share < 0.03:
        return [bad(said, remedy)]
    if space.free < 5 * GIB or share < 0.1:
        return [warn(said, remedy)]
    return [ok(said)]


def check_backup(house: House) -> list[Finding]:
    """How old the last copy is that ``./ambar backup`` of this data folder made."""
    remedy = "./ambar backup ПАПКА --keep 14 --verify"
    note = backup_note(house.data)
    if not note.exists():
        return [warn("Командой ./ambar backup копий базы ещё не делали.", remedy)]
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        age = (house.clock.now() - datetime.fromisoformat(told["at"])).days
        said = f"Последняя копия базы сделана {days(age)} назад: {told['file']}" + (
            ", проверена восстановлением." if told["verified"] else "."
        )
    except (ValueError, KeyError, TypeError):
        return [warn(f"Запись о последней копии {note} не читается.", remedy)]
    return [warn(said, remedy) if age >= COPY_EVERY_DAYS else ok(said)]


def check_redis(house: House) -> list[Finding]:
    """Does it answer, where it is used? Without it everything works, later by a poll's pause."""
    dsn = house.settings.redis_dsn
    if dsn is None:
        return [ok("Redis не задан: работы будит сама база.")]
    import redis  # only where it is used

    client = redis.Redis.from_url(
        dsn.get_secret_value(), socket_timeout=2, socket_connect_timeout=2, protocol=2
    )
    try:
        client.ping()
    except redis.RedisError as error:
        # Its own words may quote the address.
        return [
            warn(
                f"Redis не отвечает ({type(error).__name__}): работы делаются, но отзываются медленнее.",
                "запустите Redis или уберите REDIS_DSN",
            )
        ]
    finally:
        client.close()
    return [ok("Redis отвечает.")]
