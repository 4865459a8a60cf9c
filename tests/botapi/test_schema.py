"""The committed table is the one that the specification gives, for the aiogram that is pinned."""

import json
import time

import aiogram
import pytest

from tests.botapi import derive_schema
from tests.botapi.schema import PATH, load

needs_specs = pytest.mark.skipif(
    not derive_schema.SOURCE.exists(), reason=f"the Bot API specification is not at {derive_schema.SOURCE}"
)


@pytest.mark.needs_shared
@needs_specs
def test_the_committed_table_is_what_the_specification_says():
    fresh = derive_schema.derive()
    assert json.loads(PATH.read_text("utf-8")) == fresh
    assert PATH.read_text("utf-8") == derive_schema.as_text(fresh)


def test_the_table_is_of_the_bot_api_that_aiogram_speaks():
    assert aiogram.__api_version__ == load().version


def test_limits_that_exist_only_in_prose_are_found():
    schema = load()
    assert schema.methods["sendmessage"].fields["text"].length == (1, 4096)
    assert schema.methods["sendphoto"].fields["caption"].length == (0, 1024)
    assert schema.methods["setmycommands"].fields["commands"].count == (0, 100)
    assert schema.methods["deletemessages"].fields["message_ids"].count == (1, 100)
    data = schema.kinds["InlineKeyboardButton"].fields["callback_data"]
    assert (data.length, data.in_bytes) == ((1, 64), True)
    assert schema.kinds["RichBlockTableCell"].fields["valign"].choices == {"top", "middle", "bottom"}
    assert "upload_document" in schema.methods["sendchataction"].fields["action"].choices
    assert "html" in schema.kinds["InputRichMessage"].exactly


def test_the_table_loads_in_no_time():
    load()
    begun = time.perf_counter()
    load()
    # 3 ms measured; the whole specification takes 35.
    assert time.perf_counter() - begun < 0.05
