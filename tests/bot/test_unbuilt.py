"""aiogram is imported without its types being built, and whichever is needed builds itself."""

import subprocess
import sys

LOOK = """
import typing
import app.bot
import aiogram, pydantic
from aiogram.methods import SendMessage
from aiogram.methods.base import Response

every = [getattr(m, n) for m in (aiogram.types, aiogram.methods) for n in m.__all__]
models = [each for each in every if isinstance(each, type) and issubclass(each, pydantic.BaseModel)]
assert len(models) > 300, models
built = [each.__name__ for each in models if each.__pydantic_complete__]
assert len(built) < len(models) / 4, built
for each in models:
    typing.get_type_hints(each, localns={"Bot": aiogram.Bot})  # NameError: what its building would not find

said = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "/pnl"}
update = aiogram.types.Update.model_validate({"update_id": 1, "message": said})
assert type(update.message) is aiogram.types.Message
assert SendMessage(chat_id=1, text="x").__api_method__ == "sendMessage"
answer = Response[aiogram.types.Message].model_validate({"ok": True, "result": said})
assert answer.result.text == "/pnl"
assert Response[aiogram.types.Message] is type(answer)
assert Response.__class_getitem__.cache_info().hits == 1, "held by us, and not by whoever uses it just now"
"""


def test_types_are_built_on_their_first_use() -> None:
    """In an interpreter of its own: this one has imported aiogram long ago."""
    run = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
