"""Movements on the shelf, by one line or by question and answer; nothing is posted before the button says so.

What is known so far is in the conversation, which survives a restart; what was drawn is a draft in the
database, whose number is in its button.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks_shelf import MoveCall, MoveDraftCall, MovePickCall
from app.bot.desk import Desk
from app.bot.parse_moves import read_words
from app.core.errors import NotNow
from app.services.tenancy.roles import Deed, demand
from app.services.warehouse.drafts import DraftRef, DropDraft, PostDraft, ShowDraft
from app.services.warehouse.moves import DrawMove, MoveOrder, may_add, said_adapter, told_adapter
from app.services.warehouse.said import Kind, Said, Slot, Step

CANCEL = frozenset({"отмена", "отменить", "отмени", "стоп", "cancel"})
LEAVE = -1
"""The number of the choice «Отмена»."""


class Moving(StatesGroup):
    """Which movement is talked about."""

    receive = State()
    putaway = State()
    move = State()
    ship = State()
    reserve = State()
    release = State()
    count = State()
    writeoff = State()


STATES: Mapping[Kind, State] = {kind: getattr(Moving, kind.value) for kind in Kind}


def setup() -> Router:
    router = Router(name="moves")
    words = F.text & ~F.text.startswith("/")
    for kind in Kind:
        flags = {"deed": Deed(kind.value)}
        router.message.register(begun, Command(kind.value), flags=flags)
        router.message.register(typed, StateFilter(STATES[kind]), words, flags=flags)
        router.callback_query.register(tapped, MoveCall.filter(F.kind == kind.value), flags=flags)
        router.callback_query.register(picked, MovePickCall.filter(F.kind == kind.value), flags=flags)
        router.callback_query.register(decided, MoveDraftCall.filter(F.kind == kind.value), flags=flags)
    return router


async def begun(message: Message, command: CommandObject, state: FSMContext, desk: Desk) -> None:
    """One line may say all of it; what it does not say is asked."""
    kind = Kind(command.command)
    words = read_words(kind, command.args or "", desk.today)
    await _go_on(message, state, desk, MoveOrder(said=Said(kind=kind), words=words))


async def tapped(tap: CallbackQuery, callback_data: MoveCall, state: FSMContext, desk: Desk) -> None:
    said = Said(
        kind=Kind(callback_data.kind),
        hold_id=callback_data.hold or None,
        item_id=callback_data.item or None,
    )
    await _go_on(tap, state, desk, MoveOrder(said=said))


async def typed(message: Message, state: FSMContext, desk: Desk) -> None:
    await heard(message.text or "", message, state, desk)


async def heard(said: str, message: Message, state: FSMContext, desk: Desk) -> None:
    """What words do in the middle of a movement: typed, or read from a photo of a barcode."""
    known = await desk.resume(state)
    so_far = said_adapter().validate_python(known["said"])
    demand(Deed(so_far.kind.value), desk.member.role)  # a photo comes by another door
    if known["heard"] == desk.request_key:  # handed over again: it has been heard
        await _again(message, state, desk, known)
    elif said.strip().casefold().rstrip(".!") in CANCEL:
        await _leave(message, state, desk, known)
    else:
        words = read_words(so_far.kind, said, desk.today)
        await _go_on(message, state, desk, _order(so_far, known, words=words))


async def picked(tap: CallbackQuery, callback_data: MovePickCall, state: FSMContext, desk: Desk) -> None:
    known = await _known(state, desk, callback_data.kind)
    if callback_data.n == LEAVE:
        await _leave(tap, state, desk, known)
    elif callback_data.turn != known["turn"] or not 0 <= callback_data.n < len(known["choices"]):
        await _again(tap, state, desk, known)
    else:
        so_far = said_adapter().validate_python(known["said"])
        await _go_on(tap, state, desk, _order(so_far, known, picked=known["choices"][callback_data.n]))


async def decided(tap: CallbackQuery, callback_data: MoveDraftCall, state: FSMContext, desk: Desk) -> None:
    """Post it, or let it go. A second tap says what the first one did."""
    ref = DraftRef(draft_id=callback_data.draft, kind=callback_data.kind)
    if callback_data.deed == "post":
        done = await desk.run(PostDraft, ref)
        if done.document_id is not None:
            await _over(state, ref.draft_id)
        await desk.show(tap, views.move_done(done, told_adapter().validate_python(done.draft.told)))
    else:
        draft = await desk.run(DropDraft, ref)
        await _over(state, ref.draft_id)
        await desk.show(tap, views.move_dropped(draft))


async def _go_on(event: Message | CallbackQuery, state: FSMContext, desk: Desk, order: MoveOrder) -> None:
    await _stand(event, state, desk, await desk.run(DrawMove, order))


async def _stand(event: Message | CallbackQuery, state: FSMContext, desk: Desk, step: Step) -> None:
    """Where the conversation stands now: kept first, so that a button never comes before what it means."""
    turn = secrets.token_hex(3)
    await desk.begin(
        state,
        STATES[step.said.kind],
        said=said_adapter().dump_python(step.said, mode="json"),
        asks=step.asks,
        choices=[each.value for each in step.choices],
        draft=step.draft_id,
        turn=turn,
        heard=desk.request_key,
    )
    await desk.show(event, views.move_step(step, turn))


async def _again(
    event: Message | CallbackQuery, state: FSMContext, desk: Desk, known: Mapping[str, Any]
) -> None:
    """The question as it stands, or the draft: for whoever taps an old button, or is heard twice."""
    so_far = said_adapter().validate_python(known["said"])
    if known["draft"] is None:
        asking = replace(desk, request_key=f"{desk.request_key}:again")  # another request than it was
        await _stand(event, state, desk, await asking.run(DrawMove, MoveOrder(said=so_far)))
        return
    draft = await desk.run(ShowDraft, DraftRef(draft_id=known["draft"], kind=so_far.kind))
    told = told_adapter().validate_python(draft.told)
    step = Step(said=so_far, draft_id=draft.id, told=told, choices=may_add(so_far), trace_id="")
    await desk.show(event, views.move_step(step, known["turn"]))


async def _leave(
    event: Message | CallbackQuery, state: FSMContext, desk: Desk, known: Mapping[str, Any]
) -> None:
    kind = said_adapter().validate_python(known["said"]).kind
    if known["draft"] is not None:
        await desk.run(DropDraft, DraftRef(draft_id=known["draft"], kind=kind))
    await state.clear()
    await desk.show(event, views.move_left(kind))


async def _known(state: FSMContext, desk: Desk, kind: str) -> dict[str, Any]:
    """Raises NotNow where the conversation of the button is over."""
    if await state.get_state() != STATES[Kind(kind)].state:
        raise NotNow(f"Этот разговор уже окончен. Начните заново: /{kind}")
    return await desk.resume(state)


async def _over(state: FSMContext, draft_id: int) -> None:
    """The conversation that drew it ends with it; another one goes on."""
    if (await state.get_data()).get("draft") == draft_id:
        await state.clear()


def _order(so_far: Said, known: Mapping[str, Any], **came: Any) -> MoveOrder:
    asked = None if known["asks"] is None else Slot(known["asks"])
    return MoveOrder(said=so_far, asked=asked, instead_of=known["draft"], **came)
