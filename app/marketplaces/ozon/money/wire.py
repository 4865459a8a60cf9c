"""The balance and the cash-flow statement on the wire.

Sources: specs/ozon, official of April 2026 (both methods; the balance is in beta) and facts/ozon.md 2.2,
10.4. Money here is {currency_code, value} or a bare number, unlike in the accruals.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.marketplaces.wire import ZERO, Day, Id, Rubles, Text, Wire


def _listed(told: object) -> object:
    """The example shows an object where the schema, and life, have a list; null is nothing."""
    return [] if told is None else [told] if isinstance(told, dict) else told


class Sum(Wire):
    """An amount of the balance."""

    value: Rubles = ZERO
    currency: Text = Field("", alias="currency_code")


Sums = Annotated[list[Sum], BeforeValidator(_listed)]


class Goods(Wire):
    """Sales or returns of a period, and Ozon's fee on them, each with its sign."""

    amount: Sum | None = None
    fee: Sum | None = None


class Service(Wire):
    """What a service cost in a period."""

    amount: Sum | None = None
    name: Text = ""


class Flows(Wire):
    """What the accrued sum is made of."""

    sales: Goods | None = None
    returns: Goods | None = None
    services: Annotated[list[Service], BeforeValidator(_listed)] = Field(default_factory=list)


class Total(Wire):
    """Opening balance, what was accrued and paid out, closing balance."""

    opening: Sum = Field(alias="opening_balance")
    accrued: Sum
    closing: Sum = Field(alias="closing_balance")
    payments: Sums = Field(default_factory=list)


class Balance(Wire):
    """/v1/finance/balance of some days. ``cashflows`` is read apart: see ``Flows``."""

    total: Total


class Period(Wire):
    """As told: half months by the documentation, weeks in September 2026."""

    id: Id = 0
    begin: Day
    end: Day


class Payment(Wire):
    """Money that left the balance for the seller's bank; negative in life."""

    payment: Rubles = ZERO
    currency: Text = Field("", alias="currency_code")


class Part(Wire):
    """A part of the statement: only its total is read here."""

    total: Rubles = ZERO


class Statement(Wire):
    """An entry of ``result.details``."""

    period: Period
    begin: Rubles = Field(ZERO, alias="begin_balance_amount")
    end: Rubles = Field(ZERO, alias="end_balance_amount")
    delivery: Part | None = None
    returned: Part | None = Field(None, alias="return")
    services: Part | None = None
    others: Part | None = None
    rfbs: Part | None = None
    loan: Rubles = ZERO
    payments: Annotated[list[Payment], BeforeValidator(_listed)] = Field(default_factory=list)


def statements_of(result: Any) -> list[Any]:
    """``details`` of a reply's ``result``: a list in life, an object in the documentation's example."""
    told = _listed(result.get("details") if isinstance(result, dict) else None)
    return told if isinstance(told, list) else [told]
