"""The one place where an exception becomes words. Nothing here ever shows or logs what was typed."""

import structlog
from aiogram.exceptions import TelegramAPIError, TelegramForbiddenError
from aiogram.types import CallbackQuery, ErrorEvent, Message
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.bot import views
from app.bot.desk import Desk, Office
from app.bot.middlewares import answer_tap
from app.bot.render import utf16
from app.bot.screen import Screen
from app.bot.tracing import stack_of
from app.core.errors import AmbarError, NotNow

log = structlog.get_logger(__name__)
ALERT_LIMIT = 200
DATABASE_AWAY = "База данных сейчас не отвечает. Ничего не потеряно: повторите через минуту."


async def on_error(event: ErrorEvent, office: Office, trace_id: str = "–", desk: Desk | None = None) -> bool:
    """Registered on the dispatcher; True = dealt with."""
    problem = event.exception
    if isinstance(problem, TelegramForbiddenError):
        log.info("person_not_reachable")
        return True
    sentence = _sentence(problem)
    if sentence is None or isinstance(problem, OperationalError | InterfaceError | PoolExhausted):
        log.error("update_failed", trace_id=trace_id, error=type(problem).__name__, stack=stack_of(problem))
    else:
        log.info("update_refused", trace_id=trace_id, error=type(problem).__name__)
    target = event.update.callback_query or event.update.message
    if target is None:
        return True
    seat = desk or (office.desk(target.bot, None) if target.bot else None)
    screen = views.broken(trace_id) if sentence is None else views.refused(sentence)
    try:
        await _tell(target, seat, screen, sentence)
    except TelegramAPIError as failure:
        log.warning("error_not_told", trace_id=trace_id, reason=type(failure).__name__)
    return True


def _sentence(problem: Exception) -> str | None:
    if isinstance(problem, AmbarError):
        return str(problem)
    if isinstance(problem, OperationalError | InterfaceError | PoolExhausted):
        return str(NotNow(DATABASE_AWAY))
    return None


async def _tell(
    target: CallbackQuery | Message, desk: Desk | None, screen: Screen, sentence: str | None
) -> None:
    """After a tap a short sentence is an alert, so the screen with the button stays as it was."""
    if isinstance(target, CallbackQuery):
        if sentence is not None and utf16(sentence) <= ALERT_LIMIT:
            await answer_tap(target, sentence)
            return
        await answer_tap(target)
        if desk is not None and isinstance(target.message, Message):
            await desk.show(target.message, screen)
    elif desk is not None:
        await desk.show(target, screen)
