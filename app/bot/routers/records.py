"""/audit: who changed what in the organisation."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import AuditCall
from app.bot.desk import Desk
from app.bot.parse import parse_who
from app.bot.views.audit import EVERYBODY
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
    # Below everybody's −1 are programs: app/services/tenancy/api_tokens.py
    actor = None if callback_data.actor == EVERYBODY else callback_data.actor
    report = await desk.run(ListAudit, AuditQuery(page=max(0, callback_data.page), actor_id=actor))
    await desk.show(tap, views.audit(report))
