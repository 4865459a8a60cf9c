"""The desk a handler works at: run a use case, show a screen. One desk an update, bound to its person."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypeVar

import anyio.to_thread
import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State
from aiogram.types import BufferedInputFile, CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, Message
from anyio import CapacityLimiter

from app.bot.background import Running
from app.bot.render import Renderer
from app.bot.screen import Screen
from app.core.clock import Clock, business_day
from app.core.errors import NotAllowed, NotNow
from app.db.session import Database, TenantTx
from app.services.idempotency import Once
from app.services.ingestion.gateway import Gateway
from app.services.ledger.posting import again_when_crowded
from app.services.reviews import Answered, RecordAnswer, ReviewAnswer, answer_review
from app.services.tenancy.connect import TokenChecker
from app.services.tenancy.members import demand_member
from app.services.tenancy.people import Person

O_contra = TypeVar("O_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
NO_ORGANISATION = "Сначала нужна организация. Начните с /start"
TENANT_KEY = "tenant"
"""In a conversation's data: the organisation it is about."""
log = structlog.get_logger(__name__)


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
    gateway: Gateway
    renderer: Renderer
    clock: Clock
    day_timezone: str
    registration_open: bool
    running: Running

    def desk(self, bot: Bot, person: Person | None, request_key: str | None = None) -> "Desk":
        return Desk(office=self, bot=bot, person=person, request_key=request_key)

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
    """One update's tools. ``person`` is None for a stranger.

    ``request_key`` names the update: what it has written once it does not write again, however often
    Telegram hands it over.
    """

    office: Office
    bot: Bot
    person: Person | None
    request_key: str | None = None

    @property
    def today(self) -> date:
        """The business day it is now."""
        return business_day(self.office.clock.now(), self.office.day_timezone)

    @property
    def known(self) -> Person:
        """The person; raises NotAllowed for a stranger."""
        if self.person is None:
            raise NotAllowed("Сначала познакомимся. Начните с /start")
        return self.person

    @property
    def member(self) -> Person:
        """The person as a member of an organisation; raises NotAllowed for whoever is in none."""
        if self.person is None or self.person.tenant_id is None:
            raise NotAllowed(NO_ORGANISATION)
        return self.person

    def seated(self, person: Person | None) -> "Desk":
        """The same desk for whom we have just got to know, or know otherwise now."""
        return replace(self, person=person)

    async def run(self, case: type[UseCase[O_contra, R_co]], order: O_contra) -> R_co:
        """One use case: one thread hop, one transaction of the person's organisation.

        That they still belong to it is asked inside: a watcher outlives the update that seated it.
        """
        person = self.member
        tenant_id = person.tenant_id
        assert tenant_id is not None, "a member has an organisation"
        deed: UseCase[O_contra, R_co] | Once[O_contra, R_co] = self.office.cases[case]

        def hop() -> R_co:
            with self.office.db.tenant(tenant_id) as tx:
                demand_member(tx, person.user_id)
                return deed(tx, order, self.request_key) if isinstance(deed, Once) else deed(tx, order)

        # Whoever opened the transaction tries again where others were in its way.
        return await self.office.aside(again_when_crowded, hop, time.sleep)

    async def answered(self, case: type[UseCase[O_contra, R_co]]) -> R_co | None:
        """What this very update was answered with by the case, where it was handed over before."""
        deed, key, tenant_id = self.office.cases[case], self.request_key, self.member.tenant_id
        if not isinstance(deed, Once) or key is None or tenant_id is None:
            return None

        def hop() -> R_co | None:
            with self.office.db.tenant(tenant_id) as tx:
                given: R_co | None = deed.answered(tx, key)
                return given

        return await self.office.aside(hop)

    async def answer_review(self, order: ReviewAnswer) -> Answered:
        """Answer a review at its marketplace, which is asked outside any transaction."""
        office, person = self.office, self.member

        def hop() -> Answered:
            return answer_review(
                office.db,
                office.gateway,
                office.cases[RecordAnswer],
                order,
                tenant_id=person.tenant_id or 0,
                user_id=person.user_id,
                key=self.request_key,
            )

        return await office.aside(hop)

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

    async def hand_over(self, event: Message | CallbackQuery, name: str, content: bytes) -> None:
        """Send a file, below what it was asked for."""
        chat_id = event.chat.id if isinstance(event, Message) else event.from_user.id
        await self.bot.send_document(chat_id, BufferedInputFile(content, name))

    async def redraw(self, anchor: Message, screen: Screen) -> Message | None:
        """Draw another screen in a message of ours."""
        return await self._edit(anchor, *self._draw(screen))

    async def tell(self, telegram_id: int, screen: Screen) -> None:
        """Write to somebody else, as far as Telegram lets us: news that they would find out anyway."""
        text, keys = self._draw(screen)
        try:
            await self.bot.send_message(telegram_id, text, reply_markup=keys, link_preview_options=NO_PREVIEW)
        except TelegramAPIError as failure:
            log.info("news_not_told", reason=type(failure).__name__)

    async def way_in(self, payload: str) -> str:
        """What lets somebody in: a link that says /start with this payload, or those very words."""
        try:
            return f"https://t.me/{(await self.bot.me()).username}?start={payload}"
        except TelegramAPIError:
            return f"/start {payload}"

    async def begin(self, state: FSMContext, step: State, **known: Any) -> None:
        """A conversation of several messages, about the organisation that the person looks at now."""
        tenant_id = self.person.tenant_id if self.person is not None else None
        await state.set_state(step)
        await state.set_data({**known, TENANT_KEY: tenant_id})

    async def resume(self, state: FSMContext) -> dict[str, Any]:
        """What the conversation knew.

        Raises NotNow, and ends it, where the person looks at another organisation by now: what was begun in
        one is never finished in another.
        """
        known = await state.get_data()
        if known.pop(TENANT_KEY, None) != (self.person.tenant_id if self.person is not None else None):
            await state.clear()
            raise NotNow("Этот разговор начат в другой организации. Начните его здесь заново.")
        return known

    async def forget(self, message: Message) -> bool:
        """Delete a message that holds a secret. False where Telegram refused."""
        try:
            return await message.delete()
        except TelegramAPIError:
            return False

    def _draw(self, screen: Screen) -> tuple[str, InlineKeyboardMarkup | None]:
        person = self.person
        if person is None or person.tenant_id is None:
            drawn = self.office.renderer(screen)
        else:
            drawn = self.office.renderer(
                screen,
                is_demo=person.is_demo,
                where=person.organisation if person.organisations > 1 else "",
                tenant_id=person.tenant_id,
            )
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
