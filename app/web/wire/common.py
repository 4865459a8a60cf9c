"""Types that the requests share, their bounds, and the one form of an error."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

MOST_LINES = 5_000
MOST_PIECES = 1_000_000
MOST_ID = 2**63 - 1
MOST_PAGE = 500
MOST_OFFSET = 1_000_000
_EARLIEST, _LATEST = date(2000, 1, 1), date(2200, 1, 1)


class Asked(BaseModel):
    """A request: nothing is guessed, a text is no number, and a field that we do not know is refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Said(BaseModel):
    """Query parameters: they come as texts; a whole number is read from its digits, from nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _day(day: date) -> date:
    if not _EARLIEST <= day < _LATEST:
        raise ValueError("нужен день с 2000 по 2199 год")
    return day


def _instant(at: datetime) -> datetime:
    if not _EARLIEST <= at.astimezone(UTC).date() < _LATEST:
        raise ValueError("нужен момент с 2000 по 2199 год")
    return at


def _digits(value: Any) -> Any:
    """A text of digits as the number; anything else is left for the check to refuse."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    raise ValueError("нужно целое число")


def _one_of(value: Any) -> Any:
    """A parameter said once is a list of one."""
    return [value] if isinstance(value, str) else value


def _flag(value: Any) -> Any:
    found = {"true": True, "false": False}.get(value)
    if found is None and isinstance(value, str):
        raise ValueError("нужно true или false")
    return value if found is None else found


NO_CONTROLS = r"^[^\u0000-\u001f\u007f]*$"
"""Neither the database nor a log line takes them."""

Id = Annotated[int, Field(ge=1, le=MOST_ID)]
LotId = Annotated[int, Field(ge=0, le=MOST_ID, description="0 — «без партии».")]
Qty = Annotated[int, Field(ge=1, le=MOST_PIECES, description="Штук.")]
Version = Annotated[int, Field(ge=0, le=MOST_ID, description="Версия остатка из GET /stock/query.")]
Ref = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=NO_CONTROLS,
        description="Номер документа, его выбирает программа: под одним номером ничего не делается дважды.",
        examples=["SO-1042"],
    ),
]
Note = Annotated[str, Field(max_length=500, pattern=NO_CONTROLS)]
Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
Day = Annotated[date, AfterValidator(_day)]

SaidId = Annotated[int, BeforeValidator(_digits), Field(ge=1, le=MOST_ID)]
SaidIds = Annotated[list[SaidId], BeforeValidator(_one_of), Field(min_length=1, max_length=100)]
SaidFlag = Annotated[bool, BeforeValidator(_flag)]
Words = Annotated[str, Field(max_length=100, pattern=NO_CONTROLS)]
Offset = Annotated[int, BeforeValidator(_digits), Field(ge=0, le=MOST_OFFSET)]
Limit = Annotated[int, BeforeValidator(_digits), Field(ge=1, le=MOST_PAGE)]


class Page(Said):
    """A page of anything."""

    offset: Offset = 0
    limit: Limit = 50


class FieldFault(Told):
    """One thing that is wrong with a request: where, and what."""

    path: str = Field(examples=["lines.0.qty"])
    message: str


class ErrorBody(Told):
    """``trace_id`` finds the request in our log."""

    code: str = Field(examples=["insufficient_stock"])
    message: str
    trace_id: str
    fields: list[FieldFault] | None = None
    lines: list["LineResult"] | None = Field(
        None, description="Построчный ответ документа, который не проведён целиком."
    )


class ErrorReply(Told):
    """Whatever goes wrong is told in this form."""

    error: ErrorBody


class BalanceAfter(Told):
    """What a line did to one balance, and the balance after it."""

    stock_id: int
    delta: int
    reserved_delta: int
    on_hand: int
    reserved: int
    version: int
    hold_id: int | None = Field(None, description="Резерв, который сделан или использован.")


class LineResult(Told):
    """A line as it was asked for, and what became of it."""

    ref_line: int
    item_id: int | None = None
    location_id: int | None = None
    lot_id: int | None = None
    hold_id: int | None = None
    qty: int | None = None
    status: str = Field(
        description="OK · IDEMPOTENT — проведена раньше · INSUFFICIENT_STOCK · CONFLICT — под этим номером "
        "проведено другое, или остаток изменился после подсчёта.",
        json_schema_extra={"enum": ["OK", "IDEMPOTENT", "CONFLICT", "INSUFFICIENT_STOCK"]},
    )
    missing: int = Field(description="Сколько штук не хватило.")
    pieces: int = Field(description="Сколько штук сдвинуто, отпущено или обещано.")
    balances: list[BalanceAfter]


ErrorBody.model_rebuild()


def read_number(said: str) -> int:
    """An id in an address. Raises ValidationError."""
    return TypeAdapter(SaidId).validate_python(said)
