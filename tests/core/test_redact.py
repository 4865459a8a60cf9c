"""What is blanked in texts, logs and marketplaces' replies, and what is left as it was."""

import importlib
import io
import json
import logging
import pkgutil
import sys
from collections.abc import Iterator

import pytest
import structlog
from pydantic import AliasChoices

from app import marketplaces
from app.core import logging as our_logging
from app.core.personal import PERSONAL_FIELDS, blank_personal
from app.core.redact import BLANK, redact_text, redact_value
from app.marketplaces.wire import Wire

KEY = "9bbbde0b-f304-5915-8dfa-3dd70bb8397e"
ADS = "88123456-17@advertising.performance.ozon.ru"
SECRET = "b1u5XXDQW3wEqQ7dG_ancMyuhQtMNBI-01234567890=="
BOT = "712345678:AAF-canary-of-the-bot_0123456789abcdef"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"no idea what to do with 123 {KEY}", f"no idea what to do with 123 {BLANK}"),
        (f"my key is {ADS} {SECRET}", f"my key is {ADS} {BLANK}"),
        (repr(f"ID: {ADS}\nClient Secret: {SECRET}"), repr(f"ID: {ADS}\nClient Secret: {BLANK}")),
        (
            f'{{"client_id":"{ADS}","client_secret":"{SECRET}"}}',
            f'{{"client_id":"{ADS}","client_secret":"{BLANK}"}}',
        ),
        (f"{ADS} is whose?", None),
        (f"POST https://api.telegram.org/bot{BOT}/getMe", f"POST https://api.telegram.org/bot{BLANK}/getMe"),
        ("at postgresql+psycopg2://ambar:p4ss@h:5432/db", f"at postgresql+psycopg2://{BLANK}@h:5432/db"),
        ("at postgresql:///db?user=u&password=p4ss", f"at postgresql:///db?user=u&password={BLANK}"),
        ("by socks5://u:p4ss@proxy:1", f"by socks5://{BLANK}@proxy:1"),
        ("redis://:p4ss@h:6379/0 away", f"redis://{BLANK}@h:6379/0 away"),
        ("http://[half", BLANK),
        (
            "12:30, лимит 5 из 10, артикул KRS-42, 2026-11-20",
            "12:30, лимит 5 из 10, артикул KRS-42, 2026-11-20",
        ),
        ("sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None),
    ],
)
def test_a_text_loses_its_secrets_and_nothing_else(said: str, left: str | None) -> None:
    assert redact_text(said) == (said if left is None else left)


def test_a_value_is_blanked_however_deep_and_by_its_name() -> None:
    told = {
        "a": [{"b": (f"x {KEY}", 5, None)}],
        "password": "p4ss",
        "Token": BOT,
        "n": 1.5,
        "e": OSError(BOT),
    }
    assert redact_value(told) == {
        "a": [{"b": [f"x {BLANK}", 5, None]}],
        "password": BLANK,
        "Token": BLANK,
        "n": 1.5,
        "e": BLANK,
    }


def test_what_libraries_log_is_blanked_too() -> None:
    """Ours and theirs go through one process's handler; a stack's last line quotes whatever was raised."""
    out, root = io.StringIO(), logging.getLogger()
    before, handlers = structlog.get_config(), list(root.handlers)
    root.handlers.clear()
    try:
        our_logging.configure("INFO", file=out)
        try:
            raise OSError(f"cannot reach https://api.telegram.org/bot{BOT}/getMe")
        except OSError as error:
            logging.getLogger("aiogram").exception("Failed: %s", error)
            structlog.get_logger("ours").warning("failed", error=error, nested={"key": KEY}, exc_info=True)
    finally:
        root.handlers[:] = handlers
        structlog.configure(**before)
    said = out.getvalue()
    assert said.count("cannot reach") >= 3
    assert BOT not in said
    assert KEY not in said
    assert sys.exc_info()[0] is None


def test_buyers_go_and_every_other_byte_stays() -> None:
    body = (
        '{ "rows":[{"id":1.10, "customer" : {"name":"Ольга","phone":"+7","tags":[1,{"phone":2}]},"title":'
        '"\\"phone\\": 5","userName":"О","kind":"phone","phones":["+7"],"sum":1e2}],"email":null }'
    )
    assert blank_personal(body.encode()).decode() == (
        '{ "rows":[{"id":1.10, "customer" : null,"title":'
        '"\\"phone\\": 5","userName":null,"kind":"phone","phones":null,"sum":1e2}],"email":null }'
    )


def test_a_reply_without_buyers_is_the_very_same() -> None:
    body = json.dumps([{"nmId": 1, "title": "Телефон phone", "kind": "phone"}]).encode()
    assert blank_personal(body) is body or blank_personal(body) == body


def test_a_reply_cut_short_inside_a_buyer_ends_there() -> None:
    assert blank_personal('{"a":1,"customer":{"name":"Оль'.encode()) == b'{"a":1,"customer":null'


def test_bytes_that_are_no_text_come_back_as_they_were() -> None:
    assert blank_personal(b'\xff{"phone":"+7","x":"\xfe"}') == b'\xff{"phone":null,"x":"\xfe"}'


def test_nothing_that_we_read_is_blanked() -> None:
    for module in pkgutil.walk_packages(marketplaces.__path__, f"{marketplaces.__name__}."):
        importlib.import_module(module.name)
    read = {name for model in wire_models(Wire) for name in names_of(model)}
    assert len(read) > 200
    assert read & PERSONAL_FIELDS == set()


def wire_models(base: type[Wire]) -> Iterator[type[Wire]]:
    for model in base.__subclasses__():
        yield model
        yield from wire_models(model)


def names_of(model: type[Wire]) -> Iterator[str]:
    """What its fields are called on the wire."""
    for name, field in model.model_fields.items():
        alias = field.validation_alias or field.alias or name
        yield from (str(each) for each in alias.choices) if isinstance(alias, AliasChoices) else (str(alias),)
