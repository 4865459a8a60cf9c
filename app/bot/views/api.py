"""The tokens of an organisation's programs."""

from app.bot.callbacks import ApiCall, ApiNewCall, ApiOffCall
from app.bot.screen import Line, Moment, Mono, Screen, key, line, rows_of, text
from app.services.tenancy.api_tokens import ApiToken
from app.services.tenancy.roles import ROLE_NAMES

BACK_KEY = key("⬅️ К токенам", ApiCall())
NEW_KEY = key("Новый токен", ApiNewCall())


def api_tokens(found: tuple[ApiToken, ...], organisation: str) -> Screen:
    said = [part for each in found for part in _lines(each)]
    offs = [key(f"Отозвать: {each.name} №{each.id}", ApiOffCall(token=each.id)) for each in found]
    return Screen(
        head=f"Токены API · {organisation}",
        body=(text(*said) if said else text("Токенов нет: ни одна программа сюда не подключена."),),
        foot=(line("Программе с токеном можно то же, что его роли в чате."),),
        keys=((NEW_KEY,), *rows_of(offs, 1)),
    )


def api_roles() -> Screen:
    return Screen(
        head="Какая роль у программы?",
        body=(text("Дайте наименьшую, которой хватит: для склада — кладовщик."),),
        keys=(
            *rows_of([key(name, ApiNewCall(role=role)) for role, name in ROLE_NAMES.items()], 2),
            (BACK_KEY,),
        ),
    )


def api_name(role: str) -> Screen:
    return Screen(
        head=f"Токен с ролью «{ROLE_NAMES.get(role, role)}»",
        body=(text("Как называется программа? Под этим именем она будет в журнале изменений."),),
        keys=((key("Отмена", ApiCall()),),),
    )


def api_made(made: ApiToken) -> Screen:
    return Screen(
        head=f"Токен «{made.name}»: {ROLE_NAMES[made.role]}",
        body=(
            text(line(Mono(made.secret))),
            text(
                "Второй раз я его не покажу. Перенесите его в программу и удалите это сообщение.",
                line("Заголовок запроса: ", Mono("Authorization: Bearer <токен>")),
                line("Что можно спросить — на странице ", Mono("/docs"), " того же адреса."),
            ),
        ),
        keys=((key("Отозвать", ApiOffCall(token=made.id)), BACK_KEY),),
    )


def api_sure(each: ApiToken) -> Screen:
    return Screen(
        head=f"{each.name}: отозвать токен?",
        body=(text("Программа с ним сразу потеряет доступ. Вернуть его нельзя, можно сделать новый."),),
        keys=((key("Да, отозвать", ApiOffCall(token=each.id, sure=True)), BACK_KEY),),
    )


def _lines(each: ApiToken) -> tuple[Line, Line]:
    by = f", сделал(а) {each.made_by}" if each.made_by else ", сделан оператором"
    used = each.last_used_at
    return (
        line(f"№{each.id} {each.name} — {ROLE_NAMES.get(each.role, each.role)}, …{each.tail}{by}"),
        line("   последний запрос ", Moment(used)) if used else line("   запросов не было"),
    )
