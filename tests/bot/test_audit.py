"""/audit: the owner reads who changed what."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import structlog

from app.bot import views
from app.bot.views.audit import SENTENCES, sentence
from app.core.trace import Actor, acting
from app.repositories.audit import append_audit
from app.services.audit import PAGE, AuditActor, AuditLine, AuditReport
from tests.bot.reading import buttons, seen
from tests.bot.test_connect import quietly


def note(chat, tenant_id, name, action="cost.set", subject="KRS-42", **sides):
    """A change by somebody of this name; the same name is the same person."""
    actor = Actor(None, "Амбар") if name == "Амбар" else Actor(sum(map(ord, name)), name)
    trace = structlog.contextvars.bound_contextvars(trace_id="0123456789ab")
    with acting(actor), trace, chat.db.tenant(tenant_id) as tx:
        append_audit(tx, action, subject, **sides)


async def test_the_owner_reads_what_the_manager_changed(chat, seller):
    petr = chat.person("Пётр", "manager", seller.tenant_id)
    await petr.says("/cost KRS-42 350")
    await petr.taps("Отменить")
    await quietly(chat, seller, "/recalc 01.11.2026 15.11.2026")
    await quietly(chat, seller, "/audit")
    seller.sees(
        "Пётр",
        "себестоимость KRS-42: не было → 350 ₽ с 19.11.2026",
        "себестоимость возвращена, KRS-42: 350 ₽ → не было с 19.11.2026",
        "пересчёт 01.11.2026–15.11.2026, задача",
    )
    assert seller.screen.index("пересчёт") < seller.screen.index("возвращена"), "the newest first"


async def test_one_persons_changes_are_a_button_or_a_name_away(chat):
    olga = chat.person()
    for name, subject in [("Пётр", "A-1"), ("Вера", "B-2"), ("Амбар", "C-3")]:
        note(chat, olga.tenant_id, name, subject=subject)
    await olga.says("/audit")
    olga.sees("A-1", "B-2", "C-3", "Амбар")
    await olga.taps("Вера")
    olga.sees("Кто что менял · Вера", "B-2")
    olga.does_not_see("A-1", "C-3")
    await olga.taps("Амбар")
    olga.sees("C-3")
    olga.does_not_see("B-2")
    await olga.taps("Все")
    olga.sees("A-1", "B-2", "C-3")
    await olga.says("/audit пёт")
    olga.sees("A-1")
    olga.does_not_see("B-2")
    await olga.says("/audit Никто")
    olga.sees("«Никто» здесь ничего не менял")


async def test_a_name_of_two_people_is_asked_about(chat):
    olga = chat.person()
    note(chat, olga.tenant_id, "Анна")
    note(chat, olga.tenant_id, "Иоанна")
    await olga.says("/audit анн")
    olga.sees("подходит нескольким: Анна, Иоанна")
    await olga.says("/audit Анна")
    olga.sees("Кто что менял · Анна")


async def test_many_changes_are_read_page_by_page(chat):
    olga = chat.person()
    for n in range(PAGE * 2 + 1):
        note(chat, olga.tenant_id, "Пётр", subject=f"N-{n:02}.")
    await olga.says("/audit")
    olga.sees("стр. 1/3", f"N-{PAGE * 2:02}.", f"N-{PAGE + 1:02}.")
    olga.does_not_see(f"N-{PAGE:02}.")
    await olga.taps("2 →")
    olga.sees("стр. 2/3", f"N-{PAGE:02}.", "N-01.")
    await olga.taps("3 →")
    olga.sees("N-00.")
    await olga.taps("← 2")
    olga.sees("стр. 2/3")


async def test_a_page_of_one_person_stays_theirs(chat):
    olga = chat.person()
    for n in range(PAGE + 1):
        note(chat, olga.tenant_id, "Пётр", subject=f"P-{n:02}.")
    note(chat, olga.tenant_id, "Вера", subject="V-00.")
    await olga.says("/audit пётр")
    await olga.taps("2 →")
    olga.sees("P-00.", "стр. 2/2", "· Пётр ·")
    olga.does_not_see("V-00.")


async def test_an_organisation_reads_its_own_changes_only(chat):
    olga, other = chat.person(), chat.person("Чужой")
    note(chat, olga.tenant_id, "Пётр")
    await other.says("/audit")
    other.sees("Здесь ещё никто ничего не менял")
    await other.says("/audit Пётр")
    other.sees("здесь ничего не менял")


@pytest.mark.parametrize("role", ["manager", "analyst", "storekeeper"])
async def test_who_does_not_own_it_does_not_read_it(chat, role):
    somebody = chat.person("Иван", role)
    await somebody.says("/audit")
    somebody.sees("команда /audit закрыта")


async def test_to_administer_the_installation_opens_nobodys_journal(chat):
    olga = chat.person()
    yana = chat.person("Яна", "storekeeper", olga.tenant_id, is_admin=True)
    note(chat, olga.tenant_id, "Пётр")
    await yana.says("/audit")
    yana.sees("команда /audit закрыта")
    yana.does_not_see("KRS-42")


# --- the view

LINE = AuditLine(
    at=datetime(2026, 11, 20, 21, 30, tzinfo=UTC),
    actor="Ольга",
    action="cost.set",
    subject="KRS-42",
    before={"price": "300.00", "since": "2026-11-01"},
    after={"price": "350.50", "since": "2026-11-01"},
    trace_id="0123456789abcdef",
)
OLGA = AuditActor(actor_id=7, name="Ольга", entries=1)
REPORT = AuditReport(organisation="Ромашка", lines=(LINE,), actors=(OLGA,), who=None, page=0, pages=1)


def test_a_change_is_told_with_its_time_its_person_and_a_short_number():
    shown = seen(views.audit(REPORT))
    assert "21.11 00:30 Ольга" in shown, "in the reader's time zone"
    assert "себестоимость KRS-42: 300 ₽ → 350,50 ₽ с 01.11.2026 · № 01234567" in shown
    assert "89abcdef" not in shown
    assert buttons(views.audit(REPORT)) == [], "nobody to choose between"


@pytest.mark.parametrize(
    ("action", "before", "after", "told"),
    [
        ("person.role", {"role": "analyst"}, {"role": "manager"}, "роль X: аналитик → менеджер"),
        ("person.joined", None, {"role": "storekeeper"}, "X теперь в организации: кладовщик"),
        ("person.removed", {"role": "analyst"}, None, "X больше не в организации"),
        ("invite.made", None, {"role": "manager"}, "сделано приглашение: X"),
        ("cabinet.connected", None, {"token_tail": "abcd"}, "подключён кабинет «X», токен …abcd"),
        ("cabinet.token", {"token_tail": "abcd"}, {"token_tail": "wxyz"},
         "новый токен кабинета «X», токен …abcd → …wxyz"),
        ("cabinet.renamed", {"name": "Y"}, {"name": "X"}, "кабинет переименован: «Y» → «X»"),
        ("org.renamed", {"name": "Y"}, {"name": "X"}, "организация переименована: «Y» → «X»"),
        ("collect.asked", None, {"d": "2026-11-19"}, "сбор данных за 19.11.2026, X"),
        ("job.failed", None, {"error": "нет токена"}, "не удалась X: нет токена"),
        ("job.dropped", None, {"job_type": "recalc"}, "снята X"),
        ("of.tomorrow", {"a": 1, "b": 2}, {"a": 1, "b": 3}, "of.tomorrow: X · b: 2 → 3"),
        ("of.tomorrow", None, None, "of.tomorrow: X"),
        ("cost.set", {"price": "мусор"}, {}, "себестоимость X: мусор → не было"),
    ],
)  # fmt: skip
def test_every_action_has_its_words(action, before, after, told):
    assert _plain(sentence(replace(LINE, action=action, subject="X", before=before, after=after))) == told


def test_no_action_breaks_on_an_entry_that_says_nothing():
    for action in SENTENCES:
        assert sentence(replace(LINE, action=action, subject="{}", before=None, after=None))


def test_long_values_are_cut():
    monster = replace(LINE, action="x.y", subject="S" * 900, before={"v": "B" * 900}, after={"v": "A" * 900})
    assert len(sentence(monster)) < 300
    eight = replace(REPORT, lines=(replace(monster, actor="И" * 900),) * PAGE)
    assert "…ещё" not in seen(views.audit(eight)), "a page of the longest entries still fits"


def _plain(said):
    return said.replace("\u00a0", " ").replace("\u202f", " ")
