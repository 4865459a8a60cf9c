"""The person's organisations, and what they are called."""

from app.bot.callbacks import OrgCall, OrgNameCall
from app.bot.screen import Bold, Key, Line, Screen, key, line, rows_of, text
from app.bot.views.common import TODAY_KEY
from app.services.tenancy.organisations import Organisation
from app.services.tenancy.people import Person
from app.services.tenancy.roles import ROLE_NAMES, Deed, allowed

NEW_KEY = key("Завести ещё организацию", OrgNameCall(is_new=True))
RENAME_KEY = key("Переименовать", OrgNameCall())
LEAVE_KEY = key("Отмена", OrgCall())


def organisations(own: tuple[Organisation, ...], me: Person, *, may_found: bool) -> Screen:
    switches = [key(each.name, OrgCall(tenant=each.tenant_id)) for each in own if not each.is_current]
    keys: list[tuple[Key, ...]] = list(rows_of(switches, 1))
    if Deed.PEOPLE in allowed(me.role):
        keys.append((RENAME_KEY,))
    if may_found:
        keys.append((NEW_KEY,))
    said = [text(*(_line(each) for each in own))]
    if switches:
        said.append(text("Перейти в другую:"))
    return Screen(
        head=f"Вы в «{me.organisation}»",
        body=tuple(said),
        keys=tuple(keys),
    )


def switched(me: Person) -> Screen:
    role = ROLE_NAMES.get(me.role or "", me.role or "")
    may = allowed(me.role, is_admin=me.is_admin)
    keys = ((TODAY_KEY,),) if Deed.TODAY in may else ()
    return Screen(
        head=f"Теперь вы в «{me.organisation}»",
        body=(text(f"Ваша роль здесь: {role}. Кнопки под прежними сообщениями здесь не действуют."),),
        keys=keys,
    )


def ask_name(*, is_new: bool, organisation: str) -> Screen:
    head = "Как назвать новую организацию?" if is_new else f"Новое название для «{organisation}»?"
    return Screen(
        head=head, body=(text("Пришлите название одним сообщением, до 64 знаков."),), keys=((LEAVE_KEY,),)
    )


def renamed(me: Person) -> Screen:
    return Screen(
        head=f"Организация теперь называется «{me.organisation}»", body=(text("Все организации: /org"),)
    )


def founded(me: Person) -> Screen:
    return Screen(
        head=f"Организация «{me.organisation}» заведена",
        body=(text("Вы её владелец, и сейчас вы в ней. Первый шаг — подключить кабинет: /connect"),),
    )


def _line(each: Organisation) -> Line:
    mark = "✓ " if each.is_current else "▫️ "
    demo = ", ДЕМО" if each.is_demo else ""
    return line(mark, Bold(each.name), f" — {ROLE_NAMES.get(each.role, each.role)}{demo}")
