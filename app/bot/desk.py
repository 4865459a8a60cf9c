"""The desk a handler works at: run a use case, show a screen. One desk an update, bound to its person."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

import anyio.to_thread
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, Message
from anyio import CapacityLimiter

from app.bot.background import Running
from app.bot.render import Renderer
from app.bot.screen import Screen
from app.core.clock import Clock, business_day
from app.core.errors import NotAllowed
from app.db.session import Database, TenantTx
from app.services.tenancy.connect import TokenChecker
from app.services.tenancy.people import Person

O_contra = TypeVar("O_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class UseCase(Protocol[O_contra, R_co]):
    """One deed in one tenant's transaction."""

    def __call__(self, tx: TenantTx, order: O_contra, /) -> R_co: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What all desks of a process share. ``threads`` is as large as the database pool, so that no
    thread ever waits for a connection while the event loop believes it works."""

    db: Database
    threads: CapacityLimiter
    cases: Mapping[type, Any]
    check_token: TokenChecker
    renderer: Renderer
    clock: Clock
    day_timezone: str
    registration_open: bool
    running: Running

    def desk(self, bot: Bot, person: Person | None) -> "Desk":
        return Desk(office=self, bot=bot, person=person)

    async def aside(self, work: Callable[..., R], *args: Any) -> R:
        """Blocking work in a thread, outside any transaction."""
        return await anyio.to_thread.run_sync(work, *args, limiter=self.threads)

    async def platform(self, work: Callable[..., R], *args: Any) -> R:
        """``work(tx, *args)`` in one transaction of the platform role, one thread hop."""

        def hop() -> R:
            with self.db.platform() as tx:
                return work(tx, *args)

        return await self.aside(hop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One update's tools. ``person`` is None for a stranger."""

    office: Office
    bot: Bot
    person: Person | None

    @property
    def today(self) -> date:
        """The business day it is now."""
        return business_day(self.office.clock.now(), self.office.day_timezone)

    def seated(self, person: Person) -> "Desk":
        """The same desk for whom we have just got to know."""
        return Desk(office=self.office, bot=self.bot, person=person)

    async def run(self, case: type[UseCase[O_contra, R_co]], order: O_contra) -> R_co:
        """One use case: one thread hop, one transaction of the person's organisation."""
        if self.person is None or self.person.tenant_id is None:
            raise NotAllowed("Сначала нужна организация. Начните с /start")
        tenant_id = self.person.tenant_id
        deed: UseCase[O_contra, R_co] = self.office.cases[case]

        def hop() -> R_co:
            with self.office.db.tenant(tenant_id) as tx:
                return deed(tx, order)

        return await self.office.aside(hop)

    async def platform(self, work: Callable[..., R], *args: Any) -> R:
        """``work(tx: PlatformTx, *args)`` in one platform transaction."""
        return await self.office.platform(work, *args)

    async def show(self, event: Message | CallbackQuery, screen: Screen) -> Message | None:
        """Answer a message with a screen; after a tap, redraw the message that holds the button."""
        text, keys = self._draw(screen)
        if isinstance(event, Message):
            return await event.answer(text, reply_markup=keys, link_preview_options=NO_PREVIEW)
        if isinstance(event.message, Message):
            return await self._edit(event.message, text, keys)
        return await self.bot.send_message(
            event.from_user.id, text, reply_markup=keys, link_preview_options=NO_PREVIEW
        )

    async def redraw(self, anchor: Message, screen: Screen) -> Message | None:
        """Draw another screen in a message of ours."""
        return await self._edit(anchor, *self._draw(screen))

    async def forget(self, message: Message) -> bool:
        """Delete a message that holds a secret. False where Telegram refused."""
        try:
            return await message.delete()
        except TelegramAPIError:
            return False

    def _draw(self, screen: Screen) -> tuple[str, InlineKeyboardMarkup | None]:
        drawn = self.office.renderer(screen, is_demo=self.person is not None and self.person.is_demo)
        return drawn.text, drawn.keyboard

    async def _edit(self, anchor: Message, text: str, keys: InlineKeyboardMarkup | None) -> Message | None:
        """Edit in place. The same text again is no error; a message too old to edit gets a new one."""
        try:
            edited = await anchor.edit_text(text, reply_markup=keys, link_preview_options=NO_PREVIEW)
        except TelegramBadRequest as refusal:
            if "message is not modified" in refusal.message:
                return anchor
            if "can't be edited" in refusal.message or "message to edit not found" in refusal.message:
                return await self.bot.send_message(
                    anchor.chat.id, text, reply_markup=keys, link_preview_options=NO_PREVIEW
                )
            raise
        return edited if isinstance(edited, Message) else anchor


async def pause(seconds: float) -> None:
    """A wait between two looks at a job; its own function so that tests can be quick."""
    await asyncio.sleep(seconds)
