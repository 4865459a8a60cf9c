"""Documents that move goods, as programs send them, and the answer to one."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.domain.warehouse.movements import Line
from app.web.wire.common import (
    MOST_LINES,
    MOST_PIECES,
    Asked,
    Day,
    Id,
    Instant,
    LineResult,
    LotId,
    Note,
    Qty,
    Ref,
    Told,
    Version,
)


class ReceiptLine(Asked):
    """Pieces that came to a place. The lot by its number, or by the last day on the package."""

    item_id: Id
    location_id: Id
    qty: Qty
    lot_id: LotId | None = None
    expires_on: Day | None = None

    @model_validator(mode="after")
    def _one_lot(self) -> Self:
        if self.lot_id is not None and self.expires_on is not None:
            raise ValueError("партию называют одним из двух: lot_id или expires_on")
        return self


class TransferLine(Asked):
    """Pieces that go from one place to another."""

    item_id: Id
    location_id: Id
    to_location_id: Id
    qty: Qty
    lot_id: LotId | None = None


class PickLine(Asked):
    """Pieces that go out or are promised. Place and lot left out: what expires first goes first."""

    item_id: Id
    location_id: Id | None = None
    qty: Qty
    lot_id: LotId | None = None


class HoldLine(Asked):
    """Pieces of a promise."""

    hold_id: Id
    qty: Qty


class CountLine(Asked):
    """What was counted, and the balance that the counter saw: one that moved meanwhile is not touched."""

    item_id: Id
    location_id: Id
    lot_id: LotId | None = None
    qty: Annotated[int, Field(ge=0, le=MOST_PIECES)]
    version: Version


class AdjustLine(Asked):
    """Pieces to add, or with a minus to take."""

    item_id: Id
    location_id: Id
    lot_id: LotId | None = None
    qty: Annotated[int, Field(ge=-MOST_PIECES, le=MOST_PIECES, json_schema_extra={"not": {"const": 0}})]

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.qty == 0:
            raise ValueError("правка на ноль ничего не меняет")
        return self


class WriteOffLine(Asked):
    """Pieces that are no goods any more."""

    item_id: Id
    location_id: Id
    qty: Qty
    lot_id: LotId | None = None


class Document(Asked):
    """What all documents have. A number used before answers what was done under it."""

    ref: Ref
    note: Note = ""
    occurred_at: Instant | None = Field(None, description="Когда это было; пусто — сейчас.")


class ReceiptRequest(Document):
    lines: list[ReceiptLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool = Field(False, description="Всё или ничего.")


class TransferRequest(Document):
    lines: list[TransferLine] = Field(min_length=1, max_length=MOST_LINES)


class ReserveRequest(Document):
    lines: list[PickLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool = Field(False, description="Всё или ничего.")
    partial: bool = Field(False, description="Строка, на которую не хватает, берёт что есть.")
    expires_at: Instant | None = Field(None, description="Когда резерв снимется сам.")


class HoldsRequest(Document):
    lines: list[HoldLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool = Field(False, description="Всё или ничего.")


class CountRequest(Document):
    lines: list[CountLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool = Field(False, description="Всё или ничего.")


class AdjustRequest(Document):
    lines: list[AdjustLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool = Field(False, description="Всё или ничего.")


class WriteOffRequest(Document):
    lines: list[WriteOffLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool = Field(False, description="Всё или ничего.")


class OutboundCommitRequest(Document):
    """Goods that go out at once, with no promise before them."""

    lines: list[PickLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool | None = Field(None, description="Всё или ничего; пусто — как в настройке OUTBOUND_ATOMIC.")


class ToMarketplaceRequest(Document):
    """Goods that leave for a marketplace, and the supply they leave in."""

    marketplace: Literal["WB", "OZON"]
    supply: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,50}$", description="Номер поставки на площадке.")]
    lines: list[PickLine] = Field(min_length=1, max_length=MOST_LINES)
    atomic: bool = Field(False, description="Всё или ничего.")

    @model_validator(mode="after")
    def _notes_the_supply(self) -> Self:
        if self.note:
            raise ValueError("примечание здесь — номер поставки, своего не напишешь")
        return self


class ReverseRequest(Asked):
    """Why a document is undone."""

    note: Note = ""


class DocumentReply(Told):
    """A document as it stands: something of it was posted, now or before."""

    document_id: int = Field(description="По нему документ отменяют.")
    ref: str
    status: str = Field(
        description="Худший из ответов на строки.",
        json_schema_extra={"enum": ["OK", "IDEMPOTENT", "CONFLICT", "INSUFFICIENT_STOCK"]},
    )
    lines: list[LineResult]


class OutboundCommitResponse(DocumentReply):
    """Of an outbound document."""


Movement = (
    ReceiptRequest
    | TransferRequest
    | ReserveRequest
    | HoldsRequest
    | CountRequest
    | AdjustRequest
    | WriteOffRequest
    | OutboundCommitRequest
    | ToMarketplaceRequest
)


def lines_of(order: Movement) -> Iterator[Line]:
    """Its lines as the ledger takes them; a lot that is named by its day has no number yet."""
    for each in order.lines:
        yield Line(**each.model_dump(exclude={"expires_on"}, exclude_none=True))
