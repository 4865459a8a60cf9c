"""Checks of the server and of what the migrations made: versions, roles, walls, months, counters."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.core.config import Settings
from app.db.install import alembic_config
from app.db.partitions import PARTITIONED, shift_month
from app.db.roles import APP, BACKUP, OWNER, PLATFORM, find_gap
from app.services.doctor.finding import Finding, Ward, bad, ok, warn

SUPPORTED = range(15, 19)
MONTHS_NEEDED = 2
PROCESSES = 3
"""Bot, worker and web hold a pool each."""

CLOCK_TOLERATED, CLOCK_ABSURD = timedelta(seconds=5), timedelta(seconds=60)

SPOKEN_OF: Mapping[str, tuple[tuple[str, str], ...]] = {
    "job": (("dead_letter", "job_id"), ("job_checkpoint", "job_id"), ("chunk", "job_id")),
    "ingest_run": (("raw_payload", "run_id"),),
    "app_user": (("audit_entry", "actor_id"),),
}
"""Who speaks of ids without a foreign key: a counter that begins anew would make them speak of others."""


def check_server(ward: Ward) -> list[Finding]:
    """PostgreSQL of a version that Ambar is tested on, with connections enough."""
    number = int(ward.admin.scalar(text("SHOW server_version_num")) or 0)
    said = str(ward.admin.scalar(text("SHOW server_version")))
    if number // 10_000 not in SUPPORTED:
        return [bad(f"PostgreSQL {said}: Амбар работает с версиями 15–18.", "обновите сервер pg_upgrade")]
    most = int(ward.admin.scalar(text("SHOW max_connections")) or 0)
    pool = ward.house.settings.db_pool_size
    if pool * PROCESSES > most - 5:
        return [
            warn(
                f"PostgreSQL {said}: соединений {most}, а трём процессам нужно до {pool * PROCESSES}.",
                f"DB_POOL_SIZE={max((most - 5) // PROCESSES, 1)}",
            )
        ]
    return [ok(f"PostgreSQL {said}.")]


def check_migrations(ward: Ward) -> list[Finding]:
    """The schema is the one that this program was written for."""
    scripts = ScriptDirectory.from_config(alembic_config(""))
    head = scripts.get_current_head()
    # Asked of the catalogue first: a table that is not there is no error here.
    if ward.admin.scalar(text("SELECT to_regclass('public.alembic_version') IS NULL")):
        return [bad("База пустая: схемы в ней ещё нет.", "./ambar migrate")]
    ward.admin.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    here = ward.admin.scalar(text("SELECT version_num FROM alembic_version"))
    ward.admin.exec_driver_sql("RESET ROLE")
    if here == head:
        return [ok(f"Схема последней версии ({head}).")]
    if here not in {script.revision for script in scripts.walk_revisions()}:
        return [bad(f"Схема {here} новее программы: её сделала другая версия Амбара.", "обновите программу")]
    return [bad(f"Схема {here}, а программе нужна {head}.", "./ambar migrate")]


def check_roles(ward: Ward) -> list[Finding]:
    """The four roles, who may become them, and that nobody has more than he needs."""
    gap = find_gap(ward.admin)
    found = [bad("Не хватает роли или права.", f"{statement};") for statement in gap.statements]
    for row in ward.admin.execute(
        text("SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = ANY(:names)"),
        {"names": [OWNER, APP, PLATFORM, BACKUP]},
    ):
        if row.rolsuper:
            found.append(
                bad(f"Роль {row.rolname} — суперпользователь.", f"ALTER ROLE {row.rolname} NOSUPERUSER;")
            )
        if row.rolbypassrls and row.rolname != BACKUP:
            found.append(bad(f"Роль {row.rolname} не видит стен.", f"ALTER ROLE {row.rolname} NOBYPASSRLS;"))
        if row.rolcanlogin:
            found.append(warn(f"Под ролью {row.rolname} можно войти.", f"ALTER ROLE {row.rolname} NOLOGIN;"))
    return [*found, *_login(ward)] or [ok("Роли и членство в них на месте.")]


def _login(ward: Ward) -> Iterator[Finding]:
    """The application's login holds nothing until it takes a role."""
    with ward.db.engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT session_user AS name, (SELECT rolsuper OR rolbypassrls FROM pg_roles "
                "WHERE rolname = session_user) AS mighty, "
                "has_table_privilege(session_user, 'public.tenant', 'SELECT') AS inherits"
            )
        ).one()
    if row.mighty:
        yield warn(
            f"DATABASE_URL входит суперпользователем ({row.name}): стены держит только программа.",
            "заведите отдельного пользователя: README, раздел о своём сервере PostgreSQL",
        )
    elif row.inherits:
        yield bad(f"Пользователь {row.name} наследует права ролей.", f"ALTER ROLE {row.name} NOINHERIT;")


def check_months(ward: Ward) -> list[Finding]:
    """Every partitioned table has this month and the next ones: a row without a month is refused."""
    today = ward.house.clock.now().date().replace(day=1)
    there = set(
        ward.admin.scalars(
            text(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "JOIN pg_class p ON p.oid = i.inhparent WHERE p.relnamespace = 'public'::regnamespace"
            )
        )
    )
    found: list[Finding] = []
    for ahead in range(MONTHS_NEEDED + 1):
        month = shift_month(today, ahead)
        lacking = [parent for parent in PARTITIONED if f"{parent}_{month:%Y_%m}" not in there]
        if lacking:
            say = warn if ahead else bad
            found.append(
                say(f"Нет месяца {month:%m.%Y} у таблиц: {', '.join(lacking)}.", "./ambar housekeep")
            )
    return found or [ok(f"Месяцы таблиц заготовлены до {shift_month(today, MONTHS_NEEDED):%m.%Y}.")]


def check_counters(ward: Ward) -> list[Finding]:
    """The next id of every table is one that nothing has, and nothing speaks of."""
    ward.admin.exec_driver_sql(f"SET LOCAL ROLE {BACKUP}")
    try:
        found = list(_behind(ward))
    finally:
        ward.admin.exec_driver_sql("RESET ROLE")
    return found or [ok("Счётчики идут впереди своих таблиц.")]


def _behind(ward: Ward) -> Iterator[Finding]:
    for row in ward.admin.execute(
        text(
            "SELECT c.relname AS name, a.attname AS field, "
            "pg_get_serial_sequence('public.' || quote_ident(c.relname), a.attname) AS counter "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attidentity <> '' "
            "AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition ORDER BY c.relname"
        )
    ).all():
        asked = [(row.name, row.field), *SPOKEN_OF.get(row.name, ())]
        highest = max(
            int(
                ward.admin.exec_driver_sql(
                    f'SELECT coalesce(max("{field}"), 0) FROM public."{table}"'
                ).scalar_one()
            )
            for table, field in asked
        )
        following = int(
            ward.admin.exec_driver_sql(
                f"SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM {row.counter}"
            ).scalar_one()
        )
        if following <= highest:
            yield bad(
                f"Счётчик {row.name} отстал: следующий номер {following}, а {highest} уже занят.",
                f"SELECT setval('{row.counter}', {highest});",
            )


def check_clock(ward: Ward) -> list[Finding]:
    """The database's clock and the machine's: leases, digests and days are counted by both."""
    theirs = ward.admin.scalar(text("SELECT clock_timestamp()"))
    assert theirs is not None
    apart = abs(theirs - ward.house.clock.now())
    if apart < CLOCK_TOLERATED:
        return [ok("Часы базы и этой машины идут вместе.")]
    say = bad if apart > CLOCK_ABSURD else warn
    said = f"Часы базы и этой машины разошлись на {apart.total_seconds():.0f} с."
    return [say(said, "timedatectl set-ntp true — на обеих машинах")]


def check_same_database(ward: Ward) -> list[Finding]:
    """Both addresses lead to one database, installed with the days that are set."""
    asked = text("SELECT installed_at, day_timezone FROM installation")
    ward.admin.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    admin = ward.admin.execute(asked).one_or_none()
    ward.admin.exec_driver_sql("RESET ROLE")
    with ward.db.platform() as tx:
        app = tx.session.execute(asked).one_or_none()
    if admin is None or app is None:
        return [bad("В базе нет отметки об установке.", "./ambar restore ПОСЛЕДНЯЯ_КОПИЯ --replace")]
    if admin != app:
        return [
            bad(
                "DATABASE_URL и ADMIN_DATABASE_URL ведут в разные базы: копии делались бы не с той.",
                "исправьте ADMIN_DATABASE_URL",
            )
        ]
    return _days(app.day_timezone, ward.house.settings)


def _days(installed: str, settings: Settings) -> list[Finding]:
    if installed != settings.day_timezone:
        return [
            bad(
                f"База заведена с сутками {installed}, а DAY_TIMEZONE={settings.day_timezone}: "
                "Амбар не запустится.",
                f"DAY_TIMEZONE={installed}",
            )
        ]
    return [ok(f"Оба адреса ведут в одну базу, сутки {installed}.")]
