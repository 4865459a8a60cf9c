"""/holds, /history and /undo: what is promised, what happened, and taking it back."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks_shelf import HistoryCall, HoldCall, HoldsCall, PaperCall, UndoCall, UndoListCall
from app.bot.desk import Desk
from app.bot.parse_moves import read_document
from app.services.tenancy.roles import Deed
from app.services.warehouse.past import DocumentQuery, HistoryQuery, ShowDocument, ShowHistory
from app.services.warehouse.promises import HoldQuery, HoldsQuery, ListHolds, ShowHold
from app.services.warehouse.undo import ListUndoable, UndoDocument, UndoOrder, UndoQuery


def setup() -> Router:
    router = Router(name="shelf_book")
    of_holds, of_past, of_undo = ({"deed": each} for each in (Deed.HOLDS, Deed.HISTORY, Deed.UNDO))
    router.message.register(holds, Command("holds"), flags=of_holds)
    router.callback_query.register(holds_page, HoldsCall.filter(), flags=of_holds)
    router.callback_query.register(hold, HoldCall.filter(), flags=of_holds)
    router.message.register(history, Command("history"), flags=of_past)
    router.callback_query.register(history_page, HistoryCall.filter(), flags=of_past)
    router.callback_query.register(paper, PaperCall.filter(), flags=of_past)
    router.message.register(undo, Command("undo"), flags=of_undo)
    router.callback_query.register(undo_list, UndoListCall.filter(), flags=of_undo)
    router.callback_query.register(undone, UndoCall.filter(), flags=of_undo)
    return router


async def holds(message: Message, desk: Desk) -> None:
    await desk.show(message, views.holds(await desk.run(ListHolds, HoldsQuery())))


async def holds_page(tap: CallbackQuery, callback_data: HoldsCall, desk: Desk) -> None:
    await desk.show(tap, views.holds(await desk.run(ListHolds, HoldsQuery(page=callback_data.page))))


async def hold(tap: CallbackQuery, callback_data: HoldCall, desk: Desk) -> None:
    report = await desk.run(ShowHold, HoldQuery(hold_id=callback_data.hold))
    await desk.show(tap, views.hold(report, desk.member.role))


async def history(message: Message, command: CommandObject, desk: Desk) -> None:
    typed = " ".join((command.args or "").split())
    await desk.show(message, views.history(await desk.run(ShowHistory, HistoryQuery(typed=typed))))


async def history_page(tap: CallbackQuery, callback_data: HistoryCall, desk: Desk) -> None:
    query = HistoryQuery(page=callback_data.page, item_id=callback_data.item or None)
    await desk.show(tap, views.history(await desk.run(ShowHistory, query)))


async def paper(tap: CallbackQuery, callback_data: PaperCall, desk: Desk) -> None:
    report = await desk.run(ShowDocument, DocumentQuery(document_id=callback_data.document))
    await desk.show(tap, views.paper(report, desk.member.role))


async def undo(message: Message, command: CommandObject, desk: Desk) -> None:
    """With a number that document is shown with its button; without one, what may be taken back."""
    number = read_document(command.args)
    if number is None:
        await desk.show(message, views.undo_list(await desk.run(ListUndoable, UndoQuery())))
        return
    report = await desk.run(ShowDocument, DocumentQuery(document_id=number))
    await desk.show(message, views.paper(report, desk.member.role))


async def undo_list(tap: CallbackQuery, callback_data: UndoListCall, desk: Desk) -> None:
    await desk.show(tap, views.undo_list(await desk.run(ListUndoable, UndoQuery(mine=callback_data.mine))))


async def undone(tap: CallbackQuery, callback_data: UndoCall, desk: Desk) -> None:
    done = await desk.run(UndoDocument, UndoOrder(document_id=callback_data.document))
    await desk.show(tap, views.undone(done))
