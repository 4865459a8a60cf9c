"""Blanking secrets in anything that may reach a log, an error's text or a cassette.

The first line of defence is not to log them: the transport logs method names and paths. This is
the second one, for texts that come from outside (a marketplace may echo a token in its error).
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

BLANK = "***"

SECRET_HEADERS = frozenset({"authorization", "client-id", "api-key", "cookie", "set-cookie", "x-api-key"})
_SECRET_QUERY = frozenset(
    {"token", "access_token", "api_key", "api-key", "apikey", "key", "client_id", "secret"}
)

_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
_BEARER = re.compile(r"(?i)\bbearer\s+\S+")
_UUID_KEY = re.compile(r"(?i)(api-?key\W{1,4})[0-9a-f]{8}-[0-9a-f-]{27}")
_URL = re.compile(r"https?://[^\s\"'<>«»]+")


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers with secret values blanked."""
    return {name: BLANK if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}


def redact_url(url: str) -> str:
    """The same URL with a user:password part and secret query values blanked."""
    parts = urlsplit(url)
    netloc = f"{BLANK}@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
    query = parse_qsl(parts.query, keep_blank_values=True)
    blanked = [(name, BLANK if name.lower() in _SECRET_QUERY else value) for name, value in query]
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(blanked, safe="*"), ""))


def redact_text(text: str) -> str:
    """Free text without JWTs, bearer tokens, Ozon keys and secret query values."""
    text = _URL.sub(lambda found: redact_url(found.group()), text)
    text = _BEARER.sub(f"Bearer {BLANK}", text)
    text = _UUID_KEY.sub(rf"\1{BLANK}", text)
    return _JWT.sub(BLANK, text)
