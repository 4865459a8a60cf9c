"""Greetings and polite refusals."""

from app.bot.callbacks import ConnectCall, HelpCall
from app.bot.screen import Key, Screen, key, text
from app.bot.views.common import STOCK_KEY, SUPPLY_KEY, TODAY_KEY
from app.bot.views.org import NEW_KEY
from app.services.tenancy.people import Person
from app.services.tenancy.roles import Deed, allowed

HELP_KEY = key("Что я умею", HelpCall())


def greeting(person: Person, *, may_found: bool = False) -> Screen:
    """For whoever is in: what to do first, by what their role may."""
    may = allowed(person.role, is_admin=person.is_admin)
    if Deed.CONNECT in may and not person.is_demo:
        said = text(
            "Ambar ведёт учёт продавца Wildberries и Ozon: прибыль, остатки, советы по поставкам.",
            "Первый шаг — подключить кабинет: /connect",
        )
        keys: tuple[tuple[Key, ...], ...] = (
            (key("Подключить кабинет", ConnectCall()),),
            (TODAY_KEY, HELP_KEY),
        )
    elif Deed.TODAY in may:
        said = text("Ambar ведёт учёт продавца: спросите про вчерашний день, прибыль, остатки или поставку.")
        keys = ((TODAY_KEY, STOCK_KEY), (SUPPLY_KEY, HELP_KEY))
    else:
        said = text("Ambar покажет остатки и что пора везти на склады площадок.")
        keys = ((STOCK_KEY, SUPPLY_KEY), (HELP_KEY,))
    if may_found and not person.is_demo:
        keys = (*keys, (NEW_KEY,))
    return Screen(head=f"Здравствуйте, {person.name}! {person.organisation}".strip(), body=(said,), keys=keys)


def became_admin(person: Person) -> Screen:
    """They have an organisation: their own new one, or whichever they were in before."""
    welcome = greeting(person)
    where = f"Организация «{person.organisation}» — ваша." if person.role == "owner" else (
        f"Сейчас вы в организации «{person.organisation}».")  # fmt: skip
    return Screen(
        head="Вы администратор этого Ambar",
        body=(text(f"{where} Код больше не действует.", "Что нового: /admin и /jobs"), *welcome.body),
        keys=welcome.keys,
    )


def closed() -> Screen:
    """A stranger while registration is closed."""
    return Screen(
        head="Здесь только по приглашению",
        body=(text("Регистрация закрыта: попросите ссылку-приглашение у владельца организации "
                   "или код у администратора этого бота."),),
    )  # fmt: skip


def private_only(*, may_hold_secret: bool = False) -> Screen:
    """In a group: money is not discussed before others."""
    lines = ["Я отвечаю только в личном чате: там деньги и остатки видны одному вам."]
    if may_hold_secret:
        lines.append("Не присылайте сюда токены. Если уже прислали, отзовите его в кабинете площадки.")
    return Screen(head="Напишите мне лично", body=(text(*lines),))


def not_a_command(said: str) -> Screen:
    what = f"Команды {said.split()[0]} нет." if said.startswith("/") else "Я понимаю команды."
    return Screen(
        head="Не понял", body=(text(f"{what} Что можно спросить — в /help"),), keys=((TODAY_KEY, HELP_KEY),)
    )


def stray_secret() -> Screen:
    """A token came without /connect."""
    return Screen(
        head="Похоже на токен",
        body=(text("Я его не читал и не сохранил. Чтобы подключить кабинет, начните с /connect"),),
        keys=((key("Подключить кабинет", ConnectCall()),),),
    )
