"""/file: movements by a file of lines; checked whole, posted when a person says so."""

from io import BytesIO

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, Document, Message

from app.bot import views
from app.bot.callbacks_goods import (
    FileDropCall,
    FileFaultsCall,
    FileKindCall,
    FilePostCall,
    FilesCall,
    TemplateCall,
)
from app.bot.desk import Desk
from app.core.errors import BadInput
from app.services.tenancy.roles import Deed
from app.services.warehouse.drafts import DraftRef, DropDraft, PostDraft
from app.services.warehouse.file_books import FORMS, template
from app.services.warehouse.file_lines import KINDS
from app.services.warehouse.files import KIND, CheckFile, FileQuery, ListFaults, NewFile, TakeFile
from app.services.warehouse.sheets import LARGEST, TOO_LARGE


def setup() -> Router:
    router = Router(name="files")
    flags = {"deed": Deed.FILE}
    router.message.register(offered, Command("file"), flags=flags)
    router.message.register(sent, F.document, flags=flags)
    router.callback_query.register(offered, FilesCall.filter(), flags=flags)
    router.callback_query.register(handed_out, TemplateCall.filter(), flags=flags)
    router.callback_query.register(checked, FileKindCall.filter(), flags=flags)
    router.callback_query.register(faults, FileFaultsCall.filter(), flags=flags)
    router.callback_query.register(post, FilePostCall.filter(), flags=flags)
    router.callback_query.register(drop, FileDropCall.filter(), flags=flags)
    return router


async def offered(event: Message | CallbackQuery, desk: Desk) -> None:
    await desk.show(event, views.files())


async def handed_out(tap: CallbackQuery, callback_data: TemplateCall, desk: Desk) -> None:
    kind = KINDS.get(callback_data.kind)
    if kind is None or callback_data.form not in FORMS:
        await desk.show(tap, views.files())  # a button of another version
        return
    name, content = await desk.office.aside(template, kind, callback_data.form)
    await desk.hand_over(tap, name, content)


async def sent(message: Message, state: FSMContext, desk: Desk) -> None:
    """A file ends any other conversation: what is typed next is not about it."""
    assert message.document is not None, "the filter lets nothing else in"
    content = await _fetch(message.document, desk)
    await state.clear()
    name = message.document.file_name or "файл"
    received = await desk.run(TakeFile, NewFile(name=name, content=content, caption=message.caption or ""))
    if received.kind is None:
        await desk.show(message, views.which_kind(received))
    else:
        query = FileQuery(document_id=received.document_id, kind=received.kind)
        await desk.show(message, views.file_checked(await desk.run(CheckFile, query)))


async def checked(tap: CallbackQuery, callback_data: FileKindCall, desk: Desk) -> None:
    query = FileQuery(
        document_id=callback_data.document, kind=callback_data.kind, make_places=callback_data.places
    )
    await desk.show(tap, views.file_checked(await desk.run(CheckFile, query)))


async def faults(tap: CallbackQuery, callback_data: FileFaultsCall, desk: Desk) -> None:
    book = await desk.run(ListFaults, FileQuery(document_id=callback_data.document, kind=callback_data.kind))
    await desk.hand_over(tap, book.name, book.content)


async def post(tap: CallbackQuery, callback_data: FilePostCall, desk: Desk) -> None:
    done = await desk.run(PostDraft, DraftRef(draft_id=callback_data.draft, kind=KIND))
    await desk.show(tap, views.file_posted(done))


async def drop(tap: CallbackQuery, callback_data: FileDropCall, desk: Desk) -> None:
    await desk.run(DropDraft, DraftRef(draft_id=callback_data.draft, kind=KIND))
    await desk.show(tap, views.file_dropped())


async def _fetch(document: Document, desk: Desk) -> bytes:
    """Raises BadInput for one that is no table by its size alone."""
    if (document.file_size or 0) > LARGEST:
        raise BadInput(TOO_LARGE)
    content = BytesIO()
    await desk.bot.download(document, destination=content)
    return content.getvalue()
