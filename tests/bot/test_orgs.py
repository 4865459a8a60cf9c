"""Several organisations of one person, several cabinets of one organisation, an operator's administrators."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.bot.callbacks import unstamped
from app.core.errors import NotAllowed
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.tenancy import registration
from app.services.tenancy.connect import CheckedToken
from app.services.tenancy.people import enrol, read_person
from tests.bot.conftest import stocked
from tests.bot.test_people import audit
from tests.support.worlds import make_tenant


def joins(chat, somebody, organisation, role):
    """They belong to another organisation too, and look at it now; its id."""
    tenant_id = make_tenant(chat.db, organisation)
    with chat.db.platform() as tx:
        enrol(tx, somebody.id, somebody.name, tenant_id, role)
    return tenant_id


def state_of(chat, cabinet):
    with chat.db.tenant(cabinet.tenant_id) as tx:
        return tx.run(
            "SELECT state, name FROM marketplace_account WHERE tenant_id = :tenant_id AND id = :id",
            id=cabinet.id,
        ).one()


# ---- several organisations


async def test_a_person_switches_and_every_screen_says_where_they_are(chat, seller):
    joins(chat, seller, "Василёк", "analyst")
    await seller.says("/org")
    seller.sees("Вы в «Василёк»", "▫️ Ромашка — владелец", "✓ Василёк — аналитик")
    await seller.says("/pnl 1")
    seller.sees("движений денег нет", "в организации Василёк")
    await seller.says("/org")
    await seller.taps("Ромашка")
    seller.sees("Теперь вы в «Ромашка»", "владелец")
    await seller.says("/pnl 1")
    seller.sees_rubles("К выплате", "1 600")
    seller.sees("в организации Ромашка")


async def test_whoever_has_one_organisation_is_not_told_which(chat, seller):
    await seller.says("/pnl 1")
    seller.does_not_see("в организации")


async def test_the_name_is_not_said_twice(chat, seller):
    joins(chat, seller, "Василёк", "analyst")
    await seller.says("/status")
    seller.sees("Статус · Василёк")
    seller.does_not_see("в организации")


async def test_a_button_drawn_in_one_organisation_does_nothing_in_another(chat, seller):
    await seller.says("/pnl 7")
    before = seller.screen
    joins(chat, seller, "Василёк", "owner")
    await seller.taps("30 дней")
    seller.sees("Этот экран — другой организации, а сейчас вы в «Василёк»")
    assert "Прибыль за 7 дней" in before
    assert not chat.api.called("editMessageText")


async def test_a_change_is_never_undone_in_another_organisation(chat, seller):
    await seller.says("/cost KRS-42 350")
    joins(chat, seller, "Василёк", "owner")
    await seller.taps("Отменить")
    seller.sees("другой организации")
    await seller.says("/org")
    await seller.taps("Ромашка")
    await seller.says("/pnl 1")
    seller.sees_rubles("Прибыль", "900")


async def test_a_button_of_an_older_version_works_only_where_there_is_no_doubt(chat, seller):
    await seller.says("/pnl 7")
    for message in seller.chat.messages:
        for key in (key for keys in message.keyboard for key in keys):
            key["callback_data"] = unstamped(key["callback_data"])[1]
    await seller.taps("14")
    seller.sees("Прибыль за 14 дней")
    for message in seller.chat.messages:
        for key in (key for keys in message.keyboard for key in keys):
            key["callback_data"] = unstamped(key["callback_data"])[1]
    joins(chat, seller, "Василёк", "owner")
    await seller.taps("30 дней")
    seller.sees("другой организации")


async def test_a_switch_works_from_any_screen(chat, seller):
    other = joins(chat, seller, "Василёк", "analyst")
    await seller.says("/org")
    await seller.taps("Ромашка")
    assert other
    await seller.says("/org")
    await seller.taps("Василёк")
    seller.sees("Теперь вы в «Василёк»")
    await seller.taps("Сегодня")
    seller.sees("Василёк")


async def test_nobody_switches_to_an_organisation_they_are_not_in(chat, seller):
    joins(chat, seller, "Василёк", "analyst")
    foreign = chat.person("Чужой", tenant_id=make_tenant(chat.db, "Чужая")).tenant_id
    await seller.says("/org")
    for key in (key for m in seller.chat.messages for keys in m.keyboard for key in keys):
        key["callback_data"] = f"o:{foreign}"
    await seller.taps("Ромашка")
    seller.sees("В этой организации вас нет")
    await seller.says("/status")
    seller.sees("Статус · Василёк")


async def test_a_key_asked_for_in_one_organisation_is_not_taken_for_another(chat):
    olga = chat.person()
    await olga.says("/connect")
    await olga.taps("Wildberries")
    joins(chat, olga, "Василёк", "owner")
    await olga.says("eyJhbGciOiJ.eyJzIjoxfQ.c2lnbmF0")
    olga.sees("начат в другой организации")
    assert olga.deleted("eyJhbGciOiJ.eyJzIjoxfQ.c2lnbmF0")
    assert chat.checker.asked == []


async def test_an_owner_renames_the_organisation(chat):
    olga = chat.person()
    await olga.says("/org")
    await olga.taps("Переименовать")
    olga.sees("Новое название для «Ромашка»?")
    await olga.says("   ИП   Иванова  ")
    olga.sees("Организация теперь называется «ИП Иванова»")
    await olga.says("/status")
    olga.sees("Статус · ИП Иванова")
    assert audit(chat, olga.tenant_id) == [("org.renamed", "Ольга", "ИП Иванова")]


@pytest.mark.parametrize("name", ["…", "х" * 65])
async def test_a_name_of_nothing_is_refused_and_another_may_follow(chat, name):
    olga = chat.person()
    await olga.says("/org")
    await olga.taps("Переименовать")
    await olga.says(name)
    olga.sees("от 1 до 64 знаков")
    await olga.says("Лютик")
    olga.sees("«Лютик»")


async def test_only_an_owner_is_offered_to_rename(chat):
    olga = chat.person()
    vera = chat.person("Вера", "manager", olga.tenant_id)
    await vera.says("/org")
    vera.sees("✓ Ромашка — менеджер")
    vera.does_not_see("Переименовать", "Завести")


async def test_renaming_begun_is_left_by_its_button_and_by_a_day(chat):
    olga = chat.person()
    await olga.says("/org")
    await olga.taps("Переименовать")
    await olga.taps("Отмена")
    await olga.says("Лютик")
    olga.sees("Я понимаю команды")
    await olga.says("/org")
    await olga.taps("Переименовать")
    with chat.db.platform() as tx:
        tx.run("UPDATE fsm_entry SET at = at - interval '25 hours'")
    await olga.says("Лютик")
    olga.sees("Я понимаю команды")
    await olga.says("/status")
    olga.sees("Статус · Ромашка")


async def test_a_key_sent_a_day_too_late_is_deleted_all_the_same(chat):
    olga = chat.person()
    await olga.says("/connect")
    await olga.taps("Ozon")
    with chat.db.platform() as tx:
        tx.run("UPDATE fsm_entry SET at = at - interval '25 hours'")
    late = "123456 01234567-89ab-cdef-0123-456789abcdef"
    await olga.says(late)
    olga.sees("Похоже на токен")
    assert olga.deleted(late)
    assert chat.checker.asked == []


async def test_another_organisation_is_founded_where_registration_is_open(chat):
    chat.dispatcher["office"] = replace(chat.dispatcher["office"], registration_open=True)
    olga = chat.person()
    await olga.says("/start")
    await olga.taps("Завести ещё организацию")
    await olga.says("Лютик")
    olga.sees("Организация «Лютик» заведена")
    await olga.says("/org")
    olga.sees("✓ Лютик — владелец", "▫️ Ромашка — владелец")


async def test_another_organisation_is_not_offered_while_registration_is_closed(chat):
    olga = chat.person()
    await olga.says("/start")
    olga.does_not_see("Завести")
    chat.dispatcher["office"] = replace(chat.dispatcher["office"], registration_open=True)
    await olga.says("/start")
    chat.dispatcher["office"] = replace(chat.dispatcher["office"], registration_open=False)
    await olga.taps("Завести ещё организацию")
    olga.sees("Регистрация закрыта")


async def test_an_administrator_founds_another_though_registration_is_closed(chat, clock):
    olga = chat.person()
    with chat.db.platform() as tx:
        code = registration.new_admin_code(tx, clock.now())
    await olga.says(f"/start {code}")
    olga.sees("Вы администратор этого Ambar", "Организация «Ромашка» — ваша")
    await olga.says("/org")
    await olga.taps("Завести ещё организацию")
    await olga.says("Лютик")
    olga.sees("«Лютик» заведена")


# ---- several cabinets


def checked(marketplace, pasted, **changes):
    good = {
        "marketplace": marketplace, "seller_key": f"sid-{pasted[-4:]}", "name": f"ИП {pasted[-4:]}",
        "kind": "базовый", "scopes": (), "missing_scopes": (), "expires_at": None, "notes": (),
        "secret": pasted,
    }  # fmt: skip
    return CheckedToken(**good | changes)


async def quietly(chat, somebody, said):
    """The first collection is nobody's work here: do not wait for it."""
    busy, chat.api.busy = chat.api.busy, None
    await somebody.says(said)
    await chat.dispatcher["office"].running.stop(0)
    chat.api.busy = busy


async def test_two_cabinets_of_each_marketplace_are_connected_and_listed(chat):
    olga = chat.person()
    chat.checker.answer = checked
    key = "01234567-89ab-cdef-0123-45678901"
    for pasted in ("eyJ.first.0001", "eyJ.other.0002", f"111 {key}0003", f"222 {key}0004"):
        await quietly(chat, olga, f"/connect {pasted}")
        olga.sees("подключён")
    await olga.says("/status")
    olga.sees("WB · ИП 0001 — работает", "WB · ИП 0002 — работает", "Ozon · ИП 0003", "Ozon · ИП 0004")
    assert olga.screen.count("продажи WB") == 2
    await olga.says("/connect")
    olga.sees("WB · ИП 0001 — работает", "Ozon · ИП 0004 — работает")


async def test_figures_of_two_cabinets_are_summed(chat):
    olga = chat.person()
    for seller_key in ("first", "second"):
        stocked(chat, olga.tenant_id, seller_key)
    await olga.says("/pnl 1")
    olga.sees_rubles("К выплате", "3 200")
    await olga.says("/cost KRS-42 350")
    assert "Размеров 2" in " ".join(olga.screen.split())
    await olga.says("/pnl 1")
    olga.sees_rubles("Прибыль", "1 800")
    with chat.db.tenant(olga.tenant_id) as tx:
        rows = tx.run(
            "SELECT account_id, sum(profit) AS profit FROM metrics_daily WHERE tenant_id = :tenant_id"
            " GROUP BY account_id"
        )
        assert [row.profit for row in rows] == [Decimal(900), Decimal(900)]


async def test_a_cabinet_is_switched_off_and_on_again(chat, seller):
    await seller.says("/connect")
    await seller.taps("Ozon · Кабинет")
    seller.sees("Ozon · Кабинет: работает")
    await seller.taps("Отключить")
    seller.sees("История остаётся")
    assert state_of(chat, seller.cabinet).state == "active"
    await seller.taps("Да, отключить")
    seller.sees("Ozon · Кабинет: отключён")
    assert state_of(chat, seller.cabinet).state == "off"
    await seller.says("/pnl 1")
    seller.sees_rubles("К выплате", "1 600")
    seller.does_not_see("данных нет", "Нет данных", "не пришл")
    await seller.says("/connect")
    await seller.taps("Ozon · Кабинет")
    await seller.taps("Подключить снова")
    seller.sees("Ozon · Кабинет: работает")
    assert state_of(chat, seller.cabinet).state == "active"
    assert [each[0] for each in audit(chat, seller.tenant_id)] == [
        "cabinet.off", "cabinet.on", "collect.asked",
    ]  # fmt: skip


async def test_a_new_token_switches_a_cabinet_on_again_and_keeps_the_owners_name(chat):
    olga = chat.person()
    chat.checker.answer = checked
    await quietly(chat, olga, "/connect eyJ.first.0001")
    await olga.says("/connect")
    await olga.taps("WB · ИП 0001")
    await olga.taps("Переименовать")
    await olga.says("Основной")
    olga.sees("WB · Основной: работает")
    await olga.taps("Отключить")
    await olga.taps("Да, отключить")
    chat.checker.answer = lambda m, pasted: checked(m, pasted, seller_key="sid-0001")
    await quietly(chat, olga, "/connect eyJ.later.0009")
    olga.sees("WB · Основной: токен заменён")
    await olga.says("/status")
    olga.sees("WB · Основной — работает", "токен …0009")
    told = [each for each in audit(chat, olga.tenant_id) if each[0].startswith("cabinet.")]
    assert told == [
        ("cabinet.connected", "Ольга", "ИП 0001"),
        ("cabinet.renamed", "Ольга", "Основной"),
        ("cabinet.off", "Ольга", "Основной"),
        ("cabinet.token", "Ольга", "Основной"),
    ]


async def test_two_cabinets_of_a_marketplace_have_two_names(chat):
    olga = chat.person()
    chat.checker.answer = checked
    for pasted in ("eyJ.first.0001", "eyJ.other.0002"):
        await quietly(chat, olga, f"/connect {pasted}")
    await olga.says("/connect")
    await olga.taps("WB · ИП 0002")
    await olga.taps("Переименовать")
    await olga.says("ИП 0001")
    olga.sees("Кабинет «ИП 0001» уже есть")
    await olga.says("Второй")
    olga.sees("WB · Второй")


async def test_the_cabinet_of_another_organisation_is_not_to_be_found(chat, seller):
    boris = chat.person("Борис", tenant_id=make_tenant(chat.db, "Чужая"))
    foreign = stocked(chat, boris.tenant_id)
    await seller.says("/connect")
    for key in (key for m in seller.chat.messages for keys in m.keyboard for key in keys):
        if key["text"] == "Ozon · Кабинет":
            stamp, _, _ = key["callback_data"].partition("~")
            key["callback_data"] = f"{stamp}~cb:{foreign.id}:off:1"
    await seller.taps("Ozon · Кабинет")
    seller.sees("Такого кабинета нет")
    assert state_of(chat, foreign).state == "active"


async def test_a_personal_token_pasted_by_whoever_may_not_connect_does_not_stay_in_the_chat(chat):
    olga = chat.person()
    vera = chat.person("Вера", "manager", olga.tenant_id)
    await vera.says("/connect eyJabcdef.b.c")
    vera.sees("команда /connect закрыта")
    assert vera.deleted("/connect eyJabcdef.b.c")
    assert chat.checker.asked == []


# ---- administrators of the installation


async def test_an_administrator_sees_how_organisations_fare_and_none_of_their_figures(chat, seller):
    with chat.db.platform() as tx:
        tx.run(
            "INSERT INTO job (tenant_id, job_type, payload, state, trace_id, finished_at)"
            " VALUES (:id, 'collect', '{\"d\": \"2026-11-19\"}', 'done', 't', '2026-11-20 02:30+00')",
            id=seller.tenant_id,
        )
    yana = chat.person("Яна", tenant_id=make_tenant(chat.db, "Своя"), is_admin=True)
    await yana.says("/admin")
    yana.sees(
        "Ромашка", "1 человек", "работают 1", "ночь за 19.11: прошла, 20.11 05:30", "Администраторы: Яна"
    )
    yana.does_not_see("1 600", "KRS-42", "Кабинет ", "₽")
    await yana.says("/pnl 1")
    yana.does_not_see("1 600")
    await yana.says("/stock KRS-42")
    yana.sees("Артикула «KRS-42» нет")


async def test_an_administrator_of_no_organisation_sees_the_house_and_no_books(chat, seller):
    with chat.db.platform() as tx:
        tx.run("INSERT INTO app_user (telegram_id, name, is_admin) VALUES (1, 'Х', false)")
    yana = chat.stranger("Яна")
    with chat.db.platform() as tx:
        tx.run("INSERT INTO app_user (telegram_id, name, is_admin) VALUES (:id, 'Яна', true)", id=yana.id)
    await yana.says("/admin")
    yana.sees("Этот Ambar", "Ромашка")
    for said in ("/pnl 1", "/stock", "/status", "/recalc", "/audit", "/people", "/org"):
        await yana.says(said)
        yana.sees("Сначала нужна организация")


async def test_a_forged_seat_meets_the_second_lock(chat, seller):
    """Were the first lock open, an administrator's desk in another's organisation would still be refused."""
    yana = chat.person("Яна", tenant_id=make_tenant(chat.db, "Своя"), is_admin=True)
    await yana.says("/help")
    message = next(m for m in yana.chat.messages if m.of_bot)
    for key in (key for keys in message.keyboard for key in keys):
        _, data = unstamped(key["callback_data"])
        key["callback_data"] = f"{seller.tenant_id}~{data}"
    await yana.taps("Прибыль")
    yana.sees("другой организации")
    with chat.db.platform() as tx:  # even a current organisation that they do not belong to
        tx.run("UPDATE app_user SET current_tenant_id = :t WHERE telegram_id = :id",
               t=seller.tenant_id, id=yana.id)  # fmt: skip
        me = read_person(tx, yana.id)
    await yana.says("/status")
    yana.sees("Статус · Своя")
    forged = chat.dispatcher["office"].desk(chat.bot, replace(me, tenant_id=seller.tenant_id, role="owner"))
    with pytest.raises(NotAllowed, match="Вас больше нет в этой организации"):
        await forged.run(ShowPnl, PnlQuery(days=1))


async def test_an_administrator_makes_another_by_choosing(chat):
    yana = chat.person("Яна", is_admin=True)
    vera = chat.person("Вера", "analyst", yana.tenant_id)
    await vera.says("/admin")
    vera.sees("для администраторов этого Ambar")
    await yana.says("/admin")
    await yana.taps("Назначить из списка")
    await yana.taps("Вера")
    yana.sees("Вера — администратор?")
    await yana.taps("Да, назначить")
    yana.sees("Вера теперь администратор")
    vera.sees("Вы теперь администратор")
    await vera.says("/admin")
    vera.sees("Этот Ambar")
    with chat.db.platform() as tx:
        rows = tx.run("SELECT actor, subject, tenant_id FROM audit_entry WHERE action = 'admin.made'"
                      " ORDER BY id DESC LIMIT 1")  # fmt: skip
        assert tuple(rows.one()) == ("Яна", "Вера", None)


async def test_an_administrator_makes_another_by_a_code(chat):
    yana, vera = chat.person("Яна", is_admin=True), chat.stranger("Вера")
    await yana.says("/admin")
    await yana.taps("Код администратора")
    code = yana.screen.split("?start=")[1].split()[0]
    await vera.says(f"/start {code}")
    vera.sees("Вы администратор этого Ambar")


# ---- the menu beside the input field


def menu(chat, somebody):
    return [each["command"] for each in chat.api.world.commands.get(f"chat/{somebody.id}/", [])]


KEEPERS = [
    "stock",
    "supply",
    "find",
    "items",
    "file",
    "receive",
    "putaway",
    "move",
    "ship",
    "reserve",
    "release",
    "count",
    "writeoff",
    "holds",
    "history",
    "undo",
    "orders",
    "org",
    "help",
]
ANALYSTS = [
    "today",
    "pnl",
    "money",
    "stock",
    "supply",
    "find",
    "holds",
    "history",
    "analytics",
    "status",
    "org",
    "help",
]


async def test_everybody_has_the_menu_of_their_role(chat):
    olga = chat.person()
    keeper = chat.person("Иван", "storekeeper", olga.tenant_id)
    await keeper.says("/start")
    assert menu(chat, keeper) == KEEPERS
    await olga.says("/start")
    assert "people" in menu(chat, olga)
    assert "admin" not in menu(chat, olga)
    await olga.says("/people")
    await olga.taps("Иван")
    await olga.taps("аналитик")
    assert menu(chat, keeper) == ANALYSTS
    await olga.says("/people")
    await olga.taps("Иван")
    await olga.taps("Исключить")
    await olga.taps("Да, исключить")
    assert menu(chat, keeper) == ["start", "help"]


async def test_a_menu_follows_a_switch(chat, seller):
    joins(chat, seller, "Василёк", "storekeeper")
    await seller.says("/start")
    assert menu(chat, seller) == KEEPERS
    await seller.says("/org")
    await seller.taps("Ромашка")
    assert "pnl" in menu(chat, seller)


async def test_a_menu_that_telegram_does_not_take_stops_nothing(chat):
    olga = chat.person()
    chat.api.fail("setMyCommands", 429, "Too Many Requests: retry after 5", retry_after=5)
    await olga.says("/start")
    olga.sees("Здравствуйте")
