"""Which listings are which items: what is proposed, what nobody knows, what was decided."""

from app.bot import formats
from app.bot.callbacks_goods import (
    CardsCall,
    ItemCall,
    LinkAskCall,
    LinkCall,
    ListingsCall,
    SureLinksCall,
    scan_call,
)
from app.bot.screen import Block, Bold, Key, Line, Screen, fact, facts, key, line, rows_of, text
from app.bot.views.common import page_keys
from app.services.warehouse.item_making import ItemMade
from app.services.warehouse.listings import (
    CONFIRMED,
    PAGE,
    Decided,
    DecidedMany,
    Listing,
    ListingBoard,
    name_of,
)
from app.services.warehouse.unclear import Choice

LABEL = 32
BY = {"barcode": "по штрихкоду", "article": "по артикулу", "card": "заведён из карточки"}
BACK = key("К карточкам", ListingsCall())
BY_HAND = "Завести товар самому: /items KRS-42 4601234567893 Кроссовки беговые"


def listings(board: ListingBoard) -> Screen:
    """What waits for a word; with ``unknown`` what has to be linked by hand."""
    counts = board.counts
    body: list[Block] = [
        facts(
            [
                fact("Товаров на складе", formats.number(counts.items)),
                fact("Карточек связано", formats.number(counts.confirmed)),
                fact("Предложено связать", formats.number(counts.proposed)),
                fact("Не связано", formats.number(counts.unlinked)),
            ]
        )
    ]
    lines: list[Line] = []
    keys: list[Key] = []
    for number, each in enumerate(board.listings, start=board.page * PAGE + 1):
        lines += _lines(each, number)
        keys += _keys(each, number)
    body.append(text(*lines) if lines else text(_all_done(board)))
    page = formats.of_pages(board.page, board.pages)
    turn = page_keys(board.page, board.pages, lambda n: ListingsCall(unknown=board.unknown, page=n))
    return Screen(
        head=("Не связанные карточки" if board.unknown else "Товары и карточки") + page,
        body=tuple(body),
        foot=(line(BY_HAND),),
        keys=(*rows_of(keys, 2), turn, *rows_of(_all_at_once(board), 1)),
    )


def link_ask(listing: Listing) -> Screen:
    return Screen(
        head=f"Какой это товар? {name_of(listing)}",
        body=(text(formats.clip(listing.title, 200), "Пришлите его артикул, штрихкод или фото штрихкода."),),
        keys=((key("Отмена", ListingsCall(unknown=True)),),),
    )


def link_unclear(sentence: str, choices: tuple[Choice, ...]) -> Screen:
    """What was named is no item: what is like it, each as if it had been typed."""
    near = [key(formats.clip(each.label, LABEL), call) for each in choices if (call := scan_call(each.value))]
    return Screen(head=sentence, keys=(*rows_of(near, 1), (key("Отмена", ListingsCall(unknown=True)),)))


def decided(done: Decided) -> Screen:
    if done.state == CONFIRMED:
        return Screen(
            head=f"{done.listing} — это {done.item}",
            body=(text("Заказы и остатки этой карточки теперь о нём."),),
            keys=((key("Отвязать", LinkCall(sku=done.sku_id, item=done.item_id, yes=False)), BACK),
                  (key(done.item, ItemCall(item=done.item_id)),)),
        )  # fmt: skip
    return Screen(
        head=f"{done.listing} — не {done.item}",
        body=(text("Связи нет, и предлагать её снова не буду."),),
        keys=((key("Связать снова", LinkCall(sku=done.sku_id, item=done.item_id, yes=True)), BACK),),
    )


def decided_many(done: DecidedMany) -> Screen:
    linked = formats.plural(done.linked, "карточка", "карточки", "карточек")
    made = formats.plural(done.made, "товар", "товара", "товаров")
    head = f"Заведено: {made}, связано: {linked}" if done.made else f"Связано: {linked}"
    left = f"Не связано ещё: {formats.number(done.left)}." if done.left else "Все карточки связаны."
    return Screen(
        head=head if done.linked or done.made else "Связывать больше нечего",
        body=(text(left),),
        keys=((BACK,),),
    )


def item_made(done: ItemMade) -> Screen:
    lines = [f"Штрихкод: {code}" for code in done.barcodes]
    lines += [f"Штрихкод {code} — уже у другого товара, не добавлен." for code in done.taken]
    return Screen(
        head=f"{done.article}: товар заведён" if done.is_new else f"{done.article}: штрихкод добавлен",
        body=(text(*lines),) if lines else (),
        keys=((key(formats.clip(done.article, LABEL), ItemCall(item=done.item_id)), BACK),),
    )


def _all_done(board: ListingBoard) -> str:
    if board.unknown:
        return "Все карточки связаны или предложены."
    if board.counts.unlinked:
        return "Предложить больше нечего: у остальных карточек нет товара с тем же штрихкодом или артикулом."
    if board.counts.confirmed:
        return "Все карточки связаны с товарами."
    return "Карточек ещё нет: подключите кабинет, /connect"


def _lines(each: Listing, number: int) -> list[Line]:
    words = [formats.clip(part, LABEL) for part in (each.title, each.account) if part]
    told = [line(Bold(f"{number}. {name_of(each)}"), "".join(f" · {part}" for part in words))]
    if each.item_id is not None and each.state:
        sure = "" if each.is_sure else " — проверьте"
        told.append(line(f"   → {each.item_article} {formats.clip(each.item_name, LABEL)}, "
                         f"{BY.get(each.found_by, '')}{sure}"))  # fmt: skip
    return told


def _keys(each: Listing, number: int) -> list[Key]:
    if each.item_id is None or not each.state:
        return [key(f"Связать {number}", LinkAskCall(sku=each.sku_id))]
    return [
        key(f"{number} — да", LinkCall(sku=each.sku_id, item=each.item_id, yes=True)),
        key(f"{number} — нет", LinkCall(sku=each.sku_id, item=each.item_id, yes=False)),
    ]


def _all_at_once(board: ListingBoard) -> list[Key]:
    keys = []
    counts = board.counts
    if counts.sure and not board.unknown:
        keys.append(key(f"Подтвердить все верные ({formats.number(counts.sure)})", SureLinksCall()))
    for each in board.accounts:
        name = f"{formats.marketplace(each.marketplace)} {formats.clip(each.account, 16)}"
        keys.append(key(f"Завести товары: {name} ({formats.number(each.listings)})",
                        CardsCall(account=each.account_id)))  # fmt: skip
    if counts.unlinked and not board.unknown:
        keys.append(key("Связать вручную", ListingsCall(unknown=True)))
    if board.unknown:
        keys.append(BACK)
    return keys
