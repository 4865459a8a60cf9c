"""/jobs in the chat: what runs, waits and failed; a failed job is repeated or put away by its button."""

import sys
from datetime import timedelta

import pytest

from app.bot.callbacks import JobRequeueCall
from app.bot.screen import key
from app.bot.views import job_news
from app.queue.outbox import PostgresOutbox
from app.queue.port import NewJob
from app.services.jobs import collect_job, recalc_job
from app.services.tell import LOOKS_AWAY, Teller
from tests.bot.conftest import YESTERDAY
from tests.bot.reading import buttons, seen


@pytest.fixture(autouse=True)
def clean(chat):
    with chat.db.platform() as tx:
        tx.run("DELETE FROM dead_letter")
        tx.run("DELETE FROM outbox_event")


@pytest.fixture
def queue(chat):
    return chat.deps.queue


def ask(chat, job):
    with chat.db.platform() as tx:
        return chat.deps.queue.enqueue(tx, job).job_id


def night(chat, person):
    """A night of this person's organisation, waiting."""
    return ask(chat, collect_job(person.tenant_id, YESTERDAY, "t-night"))


def take(chat, job_type="collect"):
    with chat.db.platform() as tx:
        return chat.deps.queue.claim(tx, [job_type])


def fail(chat, sentence="Токен отозван."):
    job = take(chat)
    with chat.db.platform() as tx:
        chat.deps.queue.fail(tx, job, sentence)
    return job.id


def state(chat, job_id):
    with chat.db.platform() as tx:
        return chat.deps.queue.status(tx, job_id).state


async def test_nothing_to_do_is_said(chat):
    olga = chat.person()
    await olga.says("/jobs")
    olga.sees("Задачи", "Ничего не идёт, не ждёт и не сломалось.")


async def test_the_owner_sees_what_runs_waits_and_failed(chat):
    olga = chat.person()
    night(chat, olga)
    failed = fail(chat)
    running = ask(chat, collect_job(olga.tenant_id, YESTERDAY - timedelta(days=1), "t"))
    take(chat)
    with chat.db.platform() as tx:
        tx.run(
            'UPDATE job SET progress = \'{"stage": "продажи WB", "done": 2, "total": 7}\' WHERE id = :id',
            id=running,
        )
    waiting = ask(chat, recalc_job(olga.tenant_id, YESTERDAY, YESTERDAY, "t"))
    await olga.says("/jobs")
    olga.sees(
        "Идут: 1",
        f"{running} сбор данных: продажи WB 2 из 7",
        "Ждут: 1",
        f"{waiting} пересчёт · не раньше 20.11 06:00",
        "Не удались: 1",
        f"{failed} сбор данных · 20.11 06:00",
        "Токен отозван.",
    )
    olga.does_not_see("Что-то сломалось")


async def test_a_failed_job_is_repeated_by_its_button_once(chat):
    olga = chat.person()
    night(chat, olga)
    failed = fail(chat)
    await olga.says("/jobs")
    await olga.taps(f"Повторить {failed}")
    olga.sees("Ждут: 1", f"{failed} сбор данных")
    olga.does_not_see("Не удались")
    assert state(chat, failed) == "todo"
    with chat.db.platform() as tx:
        entry = tx.run("SELECT actor FROM audit_entry WHERE action = 'job.requeued' ORDER BY id DESC").first()
        letter = tx.run("SELECT resolution, resolved_by FROM dead_letter").one()
        ids = tx.run("SELECT id FROM app_user WHERE telegram_id = :id", id=olga.id).scalar_one()
    assert entry.actor == "Ольга"
    assert tuple(letter) == ("requeued", ids)


async def test_a_failed_job_is_put_away_by_its_button(chat):
    olga = chat.person()
    night(chat, olga)
    failed = fail(chat)
    await olga.says("/jobs")
    await olga.taps(f"Убрать {failed}")
    olga.sees("Ничего не идёт, не ждёт и не сломалось.")
    assert state(chat, failed) == "failed"


async def test_a_decision_that_came_too_late_is_a_sentence(chat, queue):
    olga = chat.person()
    night(chat, olga)
    failed = fail(chat)
    await olga.says("/jobs")
    with chat.db.platform() as tx:
        queue.drop(tx, failed)
    await olga.taps(f"Повторить {failed}")
    olga.sees("решения не ждёт")
    assert state(chat, failed) == "failed"


async def test_another_organisations_jobs_are_neither_seen_nor_touched(chat, monkeypatch):
    olga, stranger = chat.person(), chat.person("Чужой")
    night(chat, olga)
    failed = fail(chat)
    await stranger.says("/jobs")
    stranger.does_not_see(str(failed), "Токен отозван")
    night(chat, stranger)
    own = fail(chat)
    # A button made by hand: the number of somebody else's job is in it.
    forged = (key("Повторить", JobRequeueCall(job=failed)),)
    monkeypatch.setattr(sys.modules["app.bot.views.jobs"], "decide", lambda _: forged)
    await stranger.says("/jobs")
    await stranger.taps("Повторить")
    stranger.sees(f"Задачи {failed} нет.")
    assert (state(chat, failed), state(chat, own)) == ("failed", "failed")


async def test_an_administrator_sees_everybodys_jobs_and_the_houses(chat):
    olga = chat.person()
    night(chat, olga)
    failed = fail(chat)
    ask(chat, NewJob(job_type="housekeeping", payload={}, tenant_id=None, trace_id="t"))
    admin = chat.person("Яна", "storekeeper", is_admin=True)
    await admin.says("/jobs")
    admin.sees("Задачи всех организаций", f"{failed} сбор данных · Ромашка", "уборка · служебная")
    await admin.taps(f"Повторить {failed}")
    admin.does_not_see("Не удались")
    assert state(chat, failed) == "todo"


async def test_jobs_are_closed_to_who_may_not(chat):
    keeper = chat.person("Иван", "storekeeper")
    await keeper.says("/jobs")
    keeper.sees("команда /jobs закрыта")


async def test_whoever_asks_for_a_recalculation_is_who_is_told(chat, seller, clock):
    """From the command through the queue to the event: the asker's number goes all the way."""
    busy, chat.api.busy = chat.api.busy, None
    await seller.says("/recalc")
    chat.api.busy = busy
    job = take(chat, "recalc")
    assert job.asked_by is not None
    clock.advance(LOOKS_AWAY)
    with chat.db.platform() as tx:
        chat.deps.queue.ack(tx, job, {"summary": "Пересчитано дней: 35."})
        teller = Teller(db=chat.db, outbox=PostgresOutbox(clock=clock))
        teller.job_done(tx, job, {"summary": "Пересчитано дней: 35."}, clock.now() - job.created_at)
        told = tx.run("SELECT payload FROM outbox_event WHERE topic = 'telegram'").scalar_one()
    await chat.api.quiet()
    assert (told["kind"], told["chat"], told["words"]) == ("job", seller.id, "Пересчитано дней: 35.")


@pytest.mark.parametrize(
    ("state", "head", "button"),
    [("failed", "Не удалось: пересчёт · задача 7", "Повторить 7"), ("done", "Готово: пересчёт", "Прибыль")],
)
def test_the_news_of_a_job_say_what_became_of_it_and_what_can_be_done(state, head, button):
    told = {
        "organisation": "Ромашка & Ко",
        "job_id": 7,
        "job_type": "recalc",
        "state": state,
        "words": "Токен отозван.",
    }
    screen = job_news(told)
    for words in (head, "Ромашка & Ко", "Токен отозван."):
        assert words in seen(screen)
    assert button in buttons(screen)[0]
    assert seen(job_news({**told, "organisation": "", "words": ""})).strip() == screen.head
