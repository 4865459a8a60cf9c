"""The menu beside the input field: everybody's own, by what they may. The bot works without it."""

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeUnion,
)

from app.services.tenancy.people import Person
from app.services.tenancy.roles import ANYBODY, Deed, allowed

log = structlog.get_logger(__name__)

COMMANDS = (
    BotCommand(command="start", description="Начать"),
    BotCommand(command="today", description="Вчера одним взглядом"),
    BotCommand(command="pnl", description="Прибыль: /pnl 7"),
    BotCommand(command="money", description="Выплаты и остаток"),
    BotCommand(command="stock", description="Остатки: /stock артикул"),
    BotCommand(command="supply", description="Что и сколько везти"),
    BotCommand(command="find", description="Найти товар: /find слово или штрихкод"),
    BotCommand(command="items", description="Товары и карточки площадок"),
    BotCommand(command="file", description="Движения файлом Excel или CSV"),
    BotCommand(command="receive", description="Приход: /receive штрихкод 20 A-01-03"),
    BotCommand(command="putaway", description="Разместить принятое по местам"),
    BotCommand(command="move", description="Переместить с места на место"),
    BotCommand(command="ship", description="Отгрузить: заказ, резерв, товар"),
    BotCommand(command="reserve", description="Зарезервировать товар"),
    BotCommand(command="release", description="Снять резерв"),
    BotCommand(command="count", description="Инвентаризация места"),
    BotCommand(command="writeoff", description="Списать: бой, брак, просрочка"),
    BotCommand(command="holds", description="Что в резерве"),
    BotCommand(command="history", description="Кто что двигал на складе"),
    BotCommand(command="undo", description="Отменить документ склада"),
    BotCommand(command="orders", description="Заказы FBS и поставки: отгрузить"),
    BotCommand(command="analytics", description="ABC, возраст, залежи, стоимость товара"),
    BotCommand(command="cost", description="Себестоимость: /cost артикул цена"),
    BotCommand(command="reviews", description="Отзывы без ответа"),
    BotCommand(command="status", description="Свежесть данных"),
    BotCommand(command="connect", description="Кабинеты: подключить, отключить"),
    BotCommand(command="recalc", description="Пересчитать период"),
    BotCommand(command="people", description="Люди и приглашения"),
    BotCommand(command="org", description="Организации: выбрать, переименовать"),
    BotCommand(command="api", description="Программы: токены API"),
    BotCommand(command="jobs", description="Задачи: что идёт, ждёт, не удалось"),
    BotCommand(command="audit", description="Кто что менял"),
    BotCommand(command="admin", description="Хозяйство этого Ambar"),
    BotCommand(command="help", description="Что я умею"),
)
"""Every deed has its line; who sees which is the table of roles."""


def menu_of(may: frozenset[Deed]) -> list[BotCommand]:
    """The lines of these deeds. Whoever is in needs no «start» any more."""
    shown = may if may <= ANYBODY else may - {Deed.START}
    return [each for each in COMMANDS if each.command in shown]


async def announce_commands(bot: Bot) -> None:
    """What strangers see, once at the start of the process."""
    await _set(bot, menu_of(ANYBODY), BotCommandScopeAllPrivateChats())


async def show_menu(bot: Bot, telegram_id: int, person: Person | None) -> None:
    """The menu of one person, as their current role has it."""
    may = allowed(person.role, is_admin=person.is_admin) if person is not None else ANYBODY
    await _set(bot, menu_of(may), BotCommandScopeChat(chat_id=telegram_id))


async def _set(bot: Bot, commands: list[BotCommand], scope: BotCommandScopeUnion) -> None:
    try:
        await bot.set_my_commands(commands, scope=scope)
    except TelegramAPIError as failure:
        log.warning("commands_not_announced", reason=type(failure).__name__)
