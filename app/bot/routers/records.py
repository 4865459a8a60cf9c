"""/audit: who changed what in the organisation."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import AuditCall
from app.bot.desk import Desk
from app.bot.parse import parse_who
from app.services.audit import AuditQuery, ListAudit
from app.services.tenancy.roles import Deed


def setup() -> Router:
    router = Router(name="records")
    router.message.register(audit, Command("audit"), flags={"deed": Deed.AUDIT})
    router.callback_query.register(audit_page, AuditCall.filter(), flags={"deed": Deed.AUDIT})
    return router


async def audit(message: Message, command: CommandObject, desk: Desk) -> None:
    report = await desk.run(ListAudit, AuditQuery(name=parse_who(command.args)))
    await desk.show(message, views.audit(report))


async def audit_page(tap: CallbackQuery, callback_data: AuditCall, desk: Desk) -> None:
    actor = callback_data.actor if callback_data.actor >= 0 else None
    report = await desk.run(ListAudit, AuditQuery(page=max(0, callback_data.page), actor_id=actor))
    await desk.show(tap, views.audit(report))
