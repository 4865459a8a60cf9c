"""A photo of a barcode: as if its digits had been typed, wherever the conversation is."""

from io import BytesIO

from aiogram import F, Router
from aiogram.filters import StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks_goods import ScanCall
from app.bot.desk import Desk
from app.bot.routers import items, moves
from app.bot.routers.find import look_for
from app.bot.routers.items import Linking
from app.bot.routers.moves import Moving
from app.core.errors import BadInput
from app.services.tenancy.roles import Deed
from app.services.warehouse.find import FindScanned, ScannedCodes
from app.services.warehouse.photo import LARGEST, TOO_LARGE, read_codes

PICTURE = (
    F.photo
    | F.document.mime_type.startswith("image/")
    | F.document.file_name.lower().endswith((".jpg", ".jpeg", ".png", ".webp"))
)
"""Sent as a photo, or as a file, which keeps the picture sharp."""


def setup() -> Router:
    router = Router(name="photo")
    moving, linking, find = ({"deed": deed} for deed in (Deed.RECEIVE, Deed.ITEMS, Deed.FIND))
    router.message.register(seen, StateFilter(Moving), PICTURE, flags=moving)
    router.message.register(seen, StateFilter(Linking), PICTURE, flags=linking)
    router.message.register(seen, PICTURE, flags=find)
    router.callback_query.register(chosen, ScanCall.filter(), flags=find)
    return router


async def seen(message: Message, state: FSMContext, desk: Desk) -> None:
    codes = await desk.office.aside(read_codes, await _fetch(message, desk))
    if len(codes) == 1:
        await heard(codes[0], message, state, desk)
        return
    found = await desk.run(FindScanned, ScannedCodes(codes=codes))
    if len(found.items) == 1:
        await heard(found.items[0].article, message, state, desk)
    else:
        await desk.show(message, views.scanned(found.items, found.unknown))


async def chosen(tap: CallbackQuery, callback_data: ScanCall, state: FSMContext, desk: Desk) -> None:
    if isinstance(tap.message, Message):
        await heard(callback_data.code, tap.message, state, desk)


async def heard(code: str, message: Message, state: FSMContext, desk: Desk) -> None:
    """Where a movement or a listing waits for an item, this is it; else it is looked for."""
    step = (await state.get_state() or "").partition(":")[0]
    if step == Moving.__name__:
        await moves.heard(code, message, state, desk)
    elif step == Linking.__name__:
        await items.heard(code, message, state, desk)
    else:
        await look_for(message, code, desk)


async def _fetch(message: Message, desk: Desk) -> bytes:
    """The picture as large as Telegram has it. Raises BadInput for one that it would not give us."""
    picture = message.photo[-1] if message.photo else message.document
    assert picture is not None, "the filter lets nothing else in"
    if (picture.file_size or 0) > LARGEST:
        raise BadInput(TOO_LARGE)
    content = BytesIO()
    await desk.bot.download(picture, destination=content)
    return content.getvalue()
