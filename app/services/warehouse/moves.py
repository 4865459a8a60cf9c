"""A movement from what was said: the next question, or a draft to confirm.

One deed for all of them: words are understood, what is lacking or cannot be is asked for with the nearest
right things, and where nothing is lacking the document is drawn, with the reference it will be posted under.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from app.core.clock import Clock
from app.core.document import Document
from app.db.session import TenantTx
from app.repositories import drafts, places
from app.repositories.audit import append_audit
from app.repositories.drafts import DROPPED
from app.services.warehouse.bringing import draw_receipt, draw_transfer
from app.services.warehouse.counting import draw_count
from app.services.warehouse.drafts import NewDraft, keep_draft
from app.services.warehouse.drawing import ANY_LOT, MAKE, NO_EXPIRY, Drawing, Drawn
from app.services.warehouse.giving import HOLD, ORDER, draw_promise, draw_release, draw_shipment, terms
from app.services.warehouse.goods import cards_by_id, item_label
from app.services.warehouse.said import Kind, Missing, Said, Slot, Step, Told, Words
from app.services.warehouse.unclear import Choice
from app.services.warehouse.understanding import understand
from app.services.warehouse.writing_off import draw_write_off

DRAWS: Mapping[Kind, Callable[[Drawing, Said], Drawn]] = {
    Kind.RECEIVE: draw_receipt,
    Kind.PUTAWAY: draw_transfer,
    Kind.MOVE: draw_transfer,
    Kind.SHIP: draw_shipment,
    Kind.RESERVE: draw_promise,
    Kind.RELEASE: draw_release,
    Kind.COUNT: draw_count,
    Kind.WRITEOFF: draw_write_off,
}
ASKS_EXPIRY, ASKS_TERM = "?expires", "?until"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOrder:
    """What is known, what came now, and what was asked: ``words`` were typed, ``picked`` was tapped.

    ``instead_of``: a draft drawn before in this conversation, which this takes the place of.
    """

    said: Said
    words: Words | None = None
    picked: str = ""
    asked: Slot | None = None
    instead_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawMove:
    """Go on with a movement. ``day_zone`` is whose day it is."""

    clock: Clock
    day_zone: ZoneInfo

    def __call__(self, tx: TenantTx, order: MoveOrder) -> Step:
        """Nothing that a person says is an error here: it is asked again, and says why."""
        at = Drawing(tx=tx, now=self.clock.now(), zone=self.day_zone)
        if order.instead_of is not None:
            _drop(tx, order.instead_of)
        said, lost = order.said, ""
        try:
            if order.picked:
                said = _picked(at, said, order.picked, order.asked)
            elif order.words is not None:
                said, lost = understand(tx, said, order.words, order.asked)
            drawn = DRAWS[said.kind](at, said)
        except Missing as missing:
            known = missing.said or said
            return Step(
                said=known,
                item=_item(tx, known.item_id),
                asks=missing.slot,
                sentence=str(missing),
                lost=lost,
                choices=missing.choices,
                trace_id=tx.trace_id,
            )
        told: Document = told_adapter().dump_python(drawn.told, mode="json")
        kept = keep_draft(tx, NewDraft(kind=said.kind, document=drawn.document, told=told), at.now)
        return Step(
            said=drawn.said,
            item=item_label(drawn.told.article, drawn.told.name),
            choices=may_add(drawn.said),
            lost=lost,
            draft_id=kept.draft_id,
            told=drawn.told,
            trace_id=tx.trace_id,
        )


def may_add(said: Said) -> tuple[Choice, ...]:
    """What nobody has to say and somebody may want to."""
    if said.kind is Kind.RECEIVE and said.expires is None and not said.no_expiry:
        return (Choice("Указать срок годности", ASKS_EXPIRY),)
    if said.kind is Kind.RESERVE and said.until is None:
        return (Choice("Указать, до какого дня", ASKS_TERM),)
    return ()


def _picked(at: Drawing, said: Said, value: str, asked: Slot | None) -> Said:
    """What a button meant."""
    if value == ASKS_EXPIRY:
        raise Missing(Slot.EXPIRES, "До какого дня годен? Например: 31.05.2027", said=said)
    if value == ASKS_TERM:
        raise Missing(Slot.UNTIL, "До какого дня держать резерв? Например: 25.11.2026", terms(at), said)
    if value.startswith(MAKE):
        value = value.removeprefix(MAKE)
        if value not in places.find_places(at.tx, [value]):
            places.ensure_places(at.tx, [value])
            append_audit(at.tx, "place.made", value)
    match asked:
        case Slot.ITEM:
            return replace(said, item=value, item_id=None)
        case Slot.QTY:
            return replace(said, qty=int(value))
        case Slot.PLACE:
            return replace(said, place=value, lot_id=None, books=None, version=None)
        case Slot.TARGET:
            return replace(said, target=value)
        case Slot.LOT if value == ANY_LOT:
            return replace(said, lot_id=None, expires=None, no_expiry=False)
        case Slot.LOT:
            return replace(said, lot_id=int(value), expires=None)
        case Slot.EXPIRES:
            return _with_day(said, value)
        case Slot.UNTIL:
            return replace(said, until=None if value == NO_EXPIRY else date.fromisoformat(value))
        case Slot.WHAT if value.startswith(HOLD):
            return replace(said, hold_id=int(value.removeprefix(HOLD)), order_id=None)
        case Slot.WHAT if value.startswith(ORDER):
            return replace(said, order_id=int(value.removeprefix(ORDER)), hold_id=None)
    return said


def _with_day(said: Said, value: str) -> Said:
    if value == NO_EXPIRY:
        return replace(said, expires=None, no_expiry=True)
    return replace(said, expires=date.fromisoformat(value), no_expiry=False)


def _item(tx: TenantTx, item_id: int | None) -> str:
    card = None if item_id is None else cards_by_id(tx, [item_id]).get(item_id)
    return "" if card is None else item_label(card.article, card.name, card.spec)


def _drop(tx: TenantTx, draft_id: int) -> None:
    """The draft that another takes the place of; one that was posted meanwhile stays posted."""
    stored = drafts.find_draft(tx, draft_id, lock=True)
    if stored is not None and stored.drawn_by == tx.actor.user_id:
        drafts.close_draft(tx, draft_id, DROPPED)


@lru_cache(maxsize=1)
def said_adapter() -> TypeAdapter[Said]:
    """What was said, as a conversation keeps it."""
    return TypeAdapter(Said)


@lru_cache(maxsize=1)
def told_adapter() -> TypeAdapter[Told]:
    """What a draft tells, as it is kept."""
    return TypeAdapter(Told)
