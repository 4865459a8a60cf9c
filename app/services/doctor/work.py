"""Checks of the work itself: tokens that open and last, lines that move, nights that come, room to grow."""

from datetime import datetime, timedelta

from sqlalchemy import text

from app.core.crypto import Vault
from app.core.errors import AmbarError
from app.core.master_key import read_key
from app.db.partitions import shift_month
from app.db.session import PlatformTx
from app.repositories.accounts import StoredAccount, list_accounts
from app.repositories.seals import every_tenant
from app.services.doctor.finding import Finding, Ward, bad, days, ok, warn
from app.services.tenancy.connect import account_aad

EXPIRES_SOON = timedelta(days=14)
JOB_LATE, JOB_STUCK = timedelta(hours=1), timedelta(hours=6)
TELLING_LATE = timedelta(minutes=15)
NIGHT_LATE = timedelta(hours=36)
"""A night and half a day: one that waited for a marketplace's budget is not alarming."""

FIRING_LATE = timedelta(hours=25)
NIGHTLY = "collect_yesterday_data"
MONTHS_LEFT = 3
GIB = 1024**3


def check_tokens(ward: Ward) -> list[Finding]:
    """Every cabinet's token opens, is accepted, and lasts for a while."""
    now, keys = ward.house.clock.now(), ward.house.keys
    try:
        vault = Vault(read_key(keys.current), keys)
    except AmbarError:
        vault = None
    found: list[Finding] = []
    cabinets = 0
    for tenant_id in _tenants(ward):
        with ward.db.tenant(tenant_id) as tx:
            accounts = [account for account in list_accounts(tx) if account.state != "off"]
        cabinets += len(accounts)
        for account in accounts:
            found += _token(account, vault, now) if vault else []
    if cabinets and vault is None:
        remedy = f"верните {keys.current} из сохранённой копии"
        return [bad(f"Ключа нет, а кабинетов {cabinets}: токены не открыть.", remedy)]
    old = sum(1 for each in found if each.remedy == "./ambar keys rotate")
    found = [each for each in found if each.remedy != "./ambar keys rotate"]
    if old:
        found.append(warn(f"Прежним ключом зашифровано токенов: {old}.", "./ambar keys rotate"))
    return found or [ok(f"Кабинетов: {cabinets}, все токены открываются и действуют.")]


def _token(account: StoredAccount, vault: Vault, now: datetime) -> list[Finding]:
    who = f"Организация {account.tenant_id}, кабинет «{account.name}»"
    anew = "попросите владельца прислать боту новый токен: /connect"
    found: list[Finding] = []
    try:
        vault.decrypt(account.sealed, account_aad(account.tenant_id, account.marketplace, account.seller_key))
    except AmbarError as error:
        return [bad(f"{who}: {error}", anew)]
    if account.state == "refused":
        found.append(bad(f"{who}: площадка токен не приняла.", anew))
    if account.expires_at is not None and account.expires_at <= now:
        found.append(bad(f"{who}: токен истёк {account.expires_at:%d.%m.%Y}.", anew))
    elif account.expires_at is not None and account.expires_at <= now + EXPIRES_SOON:
        left = days((account.expires_at - now).days)
        found.append(warn(f"{who}: токен истекает {account.expires_at:%d.%m.%Y} (через {left}).", anew))
    if account.sealed.key_id != vault.key_id:
        found.append(warn(f"{who}: токен зашифрован прежним ключом.", "./ambar keys rotate"))
    return found


def check_lines(ward: Ward) -> list[Finding]:
    """Work and messages leave as fast as they come; what was given up has been looked at."""
    now = ward.house.clock.now()
    found: list[Finding] = []
    with ward.db.platform() as tx:
        due = _instant(tx, "SELECT min(run_at) FROM job WHERE state = 'todo' AND run_at <= :now", now)
        told = _instant(
            tx,
            "SELECT min(next_try_at) FROM outbox_event "
            "WHERE published_at IS NULL AND given_up_at IS NULL AND next_try_at <= :now",
            now,
        )
        dead = tx.run("SELECT count(*) FROM dead_letter WHERE resolution IS NULL").scalar_one()
        given_up = tx.run("SELECT count(*) FROM outbox_event WHERE given_up_at IS NOT NULL").scalar_one()
    if due is not None and now - due > JOB_LATE:
        say = bad if now - due > JOB_STUCK else warn
        found.append(
            say(
                f"Старейшая работа ждёт {_long(now - due)}: исполнители стоят или не успевают.", "./ambar run"
            )
        )
    if told is not None and now - told > TELLING_LATE:
        found.append(
            warn(
                f"Старейшее сообщение ждёт отправки {_long(now - told)}.",
                "./ambar run; проверьте TELEGRAM_PROXY",
            )
        )
    if dead:
        found.append(warn(f"Работ, от которых отказались: {dead}.", "./ambar jobs"))
    if given_up:
        found.append(warn(f"Сообщений, которые не удалось отправить: {given_up}.", "./ambar jobs"))
    return found or [ok("Очередь работ и отправка не отстают.")]


def check_nights(ward: Ward) -> list[Finding]:
    """The clock fires, and every cabinet has had its night."""
    now = ward.house.clock.now()
    tenants = _tenants(ward)
    if not tenants:
        return [ok("Организаций пока нет.")]
    found: list[Finding] = []
    with ward.db.platform() as tx:
        fired = tx.run("SELECT max(fired_at) FROM firing WHERE job = :job", job=NIGHTLY).scalar()
    if fired is None:
        found.append(warn("Расписание ещё ни разу не сработало.", "./ambar run"))
    elif now - fired > FIRING_LATE:
        found.append(bad(f"Расписание молчит {_long(now - fired)}.", "./ambar run"))
    for tenant_id in tenants:
        with ward.db.tenant(tenant_id) as tx:
            rows = tx.run(
                "SELECT a.name, a.created_at, max(c.completed_at) AS last FROM marketplace_account a "
                "LEFT JOIN coverage c ON c.tenant_id = a.tenant_id AND c.account_id = a.id "
                "WHERE a.tenant_id = :tenant_id AND a.state = 'active' GROUP BY a.id, a.name, a.created_at"
            ).all()
        for row in rows:
            if now - (row.last or row.created_at) > NIGHT_LATE:
                since = f"{row.last:%d.%m.%Y %H:%M} UTC" if row.last else "подключения"
                said = f"Организация {tenant_id}, кабинет «{row.name}»: новых данных нет с {since}."
                found.append(warn(said, "./ambar nightly"))
    return found or [ok("Расписание работает, ночной сбор был у каждого кабинета.")]


def check_growth(ward: Ward) -> list[Finding]:
    """How much a month of raw replies takes, and for how long there is room where they lie."""
    today = ward.house.clock.now().date().replace(day=1)
    month = max(_size(ward, f"raw_payload_{shift_month(today, -back):%Y_%m}") for back in (0, 1))
    whole = int(ward.admin.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    said = f"База занимает {whole / GIB:.2f} ГиБ, месяц ответов площадок — {month / GIB:.2f} ГиБ."
    if not ward.is_embedded:
        return [ok(said)]
    lasts = ward.house.space(ward.house.data).free / max(month, 1)
    if lasts < MONTHS_LEFT:
        return [
            warn(f"{said} Места хватит на {lasts:.1f} мес.", "уменьшите RAW_KEEP_MONTHS: ./ambar housekeep")
        ]
    return [ok(said)]


def _size(ward: Ward, table: str) -> int:
    asked = text("SELECT coalesce(pg_total_relation_size(to_regclass('public.' || :name)), 0)")
    return int(ward.admin.scalar(asked, {"name": table}) or 0)


def _instant(tx: PlatformTx, sql: str, now: datetime) -> datetime | None:
    at: datetime | None = tx.run(sql, now=now).scalar()
    return at


def _tenants(ward: Ward) -> list[int]:
    with ward.db.platform() as tx:
        return every_tenant(tx)


def _long(span: timedelta) -> str:
    """A span as one says it."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} мин"
    return f"{minutes // 60} ч" if minutes < 48 * 60 else days(minutes // 1440)
