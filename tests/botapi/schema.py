"""The derived table of the Bot API (``schema.json``) as Python objects."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("schema.json")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a method or field of a type.

    ``kinds`` are the alternatives (``Integer|String``), or the one kind of the innermost item of a list that
    is ``deep`` lists deep. Lengths are UTF-16 units or bytes, ``count`` is items of the outer list.
    """

    name: str
    kinds: tuple[str, ...]
    deep: int
    required: bool
    length: Span | None = None
    in_bytes: bool = False
    count: Span | None = None
    range: Span | None = None
    choices: frozenset[str] = frozenset()
    form: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """An object type: its fields, and which of them exclude one another."""

    name: str
    fields: dict[str, Field]
    exactly: tuple[str, ...] = ()
    at_most: tuple[str, ...] = ()
    or_string: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """``methods`` by lower-case name, because Telegram ignores their case."""

    version: str
    updates: frozenset[str]
    methods: dict[str, Kind]
    kinds: dict[str, Kind]
    unions: dict[str, tuple[str, ...]]
    by_type_field: dict[str, dict[str, Kind]] = field(default_factory=dict)


def load(path: Path = PATH) -> Schema:
    """Read the table; about 3 ms (measured in ``test_schema``)."""
    raw = json.loads(path.read_text("utf-8"))
    kinds = {
        name: Kind(
            name,
            _fields(body["fields"]),
            tuple(body.get("exactly", ())),
            tuple(body.get("at_most", ())),
            body.get("or_string", False),
        )
        for name, body in raw["types"].items()
    }
    unions = {name: tuple(members) for name, members in raw["unions"].items()}
    return Schema(
        version=raw["version"],
        updates=frozenset(raw["updates"]),
        methods={name.lower(): Kind(name, _fields(fields)) for name, fields in raw["methods"].items()},
        kinds=kinds,
        unions=unions,
        by_type_field={name: _tagged(members, kinds) for name, members in unions.items()},
    )


@cache
def schema() -> Schema:
    """The committed table, read once a process: it is immutable."""
    return load()


def _tagged(members: tuple[str, ...], kinds: dict[str, Kind]) -> dict[str, Kind]:
    """The members of a union by the one value of their ``type`` field."""
    tagged = {}
    for member in members:
        if member in kinds and "type" in kinds[member].fields:
            for value in kinds[member].fields["type"].choices:
                tagged[value] = kinds[member]
    return tagged


def _fields(raw: dict[str, list[Any]]) -> dict[str, Field]:
    return {name: _field(name, *spec) for name, spec in raw.items()}


def _field(name: str, kind: str, required: bool, limits: dict[str, Any] | None = None) -> Field:
    limits = limits or {}
    deep = len(kind) - len(kind.lstrip("["))
    span = limits.get("len") or limits.get("bytes")
    return Field(
        name=name,
        kinds=tuple(kind.strip("[]").split("|")),
        deep=deep,
        required=required,
        length=tuple(span) if span else None,
        in_bytes="bytes" in limits,
        count=tuple(limits["count"]) if "count" in limits else None,
        range=tuple(limits["range"]) if "range" in limits else None,
        choices=frozenset(limits.get("in", ())),
        form=re.compile(limits["form"]) if "form" in limits else None,
    )
