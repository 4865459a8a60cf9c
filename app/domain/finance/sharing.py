"""Costs that a marketplace charges to the cabinet as a whole: divided among goods, booked once.

Whole kopecks in, whole kopecks out; nothing is lost in dividing. What nobody can be given to stays with
``NOBODY``.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)

NOBODY = 0
"""The SKU of what belongs to none."""

DOCUMENT_REACH = timedelta(days=14)
"""A deduction without a known document is for charges of the days before it; the documents seen close
days of the last week, a fortnight leaves room for a late one."""


class Deduction(NamedTuple):
    """Advertising deducted in a finance report: kopecks > 0 for a cost; ``document`` "" where untold."""

    d: date
    document: str
    amount: int


class Charge(NamedTuple):
    """Kopecks that the promotion feed says were taken from the balance; ``document`` "" until invoiced."""

    d: date
    document: str
    amount: int


def divide(amount: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """``amount`` in whole parts by weight, adding up to it; {} where no weight is positive.

    What is left over of whole parts goes to the largest remainders, of equal ones to the first.
    """
    whole = sum(weight for weight in weights.values() if weight > 0)
    if not whole:
        return {}
    sign, size = (-1, -amount) if amount < 0 else (1, amount)
    split = {key: divmod(size * weight, whole) for key, weight in weights.items() if weight > 0}
    left = size - sum(part for part, _ in split.values())
    raised = set(sorted(split, key=lambda key: -split[key][1])[:left])
    return {key: sign * (part + (key in raised)) for key, (part, _) in split.items()}


def spread(amount: int, cards: Mapping[int, int], shelf: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
    """A campaign's day by SKU: ``cards`` are the statistics' weights by card, ``shelf`` the SKUs of each
    card with the pieces sold. Sizes of which none was sold bear a card's part equally; a card that is on
    no shelf, and a day without statistics, leave theirs to NOBODY.
    """
    found: dict[int, int] = {}
    for card, part in (divide(amount, cards) or {NOBODY: amount}).items():
        sizes = shelf.get(card) or {NOBODY: 0}
        shares = divide(part, sizes) or divide(part, dict.fromkeys(sizes, 1))
        for sku, share in shares.items():
            found[sku] = found.get(sku, 0) + share
    return found


def already_charged(deductions: Iterable[Deduction], charges: Sequence[Charge]) -> list[int]:
    """Of each deduction, in the order of days, the kopecks that the charges tell already.

    The same money stands in both (facts/wildberries.md 7.2): by charge on the day it was spent, by
    deduction when its document is paid. A document that both know is matched by its number, another
    deduction by the charges of the days before it that no such document claims. Never more than was
    charged: where the promotion feed is missing the deduction stays. A refund is told by reports alone.
    """
    deductions = list(deductions)
    named = {each.document for each in deductions if each.document}
    by_document: dict[str, int] = {}
    loose: dict[date, int] = {}
    for charge in charges:
        if charge.document in named:
            by_document[charge.document] = by_document.get(charge.document, 0) + charge.amount
        else:
            loose[charge.d] = loose.get(charge.d, 0) + charge.amount
    told = []
    for each in deductions:
        if each.document in by_document:
            took = max(min(each.amount, by_document[each.document]), 0)
            by_document[each.document] -= took
        else:
            took = _taken(loose, each)
        told.append(took)
    return told


def _taken(loose: dict[date, int], deduction: Deduction) -> int:
    """Take a deduction out of the loose charges before it, the oldest first."""
    left = max(deduction.amount, 0)
    for d in sorted(d for d in loose if deduction.d - DOCUMENT_REACH <= d < deduction.d):
        took = max(min(left, loose[d]), 0)
        loose[d] -= took
        left -= took
    return max(deduction.amount, 0) - left
