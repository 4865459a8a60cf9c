"""What stands around every handler: a trace, a seat at the desk, a permission, an answer to a tap."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiogram import BaseMiddleware, Bot
from aiogram.dispatcher.flags import get_flag
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, Chat, Message, TelegramObject, Update, User

from app.bot import views
from app.bot.callbacks import unstamped
from app.bot.counting import handled
from app.bot.desk import Desk, Office
from app.core.errors import NotAllowed
from app.core.metrics import UNMEASURED, Metrics
from app.core.trace import Actor, set_actor
from app.services.tenancy.people import Person, find_person
from app.services.tenancy.roles import ANYBODY, Deed, demand

log = structlog.get_logger(__name__)
Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class Traced(BaseMiddleware):
    """Gives the update a trace id and registers its task, so that a shutdown waits for it."""

    def __init__(self, metrics: Metrics = UNMEASURED) -> None:
        self._metrics = metrics

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        office: Office = data["office"]
        office.running.register_current()
        data["trace_id"] = trace_id = uuid.uuid4().hex[:12]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(trace_id=trace_id)
        kind = event.event_type if isinstance(event, Update) else "other"
        if isinstance(event, Update):
            log.info("update_received", update_id=event.update_id, kind=kind)
        with handled(self._metrics, kind):
            return await handler(event, data)


class Seated(BaseMiddleware):
    """Finds out who it is and prepares their desk. Groups are sent to the private chat, politely."""

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        office: Office = data["office"]
        user: User | None = data.get("event_from_user")
        chat: Chat | None = data.get("event_chat")
        bot: Bot = data["bot"]
        if user is None or user.is_bot or not isinstance(event, Update):
            return None
        data["desk"] = office.desk(bot, None)
        if chat is not None and chat.type != ChatType.PRIVATE:
            return await _send_to_private(event, data["desk"])
        person = await office.platform(find_person, user.id)
        if person is not None:
            set_actor(Actor(person.user_id, person.name))
        data["person"], data["desk"] = person, office.desk(bot, person, f"tg:{bot.id}:{event.update_id}")
        return await handler(_unstamped(event, data), data)


def _unstamped(update: Update, data: dict[str, Any]) -> Update:
    """The update with the organisation's stamp taken off the button's data and kept in ``data["stamp"]``."""
    tap = update.callback_query
    if tap is None or tap.data is None:
        return update
    data["stamp"], plain = unstamped(tap.data)
    return update.model_copy(update={"callback_query": tap.model_copy(update={"data": plain})})


async def _send_to_private(update: Update, desk: Desk) -> None:
    """A command in a group is answered once; other talk there is none of our business."""
    if update.callback_query is not None:
        await update.callback_query.answer("Напишите мне в личный чат.", show_alert=True)
    elif update.message is not None and (said := update.message.text or "").startswith("/"):
        await desk.show(update.message, views.private_only(may_hold_secret=said.startswith("/connect")))


class Permitted(BaseMiddleware):
    """Asks the table of roles whether this person may; every handler names its deed in a flag.

    A button works in the organisation that it was drawn for; a handler flagged ``anywhere`` is of none. One
    flagged ``secret`` gets messages that must not stay in the chat, whoever wrote them.
    """

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        desk: Desk = data["desk"]
        deed = get_flag(data, "deed")
        if not isinstance(deed, Deed):
            raise LookupError("a handler without a deed would be open to everybody")
        person = desk.person
        try:
            if isinstance(event, CallbackQuery) and not (deed in ANYBODY or get_flag(data, "anywhere")):
                demand_place(data.get("stamp"), person)
            demand(deed, person.role if person else None, is_admin=person is not None and person.is_admin)
        except NotAllowed:
            if get_flag(data, "secret") and isinstance(event, Message):
                await desk.forget(event)
            raise
        state: FSMContext | None = data.get("state")
        is_command = isinstance(event, Message) and (event.text or "").startswith("/")
        if is_command and state is not None and data.get("raw_state") is not None:
            await state.clear()  # whoever asks something else has left the conversation
        return await handler(event, data)


def demand_place(stamp: int | None, person: Person | None) -> None:
    """Raises NotAllowed for a button of another organisation than the person looks at.

    One without a stamp was drawn by an older version: it is good where there is only one organisation.
    """
    if person is None or stamp == person.tenant_id or (stamp is None and person.organisations < 2):
        return
    if person.tenant_id is None:
        raise NotAllowed("Вас больше нет в этой организации. Начните с /start")
    raise NotAllowed(f"Этот экран — другой организации, а сейчас вы в «{person.organisation}». Выбрать: /org")


class Answered(BaseMiddleware):
    """Stops the spinner on the button once the handler is done."""

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        done = await handler(event, data)
        if isinstance(event, CallbackQuery):
            await answer_tap(event)
        return done


async def answer_tap(tap: CallbackQuery, text: str | None = None) -> None:
    """Answer a tap, with an alert where there is a text. Too late to answer is no error."""
    try:
        await tap.answer(text, show_alert=text is not None)
    except TelegramBadRequest as refusal:
        log.info("tap_not_answered", reason=refusal.message)
