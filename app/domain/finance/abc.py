"""Which goods bring most of the money: classes A, B and C by the share of what comes before.

Goods go by what they brought, the greatest first. One is in A while what went before it makes less than 80 %
of all that was earned, in B while less than 95 %, else in C; so the one that crosses a border is above it
still.

- "All that was earned" is the sum of what is above zero: a loss does not make others' shares greater.
- What brought nothing or lost is in C, and has no share.
- Equal amounts are in one class, that of the first of them.
- What is unknown is in no class: it is neither nothing nor little.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from app.domain.money import ratio

Key = TypeVar("Key", bound=Hashable)

A_UPTO = Decimal(80)
B_UPTO = Decimal(95)
"""Percent of all that was earned."""


class Grade(StrEnum):
    """The class of goods."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Graded(Generic[Key]):
    """Goods with what they brought. ``share`` percent of all that was earned; ``grade`` and ``share`` None
    where the amount is unknown, ``share`` also where it is not above zero."""

    key: Key
    amount: Decimal | None
    share: Decimal | None
    grade: Grade | None


def grade_abc(amounts: Mapping[Key, Decimal | None]) -> list[Graded[Key]]:
    """All of them, the greatest first, the unknown last; of equal ones in the order given."""
    known = sorted(
        ((key, amount) for key, amount in amounts.items() if amount is not None), key=lambda each: -each[1]
    )
    earned = sum((amount for _, amount in known if amount > 0), Decimal(0))
    graded: list[Graded[Key]] = []
    before = Decimal(0)
    for key, amount in known:
        if amount <= 0:
            graded.append(Graded(key, amount, None, Grade.C))
            continue
        is_equal = bool(graded) and graded[-1].amount == amount
        grade = graded[-1].grade if is_equal else _grade(before, earned)
        graded.append(Graded(key, amount, ratio(amount * 100 / earned), grade))
        before += amount
    unknown = [Graded(key, None, None, None) for key, amount in amounts.items() if amount is None]
    return graded + unknown


def _grade(before: Decimal, earned: Decimal) -> Grade:
    """By products, not by a quotient: a border is hit exactly or not at all."""
    if before * 100 < A_UPTO * earned:
        return Grade.A
    return Grade.B if before * 100 < B_UPTO * earned else Grade.C
