"""Ozon on the wire: what all its areas share. Only the fields we read.

Sources: the swagger models of October 2026 and live replies (facts/ozon.md sections 2, 5, 6).
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from app.marketplaces.ozon.days import read_moment
from app.marketplaces.wire import Rubles, Text, Wire


class Money(Wire):
    """An amount with its currency; the sign is Ozon's: a charge is negative."""

    amount: Rubles
    currency: Text = ""


def amount_of(money: Money | None) -> Decimal:
    """An optional amount, absent = 0."""
    return money.amount if money else Decimal("0.00")


def _priced(told: object) -> object:
    """An object since v3 and v4 of the postings, a bare figure before."""
    return told if told is None or isinstance(told, Mapping) else {"amount": told}


Price = Annotated[Money | None, BeforeValidator(_priced)]


def only_object(told: Any) -> Any:
    """Before an optional object: null, [] and "" are all told where there is none."""
    return told if isinstance(told, Mapping) else None


MomentOrNone = Annotated[datetime | None, BeforeValidator(read_moment)]
"""What is no instant yet: null, "", 0001-01-01; Ozon's are UTC."""

CHANNELS: Mapping[str, str] = {"fbo": "FBO", "fbs": "FBS", "rfbs": "rFBS", "realfbs": "rFBS", "fbp": "FBP"}


def channel_of(schema: str) -> str:
    """How Ozon's word for a scheme of sale ("Fbo", "FBS", "Rfbs") is written here; an unknown one as told."""
    return CHANNELS.get(schema.casefold(), schema)
