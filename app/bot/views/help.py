"""Help that helps: what may be asked, with an example, for this person's role."""

from app.bot.callbacks_shelf import MoveCall
from app.bot.screen import Block, Bold, Line, Screen, key, line, rows_of, text
from app.bot.views.common import ANALYTICS_KEY, PNL_KEY, STOCK_KEY, SUPPLY_KEY, TODAY_KEY
from app.services.tenancy.people import Person
from app.services.tenancy.roles import ROLE_NAMES, Deed, allowed

EXPLAINED: dict[Deed, tuple[str, ...]] = {
    Deed.TODAY: ("/today — вчера одним взглядом: продажи, возвраты, прибыль, что кончается",),
    Deed.PNL: ("/pnl 7 — прибыль за 7 дней до вчера включительно: строка на каждый вид денег",),
    Deed.MONEY: ("/money — что площадки должны сейчас, последние выплаты и сверены ли они",),
    Deed.STOCK: (
        "/stock — остатки всех товаров и на сколько их хватит",
        "/stock KRS-42 — один артикул: свой склад, площадки и то, что едет",
    ),
    Deed.SUPPLY: ("/supply 14 — что и сколько везти, чтобы хватило на 14 дней (или 28)",),
    Deed.FIND: (
        "/find кроссовки — найти товар по слову, артикулу или штрихкоду; можно прислать фото штрихкода",
    ),
    Deed.ITEMS: (
        "/items — какая карточка площадки — какой товар на складе",
        "/items KRS-42 4601234567893 Кроссовки — завести товар",
    ),
    Deed.FILE: ("/file — провести движения файлом Excel или CSV: шаблоны и проверка до проведения",),
    Deed.RECEIVE: (
        "/receive 4601234567893 20 A-01-03 до 31.05.2027 — приход: штрихкод или артикул, штуки, место, срок",
        "   порядок слов любой; чего не сказали, спрошу; проведу только после кнопки",
    ),
    Deed.PUTAWAY: ("/putaway KRS-42 20 ПРИЁМКА A-01-03 — разместить принятое по местам",),
    Deed.MOVE: ("/move KRS-42 5 из A-01-03 в B-02 — с места на место",),
    Deed.SHIP: ("/ship KRS-42 3 — отгрузить; заказ или резерв — по номеру; на площадку: на WB 12345678",),
    Deed.RESERVE: ("/reserve KRS-42 3 до 25.11.2026 — зарезервировать",),
    Deed.RELEASE: ("/release 17 — снять резерв №17",),
    Deed.COUNT: ("/count KRS-42 A-01-03 18 — инвентаризация: сколько насчитали на месте",),
    Deed.WRITEOFF: ("/writeoff KRS-42 2 A-01-03 — списать: бой, брак, вышел срок",),
    Deed.HOLDS: ("/holds — что в резерве и до какого дня",),
    Deed.HISTORY: ("/history KRS-42 — кто, когда и что двигал; без товара — весь склад",),
    Deed.UNDO: ("/undo — отменить документ: проведу обратный, прежний останется в истории",),
    Deed.ORDERS: (
        "/orders — заказы FBS и rFBS со своего склада: что готово, чего не хватает, отгрузить",
        "/orders 0123456789-0001-1 — один заказ; поставки на площадки — кнопкой там же",
    ),
    Deed.ANALYTICS: (
        "/analytics — ABC, возраст товара, залежи, сколько денег в товаре",
        "/analytics abc выручка 90 — ABC по выручке за 90 дней",
    ),
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
    Deed.API: ("/api — токены для программ: 1С, сканер, свой сайт",),
    Deed.ADMIN: ("/admin — организации и администраторы этого Ambar",),
}
MOVE_KEYS = (
    key("Приход", MoveCall(kind=Deed.RECEIVE)),
    key("Отгрузка", MoveCall(kind=Deed.SHIP)),
    key("Перемещение", MoveCall(kind=Deed.MOVE)),
    key("Инвентаризация", MoveCall(kind=Deed.COUNT)),
)
GROUPS = (
    ("Деньги", (Deed.TODAY, Deed.PNL, Deed.MONEY, Deed.COST)),
    ("Товар", (Deed.STOCK, Deed.SUPPLY, Deed.ANALYTICS, Deed.REVIEWS, Deed.ORDERS)),
    ("Склад: движения", (Deed.RECEIVE, Deed.PUTAWAY, Deed.MOVE, Deed.SHIP, Deed.RESERVE, Deed.RELEASE)),
    ("Склад: учёт", (Deed.COUNT, Deed.WRITEOFF, Deed.HOLDS, Deed.HISTORY, Deed.UNDO)),
    ("Товары на складе", (Deed.FIND, Deed.ITEMS, Deed.FILE)),
    ("Хозяйство", (Deed.STATUS, Deed.CONNECT, Deed.RECALC, Deed.JOBS)),
    ("Организация", (Deed.PEOPLE, Deed.ORG, Deed.API, Deed.AUDIT)),
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
        keys=(
            *([(TODAY_KEY, PNL_KEY)] if Deed.PNL in may else []),
            (STOCK_KEY, SUPPLY_KEY),
            *([(ANALYTICS_KEY,)] if Deed.ANALYTICS in may else []),
            *(rows_of(MOVE_KEYS, 2) if Deed.RECEIVE in may else ()),
        ),
    )
