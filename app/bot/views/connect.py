"""Connecting a cabinet, step by step."""

from app.bot import formats
from app.bot.callbacks import ConnectCall
from app.bot.screen import Block, Moment, Mono, Screen, key, line, text
from app.bot.views.common import STATUS_KEY
from app.services.tenancy.connect import OZON, OZON_EXAMPLE, WB, Connected

LEAVE_KEY = key("Отмена", ConnectCall(marketplace="-"))
PROMISE = "Сообщение с ключом я сразу удалю, ключ проверю и сохраню зашифрованным."


def connect_choice() -> Screen:
    return Screen(
        head="Какой кабинет подключить?",
        body=(text("Тот же кабинет второй раз — просто новый токен: данные остаются."),),
        keys=(
            (
                key("Wildberries", ConnectCall(marketplace=WB)),
                key("Ozon", ConnectCall(marketplace=OZON)),
            ),
            (LEAVE_KEY,),
        ),
    )


def wb_steps() -> Screen:
    return Screen(
        head="Wildberries: пришлите токен",
        body=(
            text(
                "1. Кабинет WB → Настройки → Доступ к API → Создать токен.",
                "2. Отметьте: Контент, Аналитика, Статистика, Финансы. По желанию — Продвижение, "
                "Вопросы и отзывы, Поставки.",
                "3. Отметьте «Только на чтение»: менять в кабинете нам ничего не нужно.",
                "4. Пришлите токен сюда одним сообщением.",
            ),
            text(PROMISE),
        ),
        keys=((LEAVE_KEY,),),
    )


def ozon_steps() -> Screen:
    return Screen(
        head="Ozon: пришлите Client-Id и Api-Key",
        body=(
            text(
                "1. Кабинет Ozon → Настройки → API-ключи → Сгенерировать ключ.",
                "2. Роль: «Admin read only».",
                "3. Пришлите Client-Id и ключ одним сообщением, через пробел:",
                line(Mono(OZON_EXAMPLE)),
            ),
            text(PROMISE, "Ключ Ozon живёт три месяца: о сроке напомнит /status"),
        ),
        keys=((LEAVE_KEY,),),
    )


def connected(done: Connected) -> Screen:
    known = "токен заменён" if done.is_replaced else "подключён"
    facts: list[Block] = [
        text(
            line("Токен …", Mono(done.token_tail), f" ({done.kind})" if done.kind else ""),
            line("Действует до ", Moment(done.expires_at))
            if done.expires_at
            else line("Срок действия не назван"),
            line("Доступ: " + (", ".join(done.scopes) or "не назван")),
        )
    ]
    if done.missing_scopes:
        facts.append(
            text(
                "Не хватает прав: " + ", ".join(done.missing_scopes) + ".",
                "Без них часть данных не придёт. Выпустите токен с этими правами и повторите /connect",
            )
        )
    facts += [text(*done.notes), text("Собираю первые данные: это займёт несколько минут.")]
    return Screen(
        head=f"{formats.marketplace(done.marketplace)} · {done.name}: {known}",
        body=tuple(facts),
        keys=((STATUS_KEY,),),
    )


def connect_left() -> Screen:
    return Screen(head="Подключение отменено", body=(text("Ничего не сохранено. Вернуться: /connect"),))


def secret_stays() -> Screen:
    """Telegram did not let us delete the message with the secret."""
    return Screen(
        head="Удалите сообщение с ключом сами",
        body=(text("Мне не удалось его удалить: Telegram не позволил."),),
    )
