"""Replies of which one field is of another type: every field once, as everything that it is not."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from app.core.errors import AmbarError
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit

Place = tuple[str | int, ...]


class Twist(NamedTuple):
    """A field of a reply and what stands in it instead. ``row``: the row that it is a part of."""

    field: str
    place: Place
    row: Place | None
    was: Any
    became: Any

    @property
    def keeps_its_value(self) -> bool:
        """The same figure in another dress: nothing may change."""
        return isinstance(self.was, int | float) and str(self.was) == self.became


def twists(body: Any) -> Iterator[Twist]:
    """Every field of a reply once, as everything that it is not: number, string, null, list."""
    told: set[str] = set()
    for place, was in _leaves(body):
        name = "/".join("*" if isinstance(step, int) else step for step in place)
        if name in told:
            continue
        told.add(name)
        lists = [i for i, step in enumerate(place) if isinstance(step, int)]
        row = place[: lists[0] + 1] if lists else None
        for became in _others(was):
            yield Twist(name, place, row, was, became)


def _leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, (*place, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        for n, each in enumerate(value):
            yield from _leaves(each, (*place, n))
    else:
        yield place, value


def _others(was: Any) -> list[Any]:
    number = isinstance(was, int | float) and not isinstance(was, bool)
    dress = [str(was)] if number else []
    return [other for other in (*dress, "не число", 7, None, [], [1], {"a": 1}, True) if other != was]


def twisted(body: Any, twist: Twist) -> Any:
    """A copy with that field changed."""
    return _changed(body, twist.place, twist.became)


def without(body: Any, row: Place) -> Any:
    """A copy that never had that row."""
    return _changed(body, row, GONE)


def shortened(value: Any, rows: int) -> Any:
    """A copy with the first rows of every list."""
    if isinstance(value, list):
        return [shortened(each, rows) for each in value[:rows]]
    if isinstance(value, dict):
        return {key: shortened(each, rows) for key, each in value.items()}
    return value


GONE = object()


def _changed(value: Any, place: Place, became: Any) -> Any:
    if not place:
        return became
    step, *rest = place
    if isinstance(value, list):
        copy = list(value)
        new = _changed(copy[int(step)], tuple(rest), became)
        if new is GONE:
            del copy[int(step)]
        else:
            copy[int(step)] = new
        return copy
    return {**value, step: _changed(value[step], tuple(rest), became)}


# What a field of another type does to a reply


SUMMED_UP: tuple[Kind, ...] = ("access", "reports")
"""One row that speaks of a whole reply: that it is still there, or set aside, is all that can be asked."""


def counted(told: Normalised) -> Counter[str]:
    """Every row, by its kind; what could not be placed apart."""
    apart = ("unplaced", "commissions", *SUMMED_UP)
    kinds = (name for name in told.__slots__ if name not in apart)
    rows = Counter(f"{kind}: {row}" for kind in kinds for row in getattr(told, kind))
    # The rates of all goods are one rule; what a row of the reply tells is a category, or a SKU.
    for rule in told.commissions:
        rows.update(f"commissions: {rule.dt_from} {rate}" for rate in _rates(json.loads(rule.rule_json)))
    return rows


def _kept(told: Normalised) -> int:
    """Rows that speak of whole replies, those that could not be read among them."""
    return sum((len(getattr(told, kind)) for kind in SUMMED_UP), len(told.unplaced))


def _rates(rule: dict[str, Any]) -> Iterator[str]:
    yield from (f"{subject}: {rates}" for subject, rates in rule.get("subjects", {}).items())
    for group in rule.get("groups", ()):
        yield from (f"{sku}: {group['percent']}" for sku in group["skus"])


def shorter(page: Page, rows: int = 2) -> Page:
    """The first rows of every list; what is no JSON stays."""
    if not page.body.startswith((b"[", b"{")):
        return page
    return _with(page, shortened(json.loads(page.body), rows))


def harms(
    source: Source, unit: Unit, pages: list[Page], n: int, chosen: Callable[[], bool]
) -> tuple[int, list[str]]:
    """How often a field of page ``n`` was changed, of those that are ``chosen``, and what that did that it
    may not do.

    The same figure as a word changes nothing. Else the row is as it was, or reads otherwise, or stands with
    «не разнесено» – and every other row is untouched.
    """
    body, tried, wrong = json.loads(pages[n].body), 0, []
    known: dict[Place, Counter[str]] = {}
    read = partial(_read, source, unit, pages, n)
    good = read(body)
    as_was = counted(good)
    for twist in twists(body):
        if not chosen():
            continue
        tried += 1
        about = f"{source.name} {pages[n].key.path} {twist.field}: {twist.was!r} → {twist.became!r}"
        try:
            told = read(twisted(body, twist))
        except AmbarError as error:
            if twist.row is not None:
                wrong.append(f"{about}: the whole page is refused: {error}")
            continue
        except Exception as error:
            wrong.append(f"{about}: {error!r}")
            continue
        now = counted(told)
        if twist.keeps_its_value and (now != as_was or told.unplaced):
            wrong.append(f"{about}: read otherwise")
        if _kept(told) < _kept(good):
            wrong.append(f"{about}: vanished without a trace")
        if twist.row is not None:
            if twist.row not in known:
                # A row may name what other pages tell, or move it: what is the same without it is not its.
                known[twist.row] = as_was & counted(read(without(body, twist.row)))
            if lost := known[twist.row] - now:
                wrong.append(f"{about}: harmed {next(iter(lost))[:200]}")
    return tried, wrong


def _read(source: Source, unit: Unit, pages: list[Page], n: int, told: Any) -> Normalised:
    """The unit, if page ``n`` had said that."""
    return source.normalise(unit, [*pages[:n], _with(pages[n], told), *pages[n + 1 :]])


def _with(page: Page, told: Any) -> Page:
    return page._replace(body=json.dumps(told, ensure_ascii=False).encode())
