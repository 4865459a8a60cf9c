"""aiogram's types without the wait: each is built when it is first used, not all when they are imported.

aiogram builds the validators of its six hundred types while it is imported, which takes most of the
start of a process; a bot uses a few dozen of them. pydantic builds a type by itself on its first use
(aiogram asks for that, ``defer_build``), if it finds the names that its annotations hold: aiogram
imports those for type checkers only, so they are put into its modules here.

What has been built is kept: pydantic lets a ``Response[Message]`` go when nobody holds it any more, and
aiogram, which names it anew for every answer of Telegram, would build it again for a tenth of a second.
"""

import re
import sys
from functools import cache
from typing import Any
from unittest.mock import patch

from pydantic import BaseModel

_NAME = re.compile(r"[A-Za-z_]\w*")


def import_aiogram_unbuilt() -> None:
    """Import ``aiogram.types`` and ``aiogram.methods``; does nothing where they have been imported before."""
    if "aiogram.types" in sys.modules:
        return
    names: dict[str, Any] = {}

    def later(_model: type[BaseModel], /, *, _types_namespace: dict[str, Any], **_: Any) -> None:
        names.update(_types_namespace)

    with patch.object(BaseModel, "model_rebuild", classmethod(later)):
        import aiogram.methods
        import aiogram.types
    for name, module in list(sys.modules.items()):
        if name.startswith(("aiogram.types.", "aiogram.methods.")):
            inside = vars(module)
            for known in _annotated(inside) & names.keys() - inside.keys():
                inside[known] = names[known]
    answer = aiogram.methods.Response
    answer.__class_getitem__ = staticmethod(cache(answer.__class_getitem__))  # type: ignore[assignment]


def _annotated(module: dict[str, Any]) -> set[str]:
    """The names in the annotations of the module's classes."""
    return {
        name
        for thing in module.values()
        if isinstance(thing, type) and thing.__module__ == module["__name__"]
        for ancestor in thing.__mro__  # a field that is inherited is read in the heir's module
        for annotation in vars(ancestor).get("__annotations__", {}).values()
        for name in _NAME.findall(str(annotation))
    }
