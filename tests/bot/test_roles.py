"""Who may do what, cell by cell: through the real dispatcher, against a table written down here by hand."""

import inspect

import pytest
from aiogram.filters.callback_data import CallbackData

from app.bot import callbacks, callbacks_goods, callbacks_shelf
from app.bot.callbacks import stamped
from app.core.errors import NotAllowed
from app.services.tenancy.roles import Deed, allowed, demand

COMMANDS = [
    "start", "help", "today", "pnl", "money", "stock", "supply", "analytics",
    "find", "items", "file", "orders",
    "receive", "putaway", "move", "ship", "reserve", "release", "count", "writeoff",
    "holds", "history", "undo",
    "cost", "reviews", "status",
    "connect", "recalc", "jobs", "audit", "people", "org", "api", "admin",
]  # fmt: skip
# Read down: the commands above. «+» open, «.» closed.
MATRIX = {
    #                sht pm ssa fif o rpmsrrcw hhu crs crjapoaa
    #                tea no tun iti r euoheeor oin oet oeouerpd
    #                alo ln opa nel d ctvislui lsd sva ncbdogim
    "owner":        "+++ ++ +++ +++ + ++++++++ +++ +++ +++++++.",
    "manager":      "+++ ++ +++ +++ + ++++++++ +++ +++ .....+..",
    "analyst":      "+++ ++ +++ +.. . ........ ++. ..+ .....+..",
    "storekeeper":  "++. .. ++. +++ + ++++++++ +++ ... .....+..",
    "nobody":       "++. .. ... ... . ........ ... ... ........",
    "admin":        "++. .. ... ... . ........ ... ... ..+....+",
    "analyst+admin": "+++ ++ +++ +.. . ........ ++. ..+ .++..+.+",
}  # fmt: skip
OPEN = {
    who: [command for command, cell in zip(COMMANDS, row.replace(" ", ""), strict=True) if cell == "+"]
    for who, row in MATRIX.items()
}
ROLES = {"owner": "владелец", "manager": "менеджер", "analyst": "аналитик", "storekeeper": "кладовщик"}

SCREENS = {
    "help": "/help", "today": "Вчера", "pnl": "Прибыль за 7 дней", "money": "Выплаты и остаток",
    "find": "Товаров ещё нет", "items": "Товары и карточки", "file": "Движения файлом",
    "stock": "Остатки", "supply": "Поставка на 14 дней", "analytics": "Аналитика товаров",
    "orders": "Заказы со своего склада", "cost": "KRS-42: 350 ₽",
    "receive": "Приход", "putaway": "Размещение", "move": "Перемещение", "ship": "Отгрузка",
    "reserve": "Резерв", "release": "Снятие резерва", "count": "Инвентаризация", "writeoff": "Списание",
    "holds": "Резервов нет",
    "history": "Движения на складе", "undo": "Что отменить?",
    "status": "Статус · Ромашка", "reviews": "Отзывы без ответа",
    "connect": "Какой кабинет подключить?", "recalc": "В очереди", "jobs": "Задачи", "audit": "Кто что менял",
    "people": "Люди · Ромашка", "org": "Вы в «Ромашка»", "api": "Токены API · Ромашка", "admin": "Этот Ambar",
}  # fmt: skip
"""What an open command shows."""
SAID = {"cost": "/cost KRS-42 350"}
MORE_COMMANDS = {"invite": ("people", "Кем пригласить?")}
"""Commands of a deed that has another name."""

BUTTONS = [
    (callbacks.HelpCall(), "help", ""),
    (callbacks.TodayCall(), "today", "Вчера"),
    (callbacks.PnlCall(days=7), "pnl", "Прибыль за 7 дней"),
    (callbacks.MoneyCall(), "money", "Выплаты и остаток"),
    (callbacks.StockCall(), "stock", "Остатки"),
    (callbacks.CardCall(article="KRS-42"), "stock", "KRS-42"),
    (callbacks.SupplyCall(window=14), "supply", "Поставка на 14 дней"),
    (callbacks.AnalyticsCall(), "analytics", "Аналитика товаров"),
    (callbacks_goods.FindCall(page=0, words="нет"), "find", "Товара «нет» нет"),
    (callbacks_goods.ItemCall(item=0), "find", "Такого товара нет"),
    (callbacks_goods.ScanCall(code="4601"), "find", "«4601»"),
    (callbacks_goods.ListingsCall(), "items", "Товары и карточки"),
    (callbacks_goods.LinkCall(sku=0, item=0, yes=True), "items", "Такой карточки нет"),
    (callbacks_goods.LinkAskCall(sku=0), "items", "Такой карточки нет"),
    (callbacks_goods.SureLinksCall(), "items", "Связывать больше нечего"),
    (callbacks_goods.CardsCall(account=0), "items", "Связывать больше нечего"),
    (callbacks_goods.FilesCall(), "file", "Движения файлом"),
    (callbacks_goods.TemplateCall(kind="нет", form="csv"), "file", "Движения файлом"),
    (callbacks_goods.FileKindCall(document=0, kind="RECEIPT"), "file", "Такого файла нет"),
    (callbacks_goods.FileFaultsCall(document=0, kind="RECEIPT"), "file", "Такого файла нет"),
    (callbacks_goods.FilePostCall(draft=0), "file", "Такого документа здесь нет"),
    (callbacks_goods.FileDropCall(draft=0), "file", "Такого документа здесь нет"),
    (callbacks.OrdersCall(), "orders", "Заказы со своего склада"),
    (callbacks.OrderCall(order=0), "orders", "Такого заказа нет"),
    (callbacks.SuppliesCall(), "orders", "Поставки на площадки"),
    (callbacks.TripCall(marketplace="WB", number="1"), "orders", "со склада ничего не уходило"),
    (callbacks_shelf.MoveCall(kind="receive"), "receive", "Приход"),
    (callbacks_shelf.MovePickCall(kind="ship", turn="x", n=0), "ship", "Этот разговор уже окончен"),
    (callbacks_shelf.MoveDraftCall(kind="count", draft=0, deed="post"), "count", "Такого документа"),
    (callbacks_shelf.HoldsCall(), "holds", "Резервов нет"),
    (callbacks_shelf.HoldCall(hold=0), "holds", "Резерва №0 нет"),
    (callbacks_shelf.HistoryCall(), "history", "Движения на складе"),
    (callbacks_shelf.PaperCall(document=0), "history", "Документа №0 нет"),
    (callbacks_shelf.UndoListCall(), "undo", "Что отменить?"),
    (callbacks_shelf.UndoCall(document=0), "undo", "Документа №0 нет"),
    (callbacks.CostUndoCall(change=0), "cost", "Такого изменения нет"),
    (callbacks.ReviewsCall(), "reviews", "Отзывы без ответа"),
    (callbacks.ReviewCall(account=0, review="x"), "reviews", "Такого отзыва нет"),
    (callbacks.StatusCall(), "status", "Статус · Ромашка"),
    (callbacks.JobCall(job=0), "recalc", "Такой работы нет"),
    (callbacks.JobsCall(), "jobs", "Задачи"),
    (callbacks.JobRequeueCall(job=0), "jobs", "Задачи 0 нет"),
    (callbacks.JobDropCall(job=0), "jobs", "Задачи 0 нет"),
    (callbacks.ConnectCall(), "connect", "Какой кабинет подключить?"),
    (callbacks.CabinetCall(account=0), "connect", "Такого кабинета нет"),
    (callbacks.AuditCall(), "audit", "Кто что менял"),
    (callbacks.OrgCall(), "org", "Вы в «Ромашка»"),
    (callbacks.OrgNameCall(), "people", "Новое название"),
    (callbacks.ApiCall(), "api", "Токены API · Ромашка"),
    (callbacks.ApiNewCall(), "api", "Какая роль у программы?"),
    (callbacks.ApiOffCall(token=0), "api", "Этот токен уже не действует"),
    (callbacks.PeopleCall(), "people", "Люди · Ромашка"),
    (callbacks.MemberCall(user=0), "people", "Этого человека в организации нет"),
    (callbacks.InviteCall(), "people", "Кем пригласить?"),
    (callbacks.InviteOffCall(invite=0), "people", "уже не действует"),
    (callbacks.AdminCall(), "admin", "Этот Ambar"),
    (callbacks.AdminCodeCall(), "admin", "Код администратора"),
    (callbacks.AdminDwCall(), "admin", "Свод для аналитики"),
    (callbacks.AdminMakeCall(), "admin", "Новый администратор"),
]
"""Each kind of button, the command whose deed it is, and what it shows where that is open."""


def refusal(who, command):
    """The sentence for a closed cell, put together from the table here."""
    can = " ".join(f"/{each}" for each in OPEN[who])
    if command == "admin":
        return f"Команда /admin — для администраторов этого Ambar. Вам доступны: {can}"
    role = ROLES.get(who.partition("+")[0])
    if role is None:
        return "Сначала нужна организация. Начните с /start"
    return f"Для роли «{role}» команда /{command} закрыта. Вам доступны: {can}"


@pytest.fixture
def somebody(chat, seller):
    """Makes a person of a row of the matrix, in the seller's organisation where they are in any."""

    def make(who):
        role, _, admin = who.partition("+")
        if role in ROLES:
            return chat.person("Вера", role, seller.tenant_id, is_admin=bool(admin))
        vera = chat.stranger("Вера")
        if who == "admin":
            with chat.db.platform() as tx:
                tx.run("INSERT INTO app_user (telegram_id, is_admin) VALUES (:id, true)", id=vera.id)
        return vera

    return make


async def ends(chat):
    """Nobody does the jobs here: their watchers are cut, or everybody would wait for them."""
    await chat.dispatcher["office"].running.stop(0)


def wrong(screen, who, command, is_open, shown):
    """What is wrong with this cell, or nothing."""
    if "Что-то сломалось" in screen:
        return "broken"
    if is_open:
        return None if shown in screen and "закрыта" not in screen else f"should show {shown!r}"
    return None if refusal(who, command) in screen else f"should say {refusal(who, command)!r}"


@pytest.mark.parametrize("who", MATRIX)
async def test_every_command_is_open_or_closed_as_the_table_says(chat, somebody, who):
    vera, bad = somebody(who), {}
    chat.api.busy = None
    for command in [*COMMANDS[1:], *MORE_COMMANDS]:
        deed, shown = MORE_COMMANDS.get(command, (command, SCREENS.get(command)))
        await vera.says(SAID.get(command, f"/{command}"))
        shown = "" if deed == "help" else shown
        if fault := wrong(vera.screen, who, deed, deed in OPEN[who], shown):
            bad[command] = f"{fault}: {vera.screen[:200]}"
        await ends(chat)
    assert not bad


@pytest.mark.parametrize("who", MATRIX)
async def test_every_button_is_open_or_closed_as_the_table_says(chat, somebody, who):
    vera, bad = somebody(who), {}
    chat.api.busy = None
    chat.api.forgive("message is not modified")
    tenant_id = getattr(vera, "tenant_id", None)
    await vera.says("/help")
    for call, deed, shown in BUTTONS:
        data = stamped(call.pack(), tenant_id)
        message = next(each for each in reversed(vera.chat.messages) if each.of_bot)
        message.markup = {"inline_keyboard": [[{"text": "Кнопка", "callback_data": data}]]}
        await vera.taps("Кнопка")
        if fault := wrong(vera.screen, who, deed, deed in OPEN[who], shown):
            bad[call.pack()] = f"{fault}: {vera.screen[:200]}"
        await ends(chat)
    assert not bad


def test_every_kind_of_button_is_in_the_table():
    kinds = {
        kind
        for module in (callbacks, callbacks_goods, callbacks_shelf)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, CallbackData) and kind is not CallbackData
    }
    assert {type(call) for call, _, _ in BUTTONS} == kinds
    prefixes = [kind.__prefix__ for kind in kinds]
    assert len(set(prefixes)) == len(prefixes)


def test_every_deed_is_in_the_table():
    assert list(Deed) == COMMANDS


@pytest.mark.parametrize("who", MATRIX)
def test_the_services_table_is_the_one_written_here(who):
    role, _, admin = who.partition("+")
    may = allowed(role if role in ROLES else None, is_admin="admin" in (role, admin))
    assert [each for each in COMMANDS if each in may] == OPEN[who]


async def test_everybody_may_start(chat, somebody):
    for who in ("owner", "storekeeper", "nobody"):
        vera = somebody(who)
        await vera.says("/start")
        vera.sees("Здесь только по приглашению" if who == "nobody" else "Здравствуйте, Вера")


def test_a_refusal_names_what_is_open():
    with pytest.raises(NotAllowed, match=r"«кладовщик» команда /pnl закрыта.*/stock /supply"):
        demand(Deed.PNL, "storekeeper")


def test_a_role_we_do_not_know_opens_nothing():
    assert allowed("boss") == allowed(None)
