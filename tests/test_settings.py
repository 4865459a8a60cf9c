"""Settings: each has a sentence and a place in .env.example; an absurd one is told in words."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.core.config import Settings, get_settings
from app.core.errors import BadInput
from tests.support.env_example import FILE, env_example

NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No variable of ours is set, and there is no .env where we stand."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def given(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


def test_the_example_lists_every_setting_with_its_sentence_and_default() -> None:
    """After a change: python -m tests.support.env_example --write."""
    assert FILE.read_text(encoding="utf-8") == env_example()
    assert re.findall(r"^(?:# )?([A-Z_0-9]+)=", env_example(), re.MULTILINE) == NAMES


def test_every_setting_has_a_russian_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert re.search("[а-яё]", field.description), name
        assert field.description.endswith("."), name


def test_the_example_copied_as_it_is_changes_nothing(
    surroundings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes(FILE.read_bytes())
    assert Settings(_env_file=".env") == given()  # type: ignore[call-arg]


def test_the_example_with_its_comment_signs_removed_gives_the_defaults_too(
    surroundings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = re.sub(r"^# (?=[A-Z_0-9]+=)", "", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert told != FILE.read_text(encoding="utf-8")
    (tmp_path / ".env").write_text(told, encoding="utf-8")
    assert Settings(_env_file=".env") == given()  # type: ignore[call-arg]


def test_the_example_holds_no_secret() -> None:
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if re.match(r"(# )?[A-Z_]*(TOKEN|DATABASE_URL|DSN|KEY_FILE)=", line):
            assert line.endswith("="), line


def test_the_environment_is_more_than_the_file(surroundings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DB_POOL_SIZE=7\nAGGR_DAYS_WB=21\n")
    surroundings.setenv("DB_POOL_SIZE", "9")
    read = Settings(_env_file=".env")  # type: ignore[call-arg]
    assert (read.db_pool_size, read.aggr_days_wb) == (9, 21)


def test_an_empty_value_is_the_default(surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("DB_POOL_SIZE", "")
    surroundings.setenv("DATABASE_URL", "")
    assert given() == Settings(_env_file=None)  # type: ignore[call-arg]
    assert given().database_url is None


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_a_url_names_its_driver_however_it_was_written(scheme: str) -> None:
    settings = given(
        database_url=f"{scheme}://u:p%40@h:5432/d?sslmode=require", admin_database_url=f"{scheme}://a@h/d"
    )
    assert settings.database_url == "postgresql+psycopg2://u:p%40@h:5432/d?sslmode=require"
    assert settings.admin_database_url == "postgresql+psycopg2://a@h/d"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("database_url", "sqlite:///./sovani_bot.db", "только PostgreSQL"),
        ("database_url", "mysql://root@h/d", "только PostgreSQL"),
        ("admin_database_url", "localhost", "только PostgreSQL"),
        ("postgres_dsn", "mysql://root@h/d", "только PostgreSQL"),
        ("db_pool_size", "0", "DB_POOL_SIZE=0: нужно не меньше 1"),
        ("db_pool_size", "много", "DB_POOL_SIZE=много: нужно целое число"),
        ("aggr_days_wb", "400", "AGGR_DAYS_WB=400: нужно не больше 56"),
        ("aggr_days_ozon", "1.5", "нужно целое число"),
        ("safety_coeff", "-1", "SAFETY_COEFF=-1: нужно не меньше 0"),
        ("safety_coeff", "NaN", "нужно число"),
        ("http_timeout_seconds", "0", "нужно больше 0"),
        ("day_timezone", "Mars/Base", "DAY_TIMEZONE=Mars/Base: нет такого часового пояса"),
        ("app_timezone", "../etc/passwd", "нет такого часового пояса"),
        ("registration", "ajar", "нужно одно из: 'closed', 'open'"),
        ("log_level", "LOUD", "LOG_LEVEL=LOUD"),
        ("wb_api_url", "https://wildberries.ru", "нет {host}"),
    ],
)
def test_an_absurd_value_is_told_in_words(
    surroundings: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    surroundings.setenv(name.upper(), value)
    with pytest.raises(BadInput) as caught:
        given()
    assert name.upper() in str(caught.value)
    assert said in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_all_absurd_values_are_told_at_once(surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("DB_POOL_SIZE", "0")
    surroundings.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(BadInput, match=r"(?s)DB_POOL_SIZE.*LOG_LEVEL"):
        given()


def test_a_complaint_repeats_no_password(surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("DATABASE_URL", "mysql://root:hunter2@h/d")
    with pytest.raises(BadInput) as caught:
        given()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_token_does_not_show_itself() -> None:
    settings = given(telegram_token="123:secret-token")
    assert "secret-token" not in repr(settings)
    assert settings.telegram_token == SecretStr("123:secret-token")


def test_a_secret_comes_from_a_file_too(surroundings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "telegram_token").write_text("123:from-a-file\n")
    settings = Settings(_env_file=None, _secrets_dir=tmp_path)  # type: ignore[call-arg]
    assert settings.telegram_token == SecretStr("123:from-a-file")


def test_the_process_reads_its_settings_once() -> None:
    assert get_settings() is get_settings()


SERVER = "postgresql://ambar:hunter2@one/ambar"


@pytest.mark.parametrize("name", ["DATABASE_URL", "POSTGRES_DSN"])
def test_the_server_has_two_names(surroundings: pytest.MonkeyPatch, name: str) -> None:
    surroundings.setenv(name, SERVER)
    assert given().database_url == "postgresql+psycopg2://ambar:hunter2@one/ambar"


def test_one_server_under_both_names_is_one_server(surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("DATABASE_URL", SERVER)
    surroundings.setenv("POSTGRES_DSN", SERVER.replace("postgresql://", "postgres://"))
    assert given().database_url == "postgresql+psycopg2://ambar:hunter2@one/ambar"


def test_two_servers_under_the_two_names_are_refused(surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("DATABASE_URL", SERVER)
    surroundings.setenv("POSTGRES_DSN", SERVER.replace("one", "two"))
    with pytest.raises(BadInput, match=r"^POSTGRES_DSN и DATABASE_URL .* оставьте одно из них\.$") as caught:
        given()
    assert not {word for word in ("hunter2", "one", "two") if word in str(caught.value)}


def test_both_names_of_the_server_may_be_empty() -> None:
    assert given().database_url is None


def test_redis_is_used_once_its_address_is_known() -> None:
    assert given().queue_backend == "postgres"
    assert given(redis_dsn="redis://h:6379/0").queue_backend == "redis"
    assert given(redis_dsn="redis://h:6379/0", queue_backend="postgres").queue_backend == "postgres"


def test_redis_without_an_address_is_refused() -> None:
    with pytest.raises(BadInput, match="QUEUE_BACKEND=redis, а REDIS_DSN не задан"):
        given(queue_backend="redis")


@pytest.mark.parametrize(
    "dsn",
    ["redis://h", "redis://:p%40ss@h:6379/1", "rediss://u:p@h:6380/0?ssl_cert_reqs=none", "unix:///r.sock"],
)
def test_an_address_of_redis_is_taken(dsn: str) -> None:
    read = given(redis_dsn=dsn).redis_dsn
    assert read is not None
    assert read.get_secret_value() == dsn
    assert "p@" not in repr(given(redis_dsn=dsn))


@pytest.mark.parametrize(
    "dsn",
    [
        "localhost:6379",
        "http://:hunter2@h:6379/0",
        "redis://",
        "redis://:hunter2@h:port/0",
        "redis://:hunter2@h:6379/zero",
        "redis://:hunter2@h:99999/0",
        "redis://:hunt#er2@h:6379/0",
        "unix://",
    ],
)
def test_another_address_is_told_in_words(surroundings: pytest.MonkeyPatch, dsn: str) -> None:
    surroundings.setenv("REDIS_DSN", dsn)
    with pytest.raises(BadInput, match="REDIS_DSN: нужен адрес вида redis://узел:6379/0") as caught:
        given()
    assert "hunt" not in str(caught.value)
