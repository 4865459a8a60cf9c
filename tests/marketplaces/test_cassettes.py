"""Recorded replies hold no secret and every one is accounted for in the note."""

import re

import yaml

from app.core.redact import SECRET_HEADERS, redact_headers, redact_text, redact_url
from tests.marketplaces.replay import CASSETTES

JWT = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}")


def test_no_cassette_holds_a_secret() -> None:
    files = sorted(CASSETTES.glob("*.yaml"))
    assert len(files) >= 10
    for path in files:
        text = path.read_text("utf-8")
        assert not JWT.search(text), path.name
        for one in yaml.safe_load(text)["interactions"]:
            names = {name.lower() for name in one["request"]["headers"]}
            assert not names & SECRET_HEADERS, path.name


def test_the_note_tells_where_every_body_came_from() -> None:
    note = (CASSETTES / "README.md").read_text("utf-8")
    for path in CASSETTES.glob("*.yaml"):
        assert f"`{path.name}`" in note, path.name


def test_redaction_blanks_what_is_secret_and_leaves_the_rest() -> None:
    assert redact_headers({"API-Key": "k", "Accept": "json"}) == {"API-Key": "***", "Accept": "json"}
    assert redact_url("https://u:p@x.ru/a?token=t&nm=1") == "https://***@x.ru/a?token=***&nm=1"
    text = "Bearer abc.def; Api-Key: 9bbbde0b-f304-5915-8dfa-3dd70bb8397e; eyJhbGciOi.abcdef.x; лимит 5"
    assert redact_text(text) == "Bearer *** Api-Key: ***; ***; лимит 5"
