"""Help that helps: what may be asked, with an example, for this person's role."""

from app.bot.screen import Block, Bold, Line, Screen, line, text
from app.bot.views.common import PNL_KEY, STOCK_KEY, SUPPLY_KEY, TODAY_KEY
from app.services.tenancy.people import Person
from app.services.tenancy.roles import ROLE_NAMES, Deed, allowed

EXPLAINED: dict[Deed, tuple[str, ...]] = {
    Deed.TODAY: ("/today — вчера одним взглядом: продажи, возвраты, прибыль, что кончается",),
    Deed.PNL: ("/pnl 7 — прибыль за 7 дней до вчера включительно: строка на каждый вид денег",),
    Deed.MONEY: ("/money — что Wildberries должен сейчас, последние выплаты и сверены ли они",),
    Deed.STOCK: (
        "/stock — остатки всех товаров и на сколько их хватит",
        "/stock KRS-42 — один артикул по складам",
    ),
    Deed.SUPPLY: ("/supply 14 — что и сколько везти, чтобы хватило на 14 дней (или 28)",),
    Deed.COST: (
        "/cost KRS-42 350 — себестоимость штуки, ₽",
        "/cost KRS-42 350,50 с 01.11.2026 — с какого дня она действует",
    ),
    Deed.REVIEWS: ("/reviews — отзывы без ответа: ответить из чата",),
    Deed.STATUS: ("/status — насколько свежи данные и чего не хватает",),
    Deed.CONNECT: ("/connect — кабинеты Wildberries и Ozon: подключить, заменить токен, назвать, отключить",),
    Deed.RECALC: (
        "/recalc — пересчитать последние 35 дней",
        "/recalc 01.11.2026 15.11.2026 — пересчитать период",
    ),
    Deed.JOBS: ("/jobs — задачи: что идёт и ждёт, а что не удалось — повторить или убрать",),
    Deed.AUDIT: ("/audit — кто, когда и что менял в организации",),
    Deed.PEOPLE: (
        "/people — кто в организации: сменить роль, исключить, отозвать приглашение",
        "/invite — пригласить человека ссылкой",
    ),
    Deed.ORG: ("/org — ваши организации: в какой вы сейчас, перейти в другую",),
    Deed.ADMIN: ("/admin — организации и администраторы этого Ambar",),
}
GROUPS = (
    ("Деньги", (Deed.TODAY, Deed.PNL, Deed.MONEY, Deed.COST)),
    ("Товар", (Deed.STOCK, Deed.SUPPLY, Deed.REVIEWS)),
    ("Хозяйство", (Deed.STATUS, Deed.CONNECT, Deed.RECALC, Deed.JOBS)),
    ("Организация", (Deed.PEOPLE, Deed.ORG, Deed.AUDIT)),
    ("Этот Ambar", (Deed.ADMIN,)),
)


def help_screen(person: Person | None) -> Screen:
    """For a stranger: what this is and how to get in."""
    if person is None or person.role is None:
        return Screen(
            head="Ambar — учёт продавца Wildberries и Ozon",
            body=(text("Прибыль, остатки и советы по поставкам прямо в чате. Начните с /start"),),
        )
    may = allowed(person.role, is_admin=person.is_admin)
    body: list[Block] = []
    for title, deeds in GROUPS:
        lines: list[Line] = [line(said) for deed in deeds if deed in may for said in EXPLAINED[deed]]
        if lines:
            body.append(text(line(Bold(title)), *lines))
    body.append(
        text(
            "«–» значит «неизвестно»: пустое место никогда не выдаётся за ноль.",
            "Прибыль = к выплате от площадки − себестоимость; товары без себестоимости в неё не входят.",
            "Реклама WB в ней — по дням, когда её тратили, а не когда удержали.",
            "Предварительные дни уточняются, когда приходит реализация.",
        )
        if Deed.PNL in may
        else text("«–» значит «неизвестно»: пустое место никогда не выдаётся за ноль.")
    )
    role = ROLE_NAMES.get(person.role, person.role) + (", администратор" if person.is_admin else "")
    return Screen(
        head=f"{person.organisation} · вы {role}",
        body=tuple(body),
        keys=((TODAY_KEY, PNL_KEY), (STOCK_KEY, SUPPLY_KEY))
        if Deed.PNL in may
        else ((STOCK_KEY, SUPPLY_KEY),),
    )
