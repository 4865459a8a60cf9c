"""Ozon's dictionary of accrual types as rows: it grows by some a month (124 entries on 8 September 2026,
132 three weeks later)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import Field

from app.marketplaces.ozon.lines import AccrualType
from app.marketplaces.rows import AccrualTypeRow
from app.marketplaces.source import Normalised
from app.marketplaces.unplaced import set_aside
from app.marketplaces.wire import Id, Text, Wire, parse_rows, read_rows

METHOD = "ozon.accrual_types"


class WireType(Wire):
    """An entry of /v1/finance/accrual/types."""

    id: Id = Field(gt=0, lt=2**31)
    name: Text = ""
    title: Text = Field("", alias="description")


def read_types(body: bytes) -> list[AccrualType]:
    """The dictionary, without what cannot be read of it."""
    rows = parse_rows(body, METHOD, "accrual_types")
    return [AccrualType(each.id, each.name, each.title) for _, each in read_rows(rows, WireType, _forget)]


def normalise_types(bodies: Sequence[bytes], d: date) -> Normalised:
    """The entries as they are named on day ``d``; of an id told twice the last telling counts."""
    out = Normalised()
    told: dict[int, AccrualTypeRow] = {}

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(set_aside(raw, reason, "id", amount="amount"))

    for body in bodies:
        for _, each in read_rows(parse_rows(body, METHOD, "accrual_types"), WireType, refuse):
            told[each.id] = AccrualTypeRow(each.id, each.name, each.title, d)
    out.accrual_types = list(told.values())
    return out


def _forget(_raw: Any, _reason: str) -> None:
    """Whoever only looks needs no list of what is unreadable."""
