"""Stories in the chat: real dispatcher, real database, strict Telegram."""

from dataclasses import replace

import pytest

from app.bot.app import BotDeps, build_dispatcher
from app.bot.menus import COMMANDS
from app.bot.routers import all_routers
from app.db.session import Database
from app.queue.postgres import PostgresQueue
from app.services.tenancy import registration
from app.services.tenancy.roles import Deed


async def test_a_stranger_gets_one_clear_sentence_while_registration_is_closed(chat):
    stranger = chat.stranger()
    await stranger.says("/start")
    stranger.sees("Здесь только по приглашению", "попросите ссылку-приглашение")
    await stranger.says("/pnl 7")
    stranger.sees("Начните с /start")
    await stranger.says("привет")
    stranger.sees("Здесь только по приглашению")


async def test_a_stranger_founds_an_organisation_while_registration_is_open(chat):
    chat.dispatcher["office"] = replace(chat.dispatcher["office"], registration_open=True)
    anna = chat.stranger("Анна")
    await anna.says("/start")
    anna.sees("Здравствуйте, Анна!", "/connect")
    await anna.says("/help")
    anna.sees("вы владелец")


async def test_the_one_time_code_makes_an_administrator(chat, clock):
    with chat.db.platform() as tx:
        code = registration.new_admin_code(tx, clock.now())
    anna, thief = chat.stranger("Анна"), chat.stranger("Вор")
    await anna.says(f"/start {code}")
    anna.sees("Вы администратор")
    await thief.says(f"/start {code}")
    thief.sees("Код не подходит")


async def test_a_cost_given_in_the_chat_changes_yesterdays_profit(seller):
    await seller.says("/pnl 1")
    seller.sees("Прибыль неизвестна: нет себестоимости")
    seller.sees_rubles("К выплате", "1 600")
    await seller.says("/cost KRS-42 350")
    seller.sees("KRS-42: 350 ₽ с 19.11.2026", "нет себестоимости", "1 день")
    await seller.says("/pnl 1")
    seller.sees_rubles("Себестоимость", "−700")
    seller.sees_rubles("Прибыль", "900")


async def test_a_cost_can_be_taken_back_by_its_button(seller):
    await seller.says("/cost KRS-42 350")
    await seller.taps("Отменить")
    seller.sees("изменение отменено", "Себестоимости снова нет")
    await seller.says("/pnl 1")
    seller.sees("нет себестоимости")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("/cost KRS-42 -5", "не бывает отрицательной"),
        ("/cost KRS-42 99999999999", "похоже на опечатку"),
        ("/cost KRS-42 350 с 01.01.2027", "ещё не наступило"),
        ("/cost НЕТ-ТАКОГО 350", "Артикула «НЕТ-ТАКОГО» нет"),
        ("/stock KRS-43", "Похожие: KRS-42"),
        ("/pnl вчера", "не число дней"),
        ("/supply 15", "на 14 или 28 дней"),
        ("/recalc 31.02.2026", "в календаре нет"),
        ("/pnk 7", "Команды /pnk нет"),
    ],
)
async def test_bad_input_ends_in_a_clear_sentence(seller, said, answer):
    await seller.says(said)
    seller.sees(answer)
    seller.does_not_see("Что-то сломалось")


async def test_periods_are_buttons_that_redraw_the_same_message(chat, seller):
    await seller.says("/pnl 7")
    seller.sees("Прибыль за 7 дней", "· 7 дней ·")
    await seller.taps("30")
    seller.sees("Прибыль за 30 дней", "· 30 дней ·")
    await seller.taps("С копейками")
    seller.sees("1 600,00 ₽")
    assert len(chat.api.called("sendMessage")) == 1
    assert len(chat.api.called("editMessageText")) == 2


async def test_tapping_what_is_already_shown_is_no_error(chat, seller):
    chat.api.forgive("message is not modified")
    await seller.says("/pnl 7")
    await seller.taps("· 7 дней ·")
    seller.sees("Прибыль за 7 дней")


async def test_stock_opens_from_the_list_to_the_card_and_back(seller):
    await seller.says("/stock")
    seller.sees("Остатки", "KRS-42 Ozon", "3 шт. · хватит на 1 день · 2 в день")
    await seller.taps("KRS-42")
    seller.sees("Остатки KRS-42", "Москва")
    await seller.taps("Все остатки")
    seller.sees("3 шт. · хватит на 1 день")


async def test_every_command_answers_and_its_buttons_work(seller):
    for said, seen in [
        ("/today", "Вчера"),
        ("/supply", "Поставка на 14 дней"),
        ("/status", "Статус · Ромашка"),
        ("/help", "вы владелец"),
    ]:
        await seller.says(said)
        seller.sees(seen)
        seller.does_not_see("Что-то сломалось")
    await seller.says("/supply 28")
    await seller.taps("14 дней")
    seller.sees("Поставка на 14 дней")


async def test_an_organisation_without_data_is_told_so(chat):
    olga = chat.person()
    for said, seen in [
        ("/today", "данных ещё нет"),
        ("/pnl", "движений денег нет"),
        ("/stock", "Остатков ещё нет"),
        ("/supply", "Везти ничего не нужно"),
        ("/status", "Ни один кабинет не подключён"),
    ]:
        await olga.says(said)
        olga.sees(seen)


async def test_a_demo_is_marked_in_every_answer(chat):
    olga = chat.person(is_demo=True)
    for said in ["/start", "/help", "/pnl", "/stock", "/status", "/nonsense", "/cost x 1"]:
        await olga.says(said)
        olga.sees("ДЕМО")


async def test_roles_open_and_close_commands(chat):
    keeper = chat.person("Иван", "storekeeper")
    await keeper.says("/pnl 7")
    keeper.sees("Для роли «кладовщик» команда /pnl закрыта", "/stock")
    await keeper.says("/help")
    keeper.sees("/stock")
    keeper.does_not_see("/pnl")
    analyst = chat.person("Вера", "analyst", keeper.tenant_id)
    await analyst.says("/recalc")
    analyst.sees("закрыта")
    boss = chat.person("Яна", "analyst", keeper.tenant_id, is_admin=True)
    await _begin_recalc(chat, boss)
    _finish_jobs(chat)
    await chat.api.quiet()


async def test_one_organisation_never_sees_another(chat, seller):
    other = chat.person("Чужой")
    await other.says("/stock KRS-42")
    other.sees("Артикула «KRS-42» нет")
    await other.says("/pnl 7")
    other.does_not_see("1 600")


async def test_money_is_not_discussed_in_groups(chat, seller):
    group = chat.api.group("Склад")
    member = chat.api.person("Болтун", feed=chat.feed, group=group)
    await member.says("/pnl 7")
    member.sees("Напишите мне лично")
    await member.says("/connect eyJsecret.a.b")
    member.sees("Не присылайте сюда токены")
    await member.says("просто разговор")
    assert len(chat.api.called("sendMessage")) == 2


async def test_a_recalculation_is_followed_in_one_message_until_it_is_done(chat, seller):
    await _begin_recalc(chat, seller)
    _report(chat, 1, 2)
    _finish_jobs(chat, "Пересчитано дней: 35.")
    await chat.api.quiet()
    seller.sees("Готово", "Пересчитано дней: 35.")
    assert len(chat.api.called("sendMessage")) == 1


async def test_the_progress_button_works_after_a_restart(chat, seller):
    await _begin_recalc(chat, seller)
    await chat.dispatcher["office"].running.stop(0)  # the process ends with the job still running
    _report(chat, 1, 2)
    chat.dispatcher = build_dispatcher(chat.deps)
    chat.api.busy = lambda: False
    await seller.taps("Обновить")
    seller.sees("1 из 2")
    _finish_jobs(chat)
    await chat.dispatcher["office"].running.idle()
    await chat.api.quiet()
    seller.sees("Готово")


async def test_the_database_going_away_is_told_in_a_sentence(chat, seller, clock, settings, vault):
    away = Database("postgresql+psycopg2://nobody:x@127.0.0.1:1/none", pool_size=1)
    deps = BotDeps(
        db=away,
        settings=settings,
        clock=clock,
        vault=vault,
        queue=PostgresQueue(clock=clock),
        checker=chat.checker,
    )
    chat.dispatcher = build_dispatcher(deps)
    await seller.says("/pnl 7")
    seller.sees("База данных сейчас не отвечает")
    away.close()


async def test_a_fault_of_ours_is_an_apology_with_a_trace_id(chat, seller, monkeypatch):
    monkeypatch.setattr("app.bot.views.today", _breaks)
    await seller.says("/today")
    seller.sees("Что-то сломалось у нас", "передайте администратору код")
    seller.does_not_see("ZeroDivisionError")


async def test_whoever_blocks_the_bot_is_marked(chat, seller):
    await seller.blocks_bot()
    assert _blocked_at(chat, seller) is not None
    await seller.unblocks_bot()
    await seller.says("/start")
    assert _blocked_at(chat, seller) is None


def test_every_handler_names_its_deed():
    for router in all_routers():
        for observer in (router.message, router.callback_query):
            for handler in observer.handlers:
                assert isinstance(handler.flags.get("deed"), Deed), handler.callback


def test_every_command_that_a_menu_may_show_is_a_deed_and_every_deed_is_among_them():
    assert [each.command for each in COMMANDS if each.command in set(Deed)] == [
        each.command for each in COMMANDS
    ]
    assert {each.command for each in COMMANDS} == set(Deed)


def _breaks(_):
    return 1 / 0


def _blocked_at(chat, person):
    with chat.db.platform() as tx:
        return tx.run("SELECT blocked_at FROM app_user WHERE telegram_id = :id", id=person.id).scalar_one()


async def _begin_recalc(chat, seller):
    """Say /recalc and come back while the job waits: people wait for quiet, and the bot is not quiet."""
    busy, chat.api.busy = chat.api.busy, None
    await seller.says("/recalc")
    chat.api.busy = busy
    seller.sees("В очереди", "Обновить")


def _report(chat, done, total):
    with chat.db.platform() as tx:
        tx.run(
            "UPDATE job SET state = 'doing', progress = jsonb_build_object('stage', 'Пересчёт',"
            " 'done', CAST(:done AS int), 'total', CAST(:total AS int)) WHERE state IN ('todo', 'doing')",
            done=done,
            total=total,
        )


def _finish_jobs(chat, summary="Готово."):
    with chat.db.platform() as tx:
        tx.run(
            "UPDATE job SET state = 'done', result = jsonb_build_object('summary', CAST(:summary AS text)),"
            " finished_at = now() WHERE state IN ('todo', 'doing')",
            summary=summary,
        )
