"""Connecting a cabinet, step by step."""

from app.bot import formats
from app.bot.callbacks import CabinetCall, ConnectCall
from app.bot.screen import Block, Bold, Moment, Mono, Screen, key, line, rows_of, text
from app.bot.views.common import STATUS_KEY
from app.services.tenancy.cabinets import Cabinet
from app.services.tenancy.connect import OZON, OZON_EXAMPLE, WB, Connected

LEAVE_KEY = key("Отмена", ConnectCall(marketplace="-"))
BACK_KEY = key("⬅️ К кабинетам", ConnectCall())
PROMISE = "Сообщение с ключом я сразу удалю, ключ проверю и сохраню зашифрованным."


STATES = {"active": "работает", "refused": "площадка не принимает токен", "off": "отключён"}


def connect_choice(cabinets: tuple[Cabinet, ...] = ()) -> Screen:
    """What is connected already, each with its button, and what more may be."""
    own = [line(f"{_called(each)} — {STATES.get(each.state, each.state)}") for each in cabinets]
    body: list[Block] = [text(line(Bold("Подключены")), *own)] if own else []
    return Screen(
        head="Какой кабинет подключить?",
        body=(
            *body,
            text(
                "Кабинетов одной площадки может быть несколько.",
                "Тот же кабинет второй раз — просто новый токен: данные остаются.",
            ),
        ),
        keys=(
            *rows_of([key(_called(each), CabinetCall(account=each.account_id)) for each in cabinets], 1),
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
                "Цены и скидки, Вопросы и отзывы, Поставки.",
                "3. Отметьте «Только на чтение»: запись нужна, только чтобы отвечать на отзывы отсюда.",
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
                "4. По желанию — реклама: API-ключи → Performance API. Её Client ID и Client Secret пришлите "
                "тем же сообщением, а для подключённого кабинета можно и отдельно.",
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


def cabinet(each: Cabinet) -> Screen:
    """One cabinet and what may be done about it."""
    is_off = each.state == "off"
    deed = key("Подключить снова" if is_off else "Отключить", CabinetCall(
        account=each.account_id, deed="on" if is_off else "off"))  # fmt: skip
    said = [line(f"Продавец: {each.seller}")] if each.seller else []
    said.append(line("Токен …", Mono(each.token_tail)))
    if each.expires_at is not None:
        said.append(line("Действует до ", Moment(each.expires_at)))
    return Screen(
        head=f"{_called(each)}: {STATES.get(each.state, each.state)}",
        body=(text(*said),),
        keys=(
            (key("Переименовать", CabinetCall(account=each.account_id, deed="name")), deed),
            (key("Новый токен", ConnectCall(marketplace=each.marketplace)), BACK_KEY),
        ),
    )


def cabinet_sure(each: Cabinet) -> Screen:
    return Screen(
        head=f"Отключить «{each.name}»?",
        body=(
            text(
                "Новые данные из него собирать не будем.",
                "История остаётся, подключить снова можно в любой день.",
                "Токен останется у нас зашифрованным. Отозвать его совсем можно на площадке.",
            ),
        ),
        keys=((key("Да, отключить", CabinetCall(account=each.account_id, deed="off", sure=True)),
               key("Нет", CabinetCall(account=each.account_id))),),
    )  # fmt: skip


def cabinet_name(each: Cabinet) -> Screen:
    return Screen(
        head=f"Как назвать «{each.name}»?",
        body=(text("Пришлите название одним сообщением, до 64 знаков. Оно видно только у вас."),),
        keys=((key("Отмена", CabinetCall(account=each.account_id)),),),
    )


def _called(each: Cabinet) -> str:
    return f"{formats.marketplace(each.marketplace)} · {each.name}"
