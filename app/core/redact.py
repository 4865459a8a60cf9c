"""Blanking secrets in anything that may reach a log, an error's text or a cassette.

The first line of defence is not to log them: the transport logs method names and paths. This is
the second one, for texts that come from outside (a marketplace may echo a token in its error).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

BLANK = "***"

SECRET_HEADERS = frozenset({"authorization", "client-id", "api-key", "cookie", "set-cookie", "x-api-key"})
_SECRET_QUERY = frozenset(
    {
        *("token", "access_token", "api_key", "api-key", "apikey", "key", "client_id", "secret"),
        *("password", "passwd", "sslpassword"),
    }
)

_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
_BEARER = re.compile(r"(?i)\bbearer\s+\S+")
_UUID = re.compile(r"(?i)(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])")
"""An Ozon key is a bare UUID: no other can be told from it, so none is shown."""
_ADS_SECRET = re.compile(
    r"(@[a-z.]*performance\.ozon\.ru(?:\W|\\n|client|secret|id){1,40}?|client_?secret\W{1,6})[\w-]{20,}={0,2}",
    re.IGNORECASE,
)
"""The secret of Ozon's advertising looks like any long word: it is known by what stands before it."""
_BOT_TOKEN = re.compile(r"(?<!\d)\d{5,12}:[\w-]{30,}")
_API_TOKEN = re.compile(r"\bamb_[\w-]{20,}")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>«»]+", re.IGNORECASE)
"""Any scheme: a database's and a proxy's carry passwords too."""
_SECRET_NAME = frozenset(
    {
        *("token", "access_token", "password", "secret", "client_secret", "api_key", "apikey"),
        *("authorization", "master_key"),
    }
)
_SAYS_NOTHING = (bool, int, float, type(None))


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers with secret values blanked."""
    return {name: BLANK if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}


def redact_url(url: str) -> str:
    """The same URL with a user:password part and secret query values blanked."""
    parts = urlsplit(url)
    netloc = f"{BLANK}@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
    query = parse_qsl(parts.query, keep_blank_values=True)
    blanked = [(name, BLANK if name.lower() in _SECRET_QUERY else value) for name, value in query]
    tail = urlunsplit(("", "", parts.path, urlencode(blanked, safe="*"), ""))
    # By hand: urlunsplit makes postgresql:/db of postgresql:///db.
    return f"{parts.scheme}://{netloc}{tail}" if parts.scheme else urlunsplit(("", netloc, tail, "", ""))


def redact_text(text: str) -> str:
    """Free text without JWTs, bearer, bot and our own API tokens, both keys of Ozon, passwords and secret
    values of URLs."""
    text = _API_TOKEN.sub(BLANK, _BOT_TOKEN.sub(BLANK, text))
    text = _URL.sub(lambda found: _redact_found(found.group()), text)
    text = _ADS_SECRET.sub(rf"\g<1>{BLANK}", _BEARER.sub(f"Bearer {BLANK}", text))
    return _JWT.sub(BLANK, _UUID.sub(BLANK, text))


def redact_value(value: Any) -> Any:
    """The same value, however nested, with every text in it redacted and what has a secret's name
    blanked; an object is told as its text."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, _SAYS_NOTHING):
        return value
    if isinstance(value, Mapping):
        return {
            name: BLANK if str(name).lower() in _SECRET_NAME else redact_value(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(inner) for inner in value]
    return redact_text(str(value))


def _redact_found(url: str) -> str:
    """What looks like a URL in a text need not be one."""
    try:
        return redact_url(url)
    except ValueError:
        return BLANK
