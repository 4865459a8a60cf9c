"""Words → what they name: which of them is the item, which a place, which a number of pieces.

Words are asked of the database all at once: an article may have spaces, so every run of words is a candidate,
and the longest that is somebody's name wins.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from app.db.session import TenantTx
from app.domain.warehouse.barcodes import readings
from app.repositories import holds, items, places
from app.services.warehouse.said import MOST_PIECES, Kind, Missing, Said, Slot, Words
from app.services.warehouse.unclear import Choice

MOST_WORDS = 6
"""An article has hardly more."""
BARCODE_FROM = 8
LONGEST_ID = 12
TRANSFERS = frozenset({Kind.PUTAWAY, Kind.MOVE})
BY_HOLD = frozenset({Kind.SHIP, Kind.RELEASE})
SHOWN = 40


def understand(tx: TenantTx, said: Said, words: Words, asked: Slot | None) -> tuple[Said, str]:
    """What is known with these words, and those that mean nothing here; ``asked`` is what they answer.

    Raises Missing where a word cannot be what it must be; what is known besides it carries in ``said``.
    """
    if asked is not None and (direct := _answer(tx, said, words, asked)) is not None:
        return direct, ""
    known, free = _named(tx, said, words)
    known = replace(known, **_told(known, words))
    known, free = _numbers(tx, known, free)
    known, free = _left_over(known, free, asked)
    # A day first: a number of pieces that was wrong is asked for in any case.
    for slot, sentence in sorted(words.wrong, key=lambda each: each[0] is Slot.QTY):
        raise Missing(slot, sentence, said=known)
    return known, _shown(" ".join(free))


def _answer(tx: TenantTx, said: Said, words: Words, asked: Slot) -> Said | None:
    """A short answer to what was asked is just that, whatever else it could mean."""
    whole, single = words.whole, len(words.free) == 1 and words.whole == words.free[0]
    if asked is Slot.SUPPLY and whole:
        return replace(said, supply=whole.lstrip("№#")[:SHOWN])
    if asked is Slot.QTY and single and _is_number(whole):
        return replace(said, qty=int(whole))
    if asked in (Slot.PLACE, Slot.TARGET) and single and not _is_item(tx, whole):
        return replace(said, place=whole) if asked is Slot.PLACE else replace(said, target=whole)
    if asked is Slot.ITEM and single:
        return replace(said, item_id=None, item=whole)
    return None


def _named(tx: TenantTx, said: Said, words: Words) -> tuple[Said, list[str]]:
    """Items, places and orders that the words name, and the words that name nothing."""
    free = [*words.free]
    runs = [
        (start, end)
        for start in range(len(free))
        for end in range(start + 1, min(len(free), start + MOST_WORDS) + 1)
    ]
    spelt = {run: " ".join(free[run[0] : run[1]]) for run in runs}
    found_items = items.find_items_named(tx, [name for run in runs for name in readings(spelt[run])])
    named = {run: _first(found_items, readings(spelt[run])) for run in runs}
    known = said
    # Where the item is known a number is how many, though there be an article like that.
    candidates = {
        run for run in runs if named[run] is not None and not (said.item_id and _is_number(spelt[run]))
    }
    if best := _best(runs, candidates, spelt):
        known = _with_item(known, named[best])
        del free[best[0] : best[1]]
    if known.kind in BY_HOLD and free:
        orders = holds.find_orders_named(tx, free)
        for word in [each for each in free if each in orders]:
            known = replace(known, order_id=orders[word].id)
            free.remove(word)
    found_places = places.find_places(tx, free)
    codes = [word for word in free if word in found_places and not (_is_number(word) and known.qty is None)]
    return _with_places(known, codes), _without(free, codes)


def _with_item(said: Said, item_id: int | None) -> Said:
    """Another item than before has other lots, and another promise."""
    if said.item_id == item_id:
        return replace(said, item="")
    return replace(said, item_id=item_id, item="", lot_id=None, hold_id=None, books=None, version=None)


def _with_places(said: Said, codes: list[str]) -> Said:
    """One place of a transfer is where to, unless that is known; two are from and to."""
    if not codes:
        return said
    if said.kind not in TRANSFERS:
        return _at(said, codes[0])
    if len(codes) > 1:
        return replace(_at(said, codes[0]), target=codes[1])
    if said.target and not said.place:
        return _at(said, codes[0])
    return replace(said, target=codes[0])


def _at(said: Said, code: str) -> Said:
    if said.place == code:
        return said
    return replace(said, place=code, lot_id=None, books=None, version=None)


def _told(said: Said, words: Words) -> dict[str, Any]:
    """What was said in so many words: sides, days, the promise, the marketplace."""
    told: dict[str, Any] = {}
    transfer = said.kind in TRANSFERS
    if words.source:
        told["place"] = words.source
    if words.target:
        told["target" if transfer else "place"] = words.target
    if words.by is not None:
        told.update(_by(said.kind, words.by))
    if words.no_expiry:
        told.update(no_expiry=True, expires=None)
    if words.hold_id is not None:
        told["hold_id"] = words.hold_id
    if words.market:
        told.update(market=words.market, supply=words.supply)
    return told


def _by(kind: Kind, day: date) -> dict[str, Any]:
    if kind is Kind.RESERVE:
        return {"until": day}
    return {"expires": day, "no_expiry": False, "lot_id": None, "books": None, "version": None}


def _numbers(tx: TenantTx, said: Said, free: list[str]) -> tuple[Said, list[str]]:
    """The pieces; of a promise that is given up the first number is which."""
    of_promise = said.kind is Kind.RELEASE
    numbers = [word for word in free if _is_number(word) or (of_promise and _is_id(word))]
    if not numbers:
        return said, free
    left = _without(free, numbers)
    by_number = of_promise or (
        said.kind is Kind.SHIP and not (said.item_id or said.order_id or left) and len(numbers) == 1
    )
    if by_number and said.hold_id is None and said.order_id is None and said.item_id is None:
        first = int(numbers.pop(0))
        if of_promise or first in holds.find_holds(tx, [first]):
            said = replace(said, hold_id=first)
        else:
            numbers.insert(0, str(first))
    if len(numbers) > 1:
        choices = [Choice(f"{each} шт.", each) for each in dict.fromkeys(numbers)]
        raise Missing(Slot.QTY, f"Чисел несколько: {', '.join(numbers)}. Сколько штук?", choices, said)
    return (replace(said, qty=int(numbers[0])) if numbers else said), left


def _left_over(said: Said, free: list[str], asked: Slot | None) -> tuple[Said, list[str]]:
    """Words that are nobody's name yet: first what was asked for, then the item, then a place."""
    if not free:
        return said, free
    if asked in (Slot.ITEM, Slot.WHAT) and said.item_id is None:
        return replace(said, item=" ".join(free)), []
    if said.item_id is None and not said.item:
        # Of several words the last may be a place, where none is known: /receive стул А-99
        places_known = bool(said.place or said.target)
        if len(free) > 1 and not places_known and _looks_like_place(free[-1]):
            said, free = _with_places(said, [free[-1]]), free[:-1]
        return replace(said, item=" ".join(free)), []
    needs_place = not said.place or (said.kind in TRANSFERS and not said.target)
    asked_for = asked in (None, Slot.PLACE, Slot.TARGET) or _looks_like_place(free[0])
    if len(free) == 1 and asked_for and (needs_place or asked is not None):
        return _with_places(said, free), []
    return said, free


def _looks_like_place(word: str) -> bool:
    """Short, with a digit or a hyphen in it, and no barcode."""
    return len(word) < 15 and not word.isdigit() and any(each.isdigit() or each in "-/" for each in word)


def _best(
    runs: list[tuple[int, int]], among: set[tuple[int, int]], spelt: dict[tuple[int, int], str]
) -> tuple[int, int] | None:
    """The longest run of words that is an item; of equally long ones a plain number comes last."""
    ranked = sorted(
        (run for run in runs if run in among),
        key=lambda run: (run[0] - run[1], _is_number(spelt[run]), run[0]),
    )
    return ranked[0] if ranked else None


def _first(found: dict[str, int], names: tuple[str, ...]) -> int | None:
    return next((found[name] for name in names if name in found), None)


def _is_item(tx: TenantTx, word: str) -> bool:
    """A scan in the middle of a conversation is an item, whatever was asked."""
    return len(word) >= BARCODE_FROM and bool(items.find_items_named(tx, readings(word)))


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < BARCODE_FROM and int(word) <= MOST_PIECES


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= LONGEST_ID


def _without(free: list[str], gone: list[str]) -> list[str]:
    left = [*free]
    for word in gone:
        left.remove(word)
    return left


def _shown(words: str) -> str:
    return words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"
