"""item-returns as plain rows: goods that Wildberries gives back to the seller."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from app.marketplaces.rows import ReturnRow, SkuRef
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import Day, Id, Text, Wire, parse_rows, payload, read_rows, readable_day

_DayOrNone = Annotated[date | None, BeforeValidator(lambda told: readable_day({"d": told}, "d"))]
"""What is no day yet: null, "", 0001-01-01."""


def _named(now: str, before: str) -> Any:
    """goods-return, which item-returns replaced on 26 October 2026, called some fields otherwise."""
    return Field("", validation_alias=AliasChoices(now, before))


class ItemReturn(Wire):
    """A piece on its way back. ``d`` is the day its return was ordered on."""

    d: Day = Field(alias="orderDt")
    srid: Text = ""
    item: Id = Field(0, alias="shkId")
    nm_id: Id = Field(0, alias="nmId")
    barcode: Text = _named("sku", "barcode")
    size: Text = Field("", alias="techSize")
    status: Text = _named("returnStatus", "status")
    kind: Text = Field("", alias="returnType")
    reason: Text = _named("returnReason", "reason")
    place: Text = Field("", alias="dstOfficeAddress")
    done: _DayOrNone = Field(None, alias="completedDt")


def normalise_returns(bodies: Sequence[bytes]) -> Normalised:
    """A row a piece. Words of status and kind are Wildberries' own: there is no list of them."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        told = raw if isinstance(raw, dict) else {}
        key = f"{told.get('srid', '')}:{told.get('shkId', '')}"
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", readable_day(told, "orderDt")))

    for body in bodies:
        if not body.strip():
            continue  # 204: none
        for raw, row in read_rows(parse_rows(body, "wb.item_returns", "report"), ItemReturn, refuse):
            if not row.srid and not row.item:
                refuse(raw, "нет номера возврата")
                continue
            sku = SkuRef(nm_id=row.nm_id, barcode=row.barcode, size=row.size)
            out.returns.append(
                ReturnRow(
                    d=row.d,
                    return_id=f"{row.srid}:{row.item or ''}",
                    sku=sku if row.nm_id > 0 else None,
                    status=row.status,
                    reason=": ".join(part for part in (row.kind, row.reason) if part),
                    place=row.place,
                    done_on=row.done,
                )
            )
    return out
