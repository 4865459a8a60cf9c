"""/api: the owner makes a token for a program, sees it once, and takes it back."""

import re

from app.core.trace import acting
from app.domain.warehouse.movements import Line, Reason
from app.services.tenancy.api_tokens import TOKEN, find_caller
from tests.support.shelf import Shelf

SECRET = re.compile(TOKEN.pattern)


def secret_on(screen):
    found = SECRET.search(screen)
    assert found, screen
    return found[0]


async def test_a_token_is_made_by_role_and_name_and_shown_once(chat, seller):
    await seller.says("/api")
    seller.sees("Токены API · Ромашка")
    seller.sees("Токенов нет")
    await seller.taps("Новый токен")
    seller.sees("Какая роль у программы?")
    await seller.taps("кладовщик")
    seller.sees("Как называется программа?")
    await seller.says("Сканер в цехе")
    secret = secret_on(seller.screen)
    seller.sees("Второй раз я его не покажу")
    caller = find_caller(chat.db, secret, chat.deps.clock.now())
    assert (caller.tenant_id, caller.role, caller.name) == (seller.tenant_id, "storekeeper", "Сканер в цехе")
    await seller.taps("⬅️ К токенам")
    seller.sees(f"Сканер в цехе — кладовщик, …{secret[-4:]}, сделал(а) Ольга")
    seller.sees("последний запрос")
    assert not SECRET.search(seller.screen)


async def test_a_token_is_taken_back_after_a_second_question(chat, seller):
    await make(seller, "1С")
    secret = secret_on(seller.screen)
    await seller.taps("Отозвать")
    seller.sees("1С: отозвать токен?")
    assert find_caller(chat.db, secret, chat.deps.clock.now()) is not None
    await seller.taps("Да, отозвать")
    seller.sees("Токенов нет")
    assert find_caller(chat.db, secret, chat.deps.clock.now()) is None
    await seller.says("/audit")
    seller.sees("отозван токен API «1С», менеджер")
    seller.sees("сделан токен API «1С», менеджер")


async def test_whoever_gives_the_naming_up_makes_nothing(chat, seller):
    await seller.says("/api")
    await seller.taps("Новый токен")
    await seller.taps("аналитик")
    await seller.taps("Отмена")
    seller.sees("Токенов нет")
    await seller.says("Сканер")
    assert not SECRET.search(seller.screen)
    await seller.says("/api")
    seller.sees("Токенов нет")


async def test_a_name_that_is_none_is_asked_again(seller):
    await seller.says("/api")
    await seller.taps("Новый токен")
    await seller.taps("аналитик")
    await seller.says("«»")
    seller.sees("Название — от 1 до 64 знаков")
    await seller.says("Отчёты")
    assert secret_on(seller.screen)


async def test_in_a_demo_no_program_is_let_in(chat):
    guest = chat.person("Гость", is_demo=True)
    await guest.says("/api")
    await guest.taps("Новый токен")
    guest.sees("Это демонстрация")


async def make(seller, name):
    await seller.says("/api")
    await seller.taps("Новый токен")
    await seller.taps("менеджер")
    await seller.says(name)


async def test_what_a_program_did_is_told_under_its_name_and_apart_from_the_house(chat, seller):
    await make(seller, "1С")
    caller = find_caller(chat.db, secret_on(seller.screen), chat.deps.clock.now())
    shelf = Shelf(chat.db, seller.tenant_id)
    shelf.do(Reason.RECEIPT, Line(item_id=shelf.item(), qty=1, location_id=shelf.place()), ref="night")
    with acting(caller.actor):
        shelf.do(Reason.RECEIPT, Line(item_id=shelf.item(), qty=1, location_id=shelf.place()), ref="SO-77")
    await seller.says("/audit")
    seller.sees("API «1С»")
    await seller.taps("API «1С»")
    seller.sees("приход SO-77")
    assert "night" not in seller.screen
