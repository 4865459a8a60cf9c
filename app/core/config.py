"""Every setting: its one home, a default that works, and a sentence.

Read from the environment, then ``.env``, then files in a secrets folder (systemd credentials).
"""

import os
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.errors import BadInput
from app.core.redact import redact_text


class Settings(BaseSettings):
    """Ambar's settings. Field names, upper-cased, are the names of the environment variables."""

    model_config = SettingsConfigDict(
        env_file=os.environ.get("AMBAR_ENV_FILE", ".env"),
        env_file_encoding="utf-8",
        secrets_dir=os.environ.get("CREDENTIALS_DIRECTORY"),
        extra="ignore",
        env_ignore_empty=True,
    )

    telegram_token: SecretStr | None = Field(None, description="Токен бота от @BotFather.")
    telegram_api_base: str = Field(
        "https://api.telegram.org", description="Адрес Bot API: свой сервер или обычный."
    )
    telegram_proxy: str | None = Field(None, description="Прокси до Telegram, socks5:// или http://.")
    registration: Literal["closed", "open"] = Field(
        "closed", description="Кто может завести организацию: closed — только по коду администратора."
    )

    database_url: str | None = Field(
        None, description="PostgreSQL 15–18. Пусто — встроенный сервер в папке AMBAR_DATA."
    )
    admin_database_url: str | None = Field(
        None, description="Роль, которой можно мигрировать и делать копии. Пусто — DATABASE_URL."
    )
    postgres_dsn: str | None = Field(
        None, description="Другое имя DATABASE_URL. Заданы оба и различаются — Амбар не запустится."
    )
    ambar_data: Path | None = Field(None, description="Папка данных. Пусто — .data рядом с программой.")
    master_key_file: Path | None = Field(
        None, description="Файл главного ключа для токенов. Пусто — master.key в папке данных."
    )
    master_key_old_file: Path | None = Field(
        None, description="Прежний главный ключ: на время смены им ещё открываются старые токены."
    )
    db_pool_size: int = Field(10, ge=1, le=200, description="Соединений с базой на один процесс.")
    db_statement_timeout_ms: int = Field(60_000, ge=0, description="Предел одного запроса, мс.")

    day_timezone: str = Field(
        "Europe/Moscow", description="Чьи сутки считать днём продаж. Закрепляется первой миграцией."
    )
    app_timezone: str = Field("Europe/Moscow", description="В каком поясе показывать время.")

    aggr_days_wb: int = Field(14, ge=1, le=56, description="Окно скорости продаж для советов WB, дней.")
    aggr_days_ozon: int = Field(28, ge=1, le=56, description="Окно скорости продаж для советов Ozon, дней.")
    safety_coeff: Decimal = Field(Decimal("1.5"), ge=0, description="Множитель страхового запаса в советах.")

    collect_at_utc: str = Field("02:00", description="Когда ночью собирать данные, UTC.")
    recalc_at_utc: str = Field("03:00", description="Когда страховочный пересчёт, UTC.")

    outbound_atomic: bool = Field(
        False, description="Отпуск со склада целиком: если не хватает хоть одной строки, не уходит ничего."
    )
    near_expiry_days: int = Field(
        30, ge=0, le=3650, description="За сколько дней до конца срока годности предупреждать."
    )

    wb_api_url: str = Field(
        "https://{host}.wildberries.ru", description="Шаблон адреса Wildberries; {host} — имя узла."
    )
    ozon_api_url: str = Field("https://api-seller.ozon.ru", description="Адрес Ozon Seller API.")
    ozon_performance_api_url: str = Field(
        "https://api-performance.ozon.ru", description="Адрес Ozon Performance API (реклама)."
    )
    api_pace: float = Field(
        1.0, gt=0, description="Во сколько раз лимиты площадки чаще настоящих (только для песочницы)."
    )
    http_timeout_seconds: float = Field(60.0, gt=0, description="Сколько ждать ответа площадки, с.")

    queue_backend: Literal["postgres", "redis"] = Field(
        "postgres",
        description="Чем будить исполнителей; с REDIS_DSN — redis, если не сказано иного. "
        "Работы всегда хранит PostgreSQL.",
    )
    redis_dsn: SecretStr | None = Field(
        None, description="Redis для побудки и кэша отчётов, redis://узел:6379/0. Можно потерять без вреда."
    )
    queue_name_job: str = Field(
        "ambar:jobs",
        min_length=1,
        max_length=200,
        description="Имя потока Redis с номерами работ; у каждой установки на общем Redis — своё.",
    )
    idempotency_ttl_hours: int = Field(
        24, ge=1, le=8760, description="Сколько часов помнить ответ на повторённый запрос."
    )
    outbox_poll_interval_ms: int = Field(
        500, ge=50, le=60_000, description="Как часто смотреть, что пора отправить, мс."
    )
    worker_threads: int = Field(2, ge=1, le=64, description="Сколько работ делать разом в одном процессе.")
    job_lease_seconds: int = Field(
        60,
        ge=2,
        le=3600,
        description="Через сколько секунд работу и сообщения замолчавшего процесса берёт другой.",
    )
    tenant_jobs_max: int = Field(
        2, ge=1, le=64, description="Сколько работ одной организации идёт разом на всей установке."
    )
    raw_keep_months: int = Field(
        18, ge=2, le=240, description="Сколько месяцев хранить ответы площадок как есть."
    )
    web_host: str = Field("127.0.0.1", description="Где слушать JSON API, /healthz, /readyz и /metrics.")
    web_port: int = Field(8000, ge=0, le=65535, description="Порт для них; 0 — не слушать.")
    api_parallel: int = Field(
        64, ge=1, le=1000, description="Сколько запросов одного токена API обслуживать разом."
    )
    admin_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Токен оператора для POST /admin/refresh_mv, от 16 знаков. Пусто — такого адреса нет.",
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Подробность журнала."
    )

    @field_validator("database_url", "admin_database_url", "postgres_dsn")
    @classmethod
    def _psycopg2(cls, url: str | None) -> str | None:
        """A plain ``postgresql://`` means psycopg 3 to SQLAlchemy 2.1: always name the driver."""
        for plain in ("postgresql://", "postgres://"):
            if url and url.startswith(plain):
                return "postgresql+psycopg2://" + url.removeprefix(plain)
        if url and not url.startswith("postgresql+psycopg2://"):
            raise ValueError("нужен адрес вида postgresql://имя:пароль@узел:5432/база, только PostgreSQL")
        return url

    @field_validator("redis_dsn")
    @classmethod
    def _is_redis(cls, dsn: SecretStr | None) -> SecretStr | None:
        if dsn is not None and not _names_redis(dsn.get_secret_value()):
            raise ValueError("нужен адрес вида redis://узел:6379/0 (ещё бывают rediss:// и unix://)")
        return dsn

    @field_validator("day_timezone", "app_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("нет такого часового пояса; пример: Europe/Moscow") from None
        return name

    @field_validator("wb_api_url")
    @classmethod
    def _has_host(cls, template: str) -> str:
        if "{host}" not in template:
            raise ValueError("в шаблоне адреса нет {host}")
        return template

    @field_serializer("database_url", "admin_database_url", "postgres_dsn", "telegram_proxy")
    def _without_password(self, url: str | None) -> str | None:
        """A dump of settings goes by hand to whoever helps."""
        return None if url is None else redact_text(url)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, redact_text(value) if isinstance(value, str) else value

    @model_validator(mode="wrap")
    @classmethod
    def _in_words(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Whoever wrote the settings is told in Russian which of them is wrong and why."""
        try:
            return handler(given)._agreed()
        except ValidationError as error:
            lines = "\n".join(f"  {_complaint(each)}" for each in error.errors())
            raise BadInput(f"Настройки заданы неверно:\n{lines}") from None

    def _agreed(self) -> Self:
        """What one setting says of another. No value is repeated: they hold passwords."""
        if self.postgres_dsn and self.database_url and self.postgres_dsn != self.database_url:
            raise BadInput(
                "POSTGRES_DSN и DATABASE_URL — два имени одной настройки, а заданы по-разному: "
                "оставьте одно из них."
            )
        self.database_url = self.database_url or self.postgres_dsn
        if self.redis_dsn is not None and "queue_backend" not in self.model_fields_set:
            self.queue_backend = "redis"
        if self.queue_backend == "redis" and self.redis_dsn is None:
            raise BadInput(
                "QUEUE_BACKEND=redis, а REDIS_DSN не задан: впишите адрес Redis или верните postgres."
            )
        return self


def _names_redis(dsn: str) -> bool:
    """Can the client read this address? Its own complaints would quote it."""
    try:
        parts = urlsplit(dsn)
        number = parts.path.strip("/")
        place = bool(number) if parts.scheme == "unix" else bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return (
        place
        and parts.scheme in ("redis", "rediss", "unix")
        and (parts.scheme == "unix" or not number or number.isdecimal())
    )


_SECRET = ("token", "url", "proxy", "dsn")
"""A value of such a name may hold a password, so it is not repeated."""


def _complaint(error: ErrorDetails) -> str:
    name = str(error["loc"][0])
    value = "" if any(part in name for part in _SECRET) else f"={error['input']}"
    return f"{name.upper()}{value}: {_reason(error)}"


def _reason(error: ErrorDetails) -> str:
    bounds = error.get("ctx", {})
    match error["type"]:
        case "greater_than_equal":
            return f"нужно не меньше {bounds['ge']}"
        case "less_than_equal":
            return f"нужно не больше {bounds['le']}"
        case "greater_than":
            return f"нужно больше {bounds['gt']}"
        case "too_short" | "string_too_short":
            return f"нужно не короче {bounds['min_length']} знаков"
        case "literal_error":
            return f"нужно одно из: {bounds['expected']}".replace(" or ", ", ")
        case "value_error":
            return str(bounds["error"])
        case kind if kind.startswith("int"):
            return "нужно целое число"
        case kind if kind.startswith(("float", "decimal", "finite")):
            return "нужно число"
        case _:
            return "такое значение не годится"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once. Tests call ``get_settings.cache_clear()``."""
    return Settings()
