"""``./ambar jobs``: the operator's look at the line, and what is done with what failed."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from app.cli import build
from app.core.clock import SystemClock
from app.core.config import get_settings
from app.core.errors import BadInput, Conflict, NotFound
from app.db.install import Urls
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.port import NewJob
from app.queue.postgres import PostgresQueue
from app.queue.states import State
from tests.support.worlds import make_tenant

QUEUE = PostgresQueue(clock=SystemClock())
OUTBOX = PostgresOutbox(clock=SystemClock())


@pytest.fixture(autouse=True)
def installation(db: Database, urls: Urls, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of this test's database, and nothing in its line."""
    with db.platform() as tx:
        for table in ("job", "dead_letter", "outbox_event"):
            tx.run(f"DELETE FROM {table}")
    monkeypatch.setenv("DATABASE_URL", urls.app)
    monkeypatch.setenv("ADMIN_DATABASE_URL", urls.admin)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("app.core.logging.configure", lambda *_: None)  # it would outlive the test
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def ambar(*words: str) -> str:
    result: Result = CliRunner().invoke(build(), ["jobs", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def ask(db: Database, tenant_id: int | None, job_type: str = "collect") -> int:
    with db.platform() as tx:
        return QUEUE.enqueue(
            tx, NewJob(job_type=job_type, payload={}, tenant_id=tenant_id, trace_id="t-17")
        ).job_id


def failed(db: Database, tenant_id: int | None) -> int:
    job_id = ask(db, tenant_id)
    with db.platform() as tx:
        job = QUEUE.claim(tx, ["collect"])
        assert job is not None
        QUEUE.fail(tx, job, "Токен [red]отозван[/].")
    return job_id


def state(db: Database, job_id: int) -> State:
    with db.platform() as tx:
        status = QUEUE.status(tx, job_id)
    assert status is not None
    return status.state


def test_an_empty_line_is_counted_too() -> None:
    assert ambar() == "Задачи — идут: 0, ждут: 0, не удались: 0, готовы: 0.\n"


def test_the_line_of_all_organisations_is_listed(db: Database) -> None:
    lost = failed(db, make_tenant(db, "ИП Лён"))
    waiting = ask(db, None, "housekeeping")
    said = ambar()
    assert "ждут: 1, не удались: 1" in said
    row = next(line for line in said.splitlines() if line.startswith(str(lost)))
    for cell in ("не удалась", "сбор данных", "ИП Лён", "1/5", "Токен [red]отозван[/]."):
        assert cell in row
    assert any("уборка" in line and line.startswith(str(waiting)) for line in said.splitlines())


def test_one_job_is_told_whole(db: Database) -> None:
    said = ambar("show", str(failed(db, make_tenant(db, "ИП Лён"))))
    for words in ("сбор данных · не удалась", "ИП Лён", "1 из 5", "Токен [red]отозван[/].", "t-17"):
        assert words in said
    with pytest.raises(NotFound):
        ambar("show", "999999999")


def test_a_failed_job_is_put_back_or_dropped_once(db: Database) -> None:
    back, gone = failed(db, None), failed(db, make_tenant(db))
    assert "снова в очереди" in ambar("requeue", str(back))
    assert "убрана" in ambar("drop", str(gone))
    assert (state(db, back), state(db, gone)) == (State.TODO, State.FAILED)
    for words in (("requeue", back), ("drop", gone)):
        with pytest.raises(Conflict):
            ambar(words[0], str(words[1]))
    with db.platform() as tx:
        hands = tx.run(
            "SELECT DISTINCT actor FROM audit_entry WHERE action IN ('job.requeued', 'job.dropped')"
        )
        assert hands.scalars().all() == ["командная строка"]


def test_messages_that_were_given_up_are_listed_and_sent_anew(db: Database) -> None:
    tenant_id = make_tenant(db)
    assert "Таких сообщений нет" in ambar("outbox")
    with db.tenant(tenant_id) as tx:
        for chat in ("1", "2", "3"):
            OUTBOX.append(tx, "telegram", f"chat:{chat}", {}, trace_id="t")
    with db.platform() as tx:
        waiting = [each.id for each in OUTBOX.list(tx)]
        tx.run(
            "UPDATE outbox_event SET given_up_at = now(), attempts = 15, error = 'Чат закрыт.'"
            " WHERE id = ANY(:ids)",
            ids=waiting[:2],
        )
    assert "Сообщений, которые так и не отправились: 2" in ambar()
    said = ambar("outbox")
    assert said.count("Чат закрыт.") == 2
    assert "chat:3" in ambar("outbox", "--waiting")
    assert "chat:3" not in said
    with pytest.raises(BadInput):
        ambar("resend")
    assert "Снова на отправку: 1." in ambar("resend", str(waiting[0]))
    assert "Снова на отправку: 1." in ambar("resend", "--all")
    with db.platform() as tx:
        assert [each.id for each in OUTBOX.list(tx)] == waiting
