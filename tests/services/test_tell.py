"""Who is told what after a night: the digest once, a failure once, an odd count once."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.clock import FixedClock
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.port import ClaimedJob
from app.services.ingestion.collect import Collected
from app.services.night import NightReport
from app.services.tell import Teller, may_hear, unusual
from app.services.tenancy.people import enrol, mark_blocked
from tests.support.worlds import Cabinet, make_cabinet, make_tenant

D = date(2026, 11, 19)
OWNER, ANALYST, STOREKEEPER, ADMIN = 501, 502, 503, 900


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    with db.platform() as tx:
        for table in ("outbox_event", "membership", "app_user"):
            tx.run(f"DELETE FROM {table}")
        house = tx.run("INSERT INTO tenant (name) VALUES ('Хозяева сервера') RETURNING id").scalar_one()
    tenant_id = make_tenant(db, "ИП Лён")
    with db.platform() as tx:
        enrol(tx, ADMIN, "Админ", house, "owner", is_admin=True)
        enrol(tx, OWNER, "Хозяйка", tenant_id, "owner")
        enrol(tx, ANALYST, "Аналитик", tenant_id, "analyst")
        enrol(tx, STOREKEEPER, "Кладовщик", tenant_id, "storekeeper")
    return make_cabinet(db, "WB", tenant_id)


@pytest.fixture
def teller(db: Database) -> Teller:
    return Teller(db=db, outbox=PostgresOutbox(clock=FixedClock(datetime(2026, 11, 20, 3, tzinfo=UTC))))


def told(db: Database) -> list[tuple[str, int, str]]:
    with db.platform() as tx:
        rows = tx.run("SELECT payload FROM outbox_event ORDER BY id").scalars().all()
    return [(row["kind"], row["chat"], row["words"]) for row in rows]


def report(cabinet: Cabinet, *sources: Collected, trace: str = "tonight") -> NightReport:
    return NightReport(
        tenant_id=cabinet.tenant_id, d=D, trace_id=trace, sources={each.source: each for each in sources}
    )


GOOD = Collected(source="wb.sales", rows=10, units=1)


def test_the_digest_goes_to_the_organisations_people_but_storekeepers_once(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    for _ in range(3):
        teller.night(report(cabinet, GOOD))
    assert told(db) == [("digest", OWNER, ""), ("digest", ANALYST, "")]


def test_an_organisation_without_cabinets_is_told_nothing(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    teller.night(report(cabinet))
    assert told(db) == []


def test_a_failure_is_told_to_administrators_once_a_day(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    failed = Collected(source="wb.finance", error="Wildberries отклонил запрос.")
    for _ in range(2):
        teller.night(report(cabinet, GOOD, failed))
    alerts = [each for each in told(db) if each[0] == "alert"]
    words = "ИП Лён, 19.11: финансовый отчёт WB. Wildberries отклонил запрос."
    assert alerts == [("alert", ADMIN, words)]


def test_a_refused_token_is_told_to_whoever_can_bring_another(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    teller.night(report(cabinet, Collected(source="wb.cards", error="Токен истёк.", is_refused=True)))
    alerts = {each[1] for each in told(db) if each[0] == "alert"}
    assert alerts == {OWNER, ADMIN}


def test_while_a_night_comes_back_its_digest_waits_and_nobody_is_alarmed(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    soon = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    down = Collected(source="wb.finance", error="Не отвечает.", is_down=True)
    teller.night(report(cabinet, GOOD, Collected(source="wb.stock", wait_until=soon)), comes_back=True)
    teller.night(report(cabinet, GOOD, down), comes_back=True)
    assert told(db) == []
    teller.night(report(cabinet, GOOD, down))
    assert [each[:2] for each in told(db)] == [("digest", OWNER), ("digest", ANALYST), ("alert", ADMIN)]


def test_the_digest_does_not_wait_past_the_morning(db: Database, teller: Teller, cabinet: Cabinet) -> None:
    noon = Collected(source="wb.finance", wait_until=datetime(2026, 11, 20, 12, tzinfo=UTC))
    teller.night(report(cabinet, GOOD, noon), comes_back=True)
    assert [each[:2] for each in told(db)] == [("digest", OWNER), ("digest", ANALYST)]
    teller.night(report(cabinet, GOOD, noon))
    kind, chat, words = told(db)[-1]
    assert (kind, chat) == ("alert", ADMIN)
    assert "так и не отдала данные" in words


@pytest.mark.parametrize(
    ("rows", "is_odd"), [(29, True), (30, False), (100, False), (300, False), (301, True), (0, True)]
)
def test_a_count_outside_a_third_to_thrice_the_median_is_odd(rows: int, is_odd: bool) -> None:
    past = [100] * 13 + [100_000]
    assert (unusual(rows, past) is not None) == is_odd
    assert unusual(rows, past[:13]) is None, "thirteen nights are too few to judge by"


def nights(db: Database, cabinet: Cabinet, counts: list[tuple[str, int, bool]]) -> None:
    """Complete runs of wb.sales, oldest first: (job, rows, did it only repeat itself)."""
    with db.tenant(cabinet.tenant_id) as tx:
        for number, (trace, rows, is_known) in enumerate(counts):
            told = {"rows": rows, "known": 1} if is_known else {"rows": rows}
            tx.run(
                "INSERT INTO ingest_run (tenant_id, account_id, source, unit, state, counts, trace_id,"
                " finished_at) VALUES (:tenant_id, :account, 'wb.sales', :unit, 'complete',"
                " CAST(:counts AS jsonb), :trace, :at)",
                account=cabinet.id,
                unit=str(number),
                counts=json.dumps(told),
                trace=trace,
                at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number),
            )


USUAL = [(f"night-{number}", 100, False) for number in range(14)]


def odd(db: Database) -> list[str]:
    return [words for kind, _, words in told(db) if kind == "alert"]


def test_an_odd_night_is_told_once(db: Database, teller: Teller, cabinet: Cabinet) -> None:
    nights(db, cabinet, [*USUAL, ("tonight", 20, False)])
    for _ in range(2):
        teller.night(report(cabinet, GOOD))
    words = "ИП Лён, 19.11: продажи WB. Пришло строк: 20, обычно около 100. Проверьте, всё ли на месте."
    assert odd(db) == [words]


def test_all_passes_of_a_night_are_counted_together(db: Database, teller: Teller, cabinet: Cabinet) -> None:
    nights(db, cabinet, [*USUAL, ("tonight", 60, False), ("tonight", 10, False)])
    teller.night(report(cabinet, Collected(source="wb.sales", rows=10, units=2, units_known=1)))
    assert odd(db) == []


def test_an_empty_night_is_the_oddest(db: Database, teller: Teller, cabinet: Cabinet) -> None:
    nights(db, cabinet, [*USUAL, ("tonight", 0, False)])
    teller.night(report(cabinet, Collected(source="wb.sales", rows=0, units=1)))
    assert "Пришло строк: 0" in odd(db)[0]


def test_a_night_that_only_repeats_itself_is_not_odd_and_no_measure(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    repeats = [(f"again-{number}", 0, True) for number in range(20)]
    nights(db, cabinet, [*USUAL, *repeats, ("tonight", 0, True)])
    teller.night(report(cabinet, Collected(source="wb.sales", units=1, units_known=1)))
    assert odd(db) == []
    nights(db, cabinet, [("tomorrow", 500, False)])
    teller.night(report(cabinet, GOOD, trace="tomorrow"))
    assert "Пришло строк: 500, обычно около 100" in odd(db)[0]


def job(tenant_id: int | None, asked_by: int | None = None) -> ClaimedJob:
    return ClaimedJob(
        id=7,
        tenant_id=tenant_id,
        job_type="recalc",
        payload={},
        attempt=1,
        max_attempt=5,
        lease_token="",
        trace_id="t",
        asked_by=asked_by,
    )


def user_id(db: Database, telegram_id: int) -> int:
    with db.platform() as tx:
        return int(tx.run("SELECT id FROM app_user WHERE telegram_id = :t", t=telegram_id).scalar_one())


def test_a_failed_job_is_told_to_whoever_asked_for_it(db: Database, teller: Teller, cabinet: Cabinet) -> None:
    with db.platform() as tx:
        teller.job_failed(tx, job(cabinet.tenant_id, user_id(db, OWNER)), "Токен отозван.")
    assert told(db) == [("job", OWNER, "Токен отозван.")]
    with db.platform() as tx:
        payload = tx.run("SELECT payload FROM outbox_event").scalar_one()
    assert (payload["organisation"], payload["job_id"], payload["state"]) == ("ИП Лён", 7, "failed")


def test_a_failed_job_that_nobody_asked_for_is_told_to_the_administrators(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    with db.platform() as tx:
        teller.job_failed(tx, job(cabinet.tenant_id), "Внутренняя ошибка.")
        teller.job_failed(tx, job(None), "Уборка не закончена.")
    assert told(db) == [("job", ADMIN, "Внутренняя ошибка."), ("job", ADMIN, "Уборка не закончена.")]


def test_whoever_has_blocked_us_leaves_the_news_to_the_administrators(
    db: Database, teller: Teller, cabinet: Cabinet
) -> None:
    with db.platform() as tx:
        tx.run("UPDATE app_user SET blocked_at = now() WHERE telegram_id = :t", t=OWNER)
    with db.platform() as tx:
        teller.job_failed(tx, job(cabinet.tenant_id, user_id(db, OWNER)), "Беда.")
        teller.job_done(tx, job(cabinet.tenant_id, user_id(db, OWNER)), {}, timedelta(hours=1))
    assert told(db) == [("job", ADMIN, "Беда.")]


@pytest.mark.parametrize(("seconds", "is_told"), [(59, False), (60, True)])
def test_a_job_done_is_told_to_who_may_have_looked_away(
    db: Database, teller: Teller, cabinet: Cabinet, seconds: int, is_told: bool
) -> None:
    with db.platform() as tx:
        for asked_by in (user_id(db, OWNER), None):
            teller.job_done(
                tx, job(cabinet.tenant_id, asked_by), {"summary": "Готово."}, timedelta(seconds=seconds)
            )
    assert told(db) == ([("job", OWNER, "Готово.")] if is_told else [])


@pytest.mark.parametrize(
    ("chat", "digest", "alert"),
    [
        (OWNER, True, True),
        (ANALYST, True, True),
        (STOREKEEPER, False, True),
        (ADMIN, False, True),
        (7, False, False),
    ],
)
def test_who_may_still_hear_when_an_event_is_delivered(
    db: Database, cabinet: Cabinet, chat: int, digest: bool, alert: bool
) -> None:
    with db.platform() as tx:
        assert may_hear(tx, chat, cabinet.tenant_id, "digest") is digest
        assert may_hear(tx, chat, cabinet.tenant_id, "alert") is alert
        mark_blocked(tx, chat, datetime(2026, 11, 20, tzinfo=UTC))
        assert not may_hear(tx, chat, cabinet.tenant_id, "alert")


def test_whoever_left_hears_nothing_more_of_the_organisation(db: Database, cabinet: Cabinet) -> None:
    with db.platform() as tx:
        tx.run("DELETE FROM membership WHERE tenant_id = :id AND role = 'analyst'", id=cabinet.tenant_id)
        assert not may_hear(tx, ANALYST, cabinet.tenant_id, "digest")
        assert not may_hear(tx, ANALYST, cabinet.tenant_id, "alert")
