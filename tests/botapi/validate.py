"""A call's parameters, from the strings of the wire to typed values, checked against the schema.

Telegram ignores unknown parameters and much else; this server refuses whatever the documentation does not
name. Lengths "after entities parsing" are checked by whoever parses the text, not here.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.botapi.scanner import units
from tests.botapi.schema import Field, Kind, Schema
from tests.botapi.violations import Refused, bad

# Parameters of methods that are measured after HTML parsing, in methods.py.
PARSED = {"text", "caption"}
ATOMS = {"String", "Integer", "Float", "Boolean", "True", "InputFile"}
MISSING = {
    "chat_id": "chat_id is empty",
    "message_id": "message identifier is not specified",
    "text": "message text is empty",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "draft_id": "DRAFT_ID_INVALID",
}


class Validator:
    """Checks calls against one schema. ``uploads`` are the names of the files that came with the call."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def call(self, method: str, raw: Mapping[str, Any], uploads: set[str]) -> tuple[Kind, dict[str, Any]]:
        """The method and its typed parameters; raises ``Refused``."""
        kind = self.schema.methods.get(method.lower())
        if kind is None:
            raise Refused(404, f"Not Found: method {method} is unknown to this server")
        for name in raw.keys() - kind.fields.keys():
            raise bad(f'unknown parameter "{name}" of {kind.name}', ours=True)
        values: dict[str, Any] = {}
        for name, field in kind.fields.items():
            if name not in raw or raw[name] is None:
                if field.required:
                    raise bad(MISSING.get(name, f'parameter "{name}" is required'))
                continue
            values[name] = self._value(name, field, self._unpack(field, raw[name]), kind, uploads)
        return kind, values

    def _unpack(self, field: Field, raw: Any) -> Any:
        """A string of a form as what it stands for; values of a JSON body pass."""
        if not isinstance(raw, str):
            return raw
        if field.deep or not ATOMS.intersection(field.kinds):
            try:
                return json.loads(raw)
            except ValueError:
                raise bad(f"can't parse {field.name} JSON object") from None
        if "Integer" in field.kinds and _is_int(raw):
            return int(raw)
        if "String" in field.kinds or "InputFile" in field.kinds:
            return raw
        if set(field.kinds) & {"Boolean", "True"} and raw.lower() in ("true", "false", "1", "0"):
            return raw.lower() in ("true", "1")
        if "Float" in field.kinds:
            try:
                return float(raw)
            except ValueError:
                return raw
        return raw

    def _value(self, path: str, field: Field, value: Any, owner: Kind, uploads: set[str]) -> Any:
        if field.deep:
            return self._items(path, field, value, field.deep, uploads)
        for kind in field.kinds:
            if self._fits(kind, value):
                break
        else:
            kind = self._object_kind(path, field.kinds, value)
        result = self._checked(path, kind, value, uploads)
        self._limits(path, field, result, owner)
        return result

    def _items(self, path: str, field: Field, value: Any, deep: int, uploads: set[str]) -> list[Any]:
        if not isinstance(value, list):
            raise bad(f'field "{path}" must be of type Array')
        if field.count and deep == field.deep and not field.count[0] <= len(value) <= field.count[1]:
            raise bad(f'field "{path}" must have {field.count[0]}-{field.count[1]} items, has {len(value)}')
        if deep > 1:
            return [
                self._items(f"{path}[{n}]", field, item, deep - 1, uploads) for n, item in enumerate(value)
            ]
        result = []
        for number, item in enumerate(value):
            inner = f"{path}[{number}]"
            fitting = next((kind for kind in field.kinds if self._fits(kind, item)), None)
            kind = fitting or self._object_kind(inner, field.kinds, item)
            result.append(self._checked(inner, kind, item, uploads))
        return result

    def _fits(self, kind: str, value: Any) -> bool:
        """Whether a value is of an atomic kind."""
        match kind:
            case "Integer":
                return isinstance(value, int) and not isinstance(value, bool)
            case "Float":
                return isinstance(value, int | float) and not isinstance(value, bool)
            case "String" | "InputFile":
                return isinstance(value, str)
            case "Boolean":
                return isinstance(value, bool)
            case "True":
                return value is True
        if kind in self.schema.unions:
            return "String" in self.schema.unions[kind] and isinstance(value, str | list)
        return isinstance(value, str) and kind in self.schema.kinds and self.schema.kinds[kind].or_string

    def _object_kind(self, path: str, kinds: tuple[str, ...], value: Any) -> str:
        """Which of the object types a dictionary is meant to be."""
        if not isinstance(value, dict):
            raise bad(f'field "{path}" must be of type {" or ".join(kinds)}')
        members = [kind for kind in kinds if kind in self.schema.kinds or kind in self.schema.unions]
        if not members:
            raise bad(f'field "{path}" must be of type {" or ".join(kinds)}')
        if len(members) == 1:
            return members[0]
        tagged = [
            name
            for name in members
            if "type" in self.schema.kinds[name].fields
            and value.get("type") in self.schema.kinds[name].fields["type"].choices
        ]
        return tagged[0] if tagged else max(members, key=lambda name: self._likeness(name, value))

    def _likeness(self, name: str, value: dict[str, Any]) -> tuple[bool, int]:
        """For types without a tag (reply_markup): has what is required, knows how many of the fields."""
        fields = self.schema.kinds[name].fields
        complete = all(field in value for field, spec in fields.items() if spec.required)
        return complete, len(value.keys() & fields.keys())

    def _checked(self, path: str, kind: str, value: Any, uploads: set[str]) -> Any:
        if kind in self.schema.unions:
            if isinstance(value, str):
                return value
            if isinstance(value, list):
                return [self._rich(f"{path}[{n}]", kind, item, uploads) for n, item in enumerate(value)]
            return self._rich(path, kind, value, uploads)
        if kind in self.schema.kinds and isinstance(value, dict):
            return self._object(path, self.schema.kinds[kind], value, uploads)
        is_file = isinstance(value, str) and value.startswith("attach://")
        if is_file and value.removeprefix("attach://") not in uploads:
            raise bad(f'field "{path}" names the file {value!r} that was not uploaded')
        return value

    def _rich(self, path: str, union: str, value: Any, uploads: set[str]) -> Any:
        """A member of a union, found by its ``type``."""
        if self._fits(union, value):
            return self._checked(path, union, value, uploads)
        tag = value.get("type") if isinstance(value, dict) else None
        member = self.schema.by_type_field[union].get(tag) if isinstance(tag, str) else None
        if member is None:
            raise bad(f'field "{path}" has the unknown {union} type {tag!r}')
        return self._object(path, member, value, uploads)

    def _object(self, path: str, kind: Kind, value: dict[str, Any], uploads: set[str]) -> dict[str, Any]:
        given = {name: inner for name, inner in value.items() if inner is not None}
        for name in given.keys() - kind.fields.keys():
            raise bad(f'unknown field "{path}.{name}" of {kind.name}', ours=True)
        self._one_of(path, kind, given)
        result = {}
        for name, field in kind.fields.items():
            if name in given:
                result[name] = self._value(f"{path}.{name}", field, given[name], kind, uploads)
            elif field.required:
                raise bad(f'can\'t parse {kind.name}: field "{path}.{name}" is required')
        return result

    def _one_of(self, path: str, kind: Kind, given: dict[str, Any]) -> None:
        used = [name for name in (*kind.exactly, *kind.at_most) if name in given and given[name] is not False]
        if len(used) > 1:
            raise bad(f"{kind.name} at {path} has more than one of: {', '.join(used)}", ours=True)
        if kind.exactly and not used:
            if kind.name == "InlineKeyboardButton":
                raise bad(
                    "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
                )
            raise bad(f"{kind.name} at {path} must have one of: {', '.join(kind.exactly)}")

    def _limits(self, path: str, field: Field, value: Any, owner: Kind) -> None:
        if field.choices and value not in field.choices:
            raise bad(f'field "{path}" must be one of {", ".join(sorted(field.choices))}, is {value!r}')
        if field.range and not field.range[0] <= value <= field.range[1]:
            raise bad(f'field "{path}" must be {field.range[0]}-{field.range[1]}, is {value}')
        if not isinstance(value, str):
            return
        if field.form and not field.form.fullmatch(value):
            raise bad(f'field "{path}" has characters that are not allowed: {value!r}')
        parsed = field.name in PARSED and owner.name[0].islower() and owner.name != "answerCallbackQuery"
        if field.length is None or parsed:
            return
        size = len(value.encode()) if field.in_bytes else units(value)
        if not field.length[0] <= size <= field.length[1]:
            if field.name == "callback_data":
                raise bad("BUTTON_DATA_INVALID")
            unit = "bytes" if field.in_bytes else "characters"
            raise bad(f'field "{path}" must have {field.length[0]}-{field.length[1]} {unit}, has {size}')


def _is_int(raw: str) -> bool:
    return raw.removeprefix("-").isascii() and raw.removeprefix("-").isdigit()
