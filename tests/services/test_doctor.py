"""``./ambar doctor``: each thing it looks at is broken in a real database, and it says so."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL

from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.crypto import open_vault
from app.core.master_key import KeyFiles
from app.core.paths import backup_note, repo_root
from app.db.install import Urls
from app.db.session import Database
from app.services.doctor import database, house, shelf, walls, work
from app.services.doctor.examine import HOUSE, SCHEMA, WARD, examine_database, examine_house
from app.services.doctor.finding import Finding, House, Level, Space, Ward, WardCheck
from app.services.tenancy.connect import CheckedToken, StoreAccount
from tests.conftest import fresh_database
from tests.support.databases import empty_database, shown
from tests.support.worlds import make_tenant

NOW = datetime.now(UTC)
GIB = 1024**3
TELEGRAM = "123456789:" + "A" * 35
ROOMY = Space(100 * GIB, 50 * GIB)


@pytest.fixture(scope="module")
def urls(server_url: URL, template: str) -> Iterator[Urls]:
    with fresh_database(server_url, template) as made:
        yield made


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    vault, _ = open_vault(tmp_path_factory.mktemp("keys") / "master.key")
    assert vault.files is not None
    return vault.files


@pytest.fixture
def patient(tmp_path: Path, keys: KeyFiles) -> House:
    """A sound house: everything set, a copy made this morning, room on the disk."""
    note = {"at": NOW.isoformat(), "file": "ambar.dump", "sha256": "x", "verified": True}
    backup_note(tmp_path).write_text(json.dumps(note))
    return House(settings=given(), data=tmp_path, keys=keys, space=lambda _: ROOMY)


@pytest.fixture(scope="module")
def filled(db: Database, keys: KeyFiles) -> int:
    """An organisation whose nights come; its id."""
    tenant = make_tenant(db, "Лён")
    checked = CheckedToken(
        marketplace="WB", seller_key="s-1", name="Мой кабинет", kind="", scopes=(), missing_scopes=(),
        expires_at=NOW + timedelta(days=90), notes=(), secret="a-very-secret-token",
    )  # fmt: skip
    with db.tenant(tenant) as tx:
        account = StoreAccount(vault=open_vault(keys.current)[0])(tx, checked).account_id
        tx.run(
            "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at) "
            "VALUES (:tenant_id, :account, 'wb.sales', :d, now())",
            account=account,
            d=NOW.date(),
        )
    with db.platform() as tx:
        tx.run("INSERT INTO firing (job, fire_time) VALUES ('collect_yesterday_data', now())")
    return tenant


def given(**changes: Any) -> Settings:
    return Settings(_env_file=None, **{"telegram_token": TELEGRAM, **changes})  # type: ignore[call-arg]


@contextmanager
def ward_of(patient: House, urls: Urls, db: Database) -> Iterator[Ward]:
    """What is broken within it is whole again afterwards."""
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        yield Ward(house=patient, admin=connection, db=db, is_embedded=True)
        connection.rollback()


def alarming(found: list[Finding]) -> list[Finding]:
    return [each for each in found if each.level is not Level.OK]


def test_a_sound_installation_is_told_to_be_so(patient: House, urls: Urls, filled: int) -> None:
    found = examine_house(patient) + examine_database(patient, urls, is_embedded=True)
    assert {each.check for each in found} == {*HOUSE, *SCHEMA, *WARD}
    # The superuser of the test's server is the administrator, not the application.
    assert alarming(found) == []


@dataclass(frozen=True)
class Sabotage:
    """What is done to the database, by which check it is found, in which words, and what mends it."""

    deed: str
    check: WardCheck
    said: str
    remedy: str
    level: Level = Level.BAD


SABOTAGES = [
    Sabotage("ALTER ROLE ambar_app BYPASSRLS", database.check_roles, "не видит стен", "NOBYPASSRLS"),
    Sabotage("ALTER ROLE ambar_platform SUPERUSER", database.check_roles, "суперпользователь", "NOSUPERUSER"),
    Sabotage("ALTER ROLE ambar_owner LOGIN", database.check_roles, "можно войти", "NOLOGIN", Level.WARN),
    Sabotage(
        "REVOKE USAGE ON SCHEMA public FROM PUBLIC, ambar_app",
        database.check_roles, "Не хватает", "GRANT USAGE ON SCHEMA public TO ambar_app;",
    ),
    Sabotage("ALTER TABLE card NO FORCE ROW LEVEL SECURITY", walls.check_walls, "card: защита", "FORCE ROW"),
    Sabotage("ALTER TABLE sku DISABLE ROW LEVEL SECURITY", walls.check_walls, "sku: защита", "ENABLE ROW"),
    Sabotage("ALTER TABLE daily_sales_2026_11 NO FORCE ROW LEVEL SECURITY", walls.check_walls,
             "daily_sales_2026_11: защита", "FORCE ROW"),
    Sabotage("DROP POLICY tenant_wall ON sku", walls.check_walls, "tenant_wall нет", "CREATE POLICY"),
    Sabotage("ALTER POLICY tenant_wall ON sku USING (true)", walls.check_walls, "другое", "CREATE POLICY"),
    Sabotage("ALTER POLICY tenant_wall ON sku TO PUBLIC", walls.check_walls, "другое", "TO ambar_app"),
    Sabotage("CREATE POLICY gap ON sku TO ambar_app USING (true)", walls.check_walls, "лишнее правило gap",
             "DROP POLICY gap ON sku;"),
    Sabotage("GRANT SELECT ON sku TO PUBLIC", walls.check_walls, "PUBLIC право SELECT", "FROM PUBLIC;"),
    Sabotage("GRANT SELECT ON daily_sales_2026_11 TO ambar_app", walls.check_walls, "мимо стены",
             "REVOKE SELECT ON daily_sales_2026_11 FROM ambar_app;"),
    Sabotage("GRANT UPDATE ON audit_entry TO ambar_app", walls.check_walls, "право UPDATE", "REVOKE UPDATE"),
    Sabotage("GRANT TRUNCATE ON sku TO ambar_app", walls.check_walls, "право TRUNCATE", "REVOKE TRUNCATE"),
    Sabotage("GRANT EXECUTE ON FUNCTION ambar_drop_raw_months(date) TO PUBLIC", walls.check_walls,
             "кто угодно", "REVOKE ALL ON FUNCTION"),
    Sabotage("ALTER TABLE sku OWNER TO ambar_platform", walls.check_walls, "принадлежит", "OWNER TO"),
    Sabotage("CREATE TABLE stray (x integer)", walls.check_walls, "stray", "stray"),
    Sabotage("CREATE VIEW peek AS SELECT * FROM sku; GRANT SELECT ON peek TO PUBLIC", walls.check_walls,
             "peek", "REVOKE SELECT ON peek"),
    Sabotage("GRANT SELECT ON dw.current_stock_mv TO ambar_app", walls.check_walls, "мимо стены: ambar_app",
             "REVOKE ALL ON dw.current_stock_mv FROM ambar_app;"),
    Sabotage("ALTER VIEW dw.current_stock RESET (security_barrier)", walls.check_walls, "нет барьера",
             "security_barrier = true"),
    Sabotage("ALTER TABLE dw.dim_product NO FORCE ROW LEVEL SECURITY", walls.check_walls,
             "dw.dim_product: защита", "FORCE ROW"),
    Sabotage("DROP SCHEMA dw CASCADE", walls.check_walls, "схемы dw", "restore"),
    Sabotage("DROP TABLE report", walls.check_walls, "Таблицы report нет", "restore"),
    Sabotage("UPDATE alembic_version SET version_num = '0001'", database.check_migrations, "нужна",
             "./ambar migrate"),
    Sabotage("UPDATE alembic_version SET version_num = '9999'", database.check_migrations, "новее",
             "обновите"),
    Sabotage("DROP TABLE alembic_version", database.check_migrations, "пустая", "./ambar migrate"),
    Sabotage(f"DROP TABLE daily_sales_{NOW:%Y_%m}", database.check_months, "daily_sales",
             "./ambar housekeep"),
    Sabotage(
        "DO $$ BEGIN EXECUTE format('DROP TABLE metrics_daily_%s', "
        "to_char(now() + interval '2 months', 'YYYY_MM')); END $$",
        database.check_months, "metrics_daily", "./ambar housekeep", Level.WARN,
    ),
    Sabotage(f"DROP TABLE stock_ledger_{NOW:%Y_%m}", database.check_months, "stock_ledger",
             "./ambar housekeep"),
    Sabotage("ALTER SEQUENCE marketplace_account_id_seq RESTART", database.check_counters,
             "marketplace_account отстал: следующий номер 1", "public.marketplace_account_id_seq', 1)"),
    Sabotage(  # an empty table whose ids are spoken of
        "INSERT INTO dead_letter (job_id, job_type, error, trace_id) "
        "SELECT last_value + 76, 'x', 'x', 'x' FROM job_id_seq",
        database.check_counters, "Счётчик job отстал", "SELECT setval('public.job_id_seq', ",
    ),
    Sabotage("UPDATE installation SET installed_at = 'epoch'", database.check_same_database,
             "в разные базы", "ADMIN_DATABASE_URL"),
]  # fmt: skip


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda each: each.deed[:60])
def test_what_is_broken_in_the_schema_is_told_with_its_remedy(
    patient: House, urls: Urls, db: Database, filled: int, sabotage: Sabotage
) -> None:
    with ward_of(patient, urls, db) as ward:
        assert alarming(sabotage.check(ward)) == []
        ward.admin.execute(text(sabotage.deed))
        found = alarming(sabotage.check(ward))
    assert found, "nothing was noticed"
    about = [each for each in found if sabotage.said in each.said]
    assert about, found
    assert about[0].level is sabotage.level
    assert sabotage.remedy in str(about[0].remedy)


@pytest.mark.parametrize(
    "sabotage",
    [each for each in SABOTAGES if each.check in (walls.check_walls, database.check_counters)
     and each.remedy.isascii() and "restore" not in each.remedy and "stray" not in each.deed],
    ids=lambda each: each.deed[:60],
)  # fmt: skip
def test_the_remedy_is_one(patient: House, urls: Urls, db: Database, filled: int, sabotage: Sabotage) -> None:
    """What it says to run is run, and it finds nothing any more."""
    with ward_of(patient, urls, db) as ward:
        ward.admin.execute(text(sabotage.deed))
        for each in alarming(sabotage.check(ward)):
            ward.admin.exec_driver_sql(str(each.remedy))
        left = alarming(sabotage.check(ward))
        assert [each.said for each in left] == []


LINEN = "SELECT id, {} FROM tenant WHERE name = 'Лён'"
POSTED = "INSERT INTO stock_document (tenant_id, reason, ref, occurred_at, trace_id, posted_at)"
DAYS_AGO = "'RECEIPT', 'x', now(), 'x', now() - interval '49 hours'"
STALE = "0, 0, now() - interval '49 hours'"
UNSEALED = "CURRENT_DATE - 4, 0, '', ''"

BROKEN_DATA: list[tuple[str, WardCheck, str, Level]] = [
    ("UPDATE marketplace_account SET key_id = 'gone'", work.check_tokens, "другим главным ключом", Level.BAD),
    ("UPDATE marketplace_account SET nonce = '\\x000000000000000000000000'", work.check_tokens,
     "повреждён", Level.BAD),
    ("UPDATE marketplace_account SET state = 'refused'", work.check_tokens, "не приняла", Level.BAD),
    ("UPDATE marketplace_account SET expires_at = now() - interval '1 day'", work.check_tokens,
     "токен истёк", Level.BAD),
    ("UPDATE marketplace_account SET expires_at = now() + interval '13 days'", work.check_tokens,
     "через 12 дней", Level.WARN),
    ("INSERT INTO job (job_type, run_at, trace_id) VALUES ('x', now() - interval '90 minutes', 'x')",
     work.check_lines, "Старейшая работа ждёт 90 мин", Level.WARN),
    ("INSERT INTO job (job_type, run_at, trace_id) VALUES ('x', now() - interval '7 hours', 'x')",
     work.check_lines, "Старейшая работа ждёт 7 ч", Level.BAD),
    ("INSERT INTO outbox_event (topic, trace_id, next_try_at) VALUES ('x', 'x', now() - interval '1 hour')",
     work.check_lines, "ждёт отправки 60 мин", Level.WARN),
    ("INSERT INTO outbox_event (topic, trace_id, given_up_at) VALUES ('x', 'x', now())",
     work.check_lines, "не удалось отправить: 1", Level.WARN),
    ("INSERT INTO dead_letter (job_id, job_type, error, trace_id) VALUES (1, 'x', 'x', 'x')",
     work.check_lines, "отказались: 1", Level.WARN),
    ("UPDATE firing SET fired_at = now() - interval '30 hours'", work.check_nights, "молчит 30 ч", Level.BAD),
    ("DELETE FROM firing", work.check_nights, "ни разу", Level.WARN),
    ("UPDATE coverage SET completed_at = now() - interval '3 days'", work.check_nights,
     "новых данных нет с", Level.WARN),
    (f"INSERT INTO ledger_proof (tenant_id, entries, faults) {LINEN.format('9, 2')}", shelf.check_ledger,
     "не сходится, расхождений 2", Level.BAD),
    (f"{POSTED} {LINEN.format(DAYS_AGO)}", shelf.check_ledger, "не сверялась ни разу", Level.WARN),
    (f"{POSTED} {LINEN.format(DAYS_AGO)}; INSERT INTO ledger_proof (tenant_id, entries, faults, proven_at) "
     f"{LINEN.format(STALE)}", shelf.check_ledger, "не сверялась с", Level.WARN),
    ("INSERT INTO ledger_seal (tenant_id, d, entries, previous, hash) "
     f"{LINEN.format(UNSEALED)}", shelf.check_ledger, "не опечатана с", Level.WARN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("deed", "check", "said", "level"), BROKEN_DATA, ids=[each[0][:60] for each in BROKEN_DATA]
)
def test_what_is_wrong_with_the_work_is_told(
    patient: House, server_url: URL, template: str, keys: KeyFiles, urls: Urls, db: Database, filled: int,
    deed: str, check: WardCheck, said: str, level: Level,
) -> None:  # fmt: skip
    with committed(urls, deed), ward_of(patient, urls, db) as ward:
        found = alarming(check(ward))
    assert [each.level for each in found] == [level], found
    assert said in found[0].said
    assert found[0].remedy
    with ward_of(patient, urls, db) as ward:
        assert alarming(check(ward)) == []


@contextmanager
def committed(urls: Urls, deed: str) -> Iterator[None]:
    """Seen by other connections; then all is as it was."""
    tables = (
        "marketplace_account", "coverage", "firing", "job", "outbox_event", "dead_letter",
        "stock_document", "ledger_proof", "ledger_seal",
    )  # fmt: skip
    engine = create_engine(urls.admin, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA kept")
        for name in tables:
            connection.exec_driver_sql(f"CREATE TABLE kept.{name} AS SELECT * FROM {name}")
        connection.execute(text(deed))
    try:
        yield
    finally:
        with engine.begin() as connection:
            for name in tables:
                connection.exec_driver_sql(f"DELETE FROM {name}")
            for name in tables:
                connection.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM kept.{name}")
            connection.exec_driver_sql("DROP SCHEMA kept CASCADE")
        engine.dispose()


def test_tokens_without_their_key(
    patient: House, urls: Urls, db: Database, filled: int, tmp_path: Path
) -> None:
    keys = KeyFiles(tmp_path / "gone.key", tmp_path / "old")
    with ward_of(replace(patient, keys=keys), urls, db) as ward:
        (found,) = work.check_tokens(ward)
    assert (found.level, found.remedy) == (Level.BAD, f"верните {keys.current} из сохранённой копии")
    keys.current.write_text("not a key")
    assert house.check_key_files(replace(patient, keys=keys))[0].level is Level.BAD


def test_a_token_of_the_former_key_is_counted(
    patient: House, urls: Urls, db: Database, filled: int, tmp_path: Path
) -> None:
    keys = KeyFiles(tmp_path / "master.key", tmp_path / "master.key.old")
    keys.current.write_text(patient.keys.current.read_text())
    keys.current.chmod(0o600)
    keys.switch()
    with ward_of(replace(patient, keys=keys), urls, db) as ward:
        found = alarming(work.check_tokens(ward))
    assert [(each.said, each.remedy) for each in found] == [
        ("Прежним ключом зашифровано токенов: 1.", "./ambar keys rotate")
    ]
    assert "не закончена" in house.check_key_files(replace(patient, keys=keys))[0].said


@pytest.mark.parametrize(
    ("apart", "level"), [(2, Level.OK), (30, Level.WARN), (-30, Level.WARN), (7200, Level.BAD)]
)
def test_clocks_that_went_apart(patient: House, urls: Urls, db: Database, apart: int, level: Level) -> None:
    clock = FixedClock(datetime.now(UTC) + timedelta(seconds=apart))
    with ward_of(replace(patient, clock=clock), urls, db) as ward:
        assert database.check_clock(ward)[0].level is level


def test_days_of_another_zone(patient: House, urls: Urls, db: Database) -> None:
    with ward_of(replace(patient, settings=given(day_timezone="UTC")), urls, db) as ward:
        found = database.check_same_database(ward)
    assert found[0].level is Level.BAD
    assert found[0].remedy == "DAY_TIMEZONE=Europe/Moscow"


def test_an_application_that_logs_in_as_the_superuser(patient: House, urls: Urls) -> None:
    mighty = Database(urls.admin, pool_size=1)
    with ward_of(patient, urls, mighty) as ward:
        found = alarming(database.check_roles(ward))
    mighty.close()
    assert [each.level for each in found] == [Level.WARN]
    assert "суперпользователем" in found[0].said


def test_a_pool_larger_than_the_server_allows(patient: House, urls: Urls, db: Database) -> None:
    with ward_of(replace(patient, settings=given(db_pool_size=200)), urls, db) as ward:
        found = database.check_server(ward)
    assert found[0].level is Level.WARN
    assert str(found[0].remedy).startswith("DB_POOL_SIZE=")


HOUSES: list[tuple[Callable[[House, Path], House], Callable[[House], list[Finding]], str, Level]] = [
    (lambda p, _: replace(p, settings=given(telegram_token=None)), house.check_telegram, "чата не будет",
     Level.BAD),
    (lambda p, _: replace(p, settings=given(telegram_token="abc")), house.check_telegram, "не похож",
     Level.WARN),
    (lambda p, _: replace(p, settings=given(api_pace=10)), house.check_settings, "заблокирует", Level.BAD),
    (lambda p, _: replace(p, settings=given(ozon_api_url="http://127.0.0.1:1/ozon")), house.check_settings,
     "не её собственный", Level.WARN),
    (lambda p, _: replace(p, settings=given(worker_threads=10)), house.check_settings, "не хватит",
     Level.WARN),
    (lambda p, _: replace(p, settings=given(recalc_at_utc="01:00")), house.check_settings, "раньше сбора",
     Level.WARN),
    (lambda p, _: replace(p, settings=given(admin_database_url="postgresql://a@b/c")), house.check_settings,
     "встроенной базой", Level.WARN),
    (lambda p, d: replace(p, settings=given(master_key_old_file=d / "no")), house.check_settings,
     "файл, которого нет", Level.WARN),
    (lambda p, _: replace(p, space=lambda _: Space(100 * GIB, 8 * GIB)), house.check_disk, "8%", Level.WARN),
    (lambda p, _: replace(p, space=lambda _: Space(10 * GIB, GIB // 2)), house.check_disk, "0.5 ГиБ",
     Level.BAD),
    (lambda p, d: replace(p, data=d / "new"), house.check_backup, "ещё не делали", Level.WARN),
    (lambda p, _: replace(p, clock=FixedClock(NOW + timedelta(days=8))), house.check_backup, "8 дней назад",
     Level.WARN),
    (lambda p, d: replace(p, keys=KeyFiles(d / "none", d / "old")), house.check_key_files, "ещё нет",
     Level.WARN),
    (lambda p, _: replace(p, settings=given(redis_dsn="redis://:hidden@127.0.0.1:1/0")), house.check_redis,
     "не отвечает", Level.WARN),
]  # fmt: skip


@pytest.mark.parametrize(("breaking", "check", "said", "level"), HOUSES)
def test_what_is_wrong_with_the_house_is_told(
    patient: House, tmp_path: Path, breaking: Callable[[House, Path], House],
    check: Callable[[House], list[Finding]], said: str, level: Level,
) -> None:  # fmt: skip
    assert alarming(check(patient)) == []
    found = alarming(check(breaking(patient, tmp_path)))
    assert [each.level for each in found] == [level]
    assert said in found[0].said
    assert found[0].remedy
    assert "hidden" not in str(found)


def test_packages_of_other_versions_are_named(patient: House, tmp_path: Path) -> None:
    strange = tmp_path / "requirements.txt"
    strange.write_text("# a comment\nsqlalchemy==1.4\nno-such-package==1.0\ntyper[all]==0.29.2\n")
    found = house.check_python(replace(patient, requirements=strange))
    assert found[0].level is Level.WARN
    assert "sqlalchemy" in found[0].said
    assert "no-such-package нет вместо 1.0" in found[0].said
    assert "typer" not in found[0].said


def test_a_key_that_others_may_read(patient: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeyFiles(tmp_path / "master.key", tmp_path / "master.key.old")
    keys.current.write_text("ab" * 32)
    keys.current.chmod(0o640)
    found = house.check_key_files(replace(patient, keys=keys))
    assert [each.remedy for each in found] == [f"chmod 600 {keys.current}"]
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))  # systemd guards the folder itself
    assert alarming(house.check_key_files(replace(patient, keys=keys))) == []


def test_little_room_for_the_months_to_come(patient: House, urls: Urls, db: Database) -> None:
    cramped = replace(patient, space=lambda _: Space(GIB, 1000))
    with ward_of(cramped, urls, db) as ward:
        assert "Места хватит на" in alarming(work.check_growth(ward))[0].said
        assert alarming(work.check_growth(replace(ward, is_embedded=False))) == []


def test_a_database_that_is_away_is_a_finding_without_its_password(patient: House) -> None:
    away = "postgresql+psycopg2://someone:hidden@127.0.0.1:1/ambar"
    found = examine_database(patient, Urls(app=away, admin=away), is_embedded=False)
    assert [each.level for each in found] == [Level.BAD]
    assert "недоступна" in found[0].said
    assert "hidden" not in str(found)


def test_an_empty_database_is_told_so_and_nothing_else(patient: House, server_url: URL) -> None:
    with empty_database(server_url) as empty:
        found = examine_database(patient, Urls(app=shown(empty), admin=shown(empty)), is_embedded=False)
    assert [each.remedy for each in alarming(found)] == ["./ambar migrate"]


def test_a_check_that_breaks_is_a_finding_and_tells_no_values(
    patient: House, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_ward: Ward) -> list[Finding]:
        raise RuntimeError("the password is hidden")

    monkeypatch.setitem(WARD, "roles", broken)  # type: ignore[arg-type]
    found = [each for each in examine_database(patient, urls, is_embedded=True) if each.check == "roles"]
    assert [each.level for each in found] == [Level.BAD]
    assert "RuntimeError" in found[0].said
    assert "hidden" not in str(found)
    assert len(examine_database(patient, urls, is_embedded=True)) > 5


def test_the_command_prints_says_by_its_code_and_keeps_secrets(
    urls: Urls, filled: int, keys: KeyFiles, tmp_path: Path
) -> None:
    with committed(urls, "UPDATE marketplace_account SET state = 'refused'"):
        run_doctor(urls, keys, tmp_path)


def run_doctor(urls: Urls, keys: KeyFiles, tmp_path: Path) -> None:
    environment = {
        **os.environ, "PYTHONPATH": str(repo_root()), "AMBAR_ENV_FILE": "/nonexistent",
        "DATABASE_URL": urls.app, "ADMIN_DATABASE_URL": urls.admin, "AMBAR_DATA": str(tmp_path),
        "MASTER_KEY_FILE": str(keys.current), "TELEGRAM_TOKEN": TELEGRAM,
    }  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-c", TWICE], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told, as_json, _ = done.stdout.split("--- 1\n")
    assert "   ПЛОХО  Организация" in told
    assert "площадка токен не приняла" in told
    assert "ВНИМАНИЕ  Командой ./ambar backup копий базы ещё не делали." in told
    assert "          что делать: ./ambar backup" in told
    assert "Плохо: 1, внимание: 1." in told
    found = json.loads(as_json)
    assert [each["check"] for each in found if each["level"] == "bad"] == ["tokens"]
    secrets = [TELEGRAM, "a-very-secret-token", keys.current.read_text().strip(), "only-for-tests"]
    assert not [each for each in secrets if each in done.stdout + done.stderr]


TWICE = """
import shutil
from app.cli import build
usage = shutil.disk_usage("/")
shutil.disk_usage = lambda path: usage._replace(used=0, free=usage.total)  # this machine's may be full
for words in (["doctor"], ["doctor", "--json"]):
    try:
        build()(words, standalone_mode=False)
    except SystemExit as end:
        print("---", end.code)
"""
"""The command as people and as programs run it, in one process: imports take seconds."""
