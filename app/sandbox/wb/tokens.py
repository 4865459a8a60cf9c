"""WB tokens: three base64url parts, a payload that says what they may, a signature of our own."""

import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.sandbox.world import NAMESPACE, World

BASE, TEST, PERSONAL, SERVICE = 1, 2, 3, 4
BITS = {
    "content": 1, "analytics": 2, "prices": 3, "marketplace": 4, "statistics": 5, "promotion": 6,
    "feedbacks": 7, "chat": 9, "supplies": 10, "returns": 11, "documents": 12, "finance": 13, "users": 16,
}  # fmt: skip
READ_ONLY = 30
USUAL = ("content", "analytics", "prices", "statistics", "promotion", "feedbacks", "supplies", "finance")
HOST_SCOPES: dict[str, str | None] = {
    "content-api": "content",
    "seller-analytics-api": "analytics",
    "statistics-api": "statistics",
    "finance-api": "finance",
    "advert-api": "promotion",
    "feedbacks-api": "feedbacks",
    "supplies-api": "supplies",
    "discounts-prices-api": "prices",
    "returns-api": "returns",
    "common-api": None,
}
"""The category a host asks for; None: any token. Hosts that are not here do not exist."""

LIFE_DAYS = 180


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a valid token says of whoever shows it."""

    seller: str
    acc: int
    scopes: int

    def may(self, scope: str | None) -> bool:
        """Whether the category's bit is set."""
        return scope is None or bool(self.scopes & (1 << BITS[scope]))

    @property
    def read_only(self) -> bool:
        """Whether the token may change nothing."""
        return bool(self.scopes & (1 << READ_ONLY))


class TokenRefused(Exception):
    """401; the text is the ``detail`` of the reply."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues and checks tokens of one world's seller."""

    world: World

    def issue(
        self,
        *,
        acc: int = PERSONAL,
        scopes: tuple[str, ...] = USUAL,
        read_only: bool = True,
        expires_in_days: float = LIFE_DAYS,
    ) -> str:
        """A token; the same arguments on the same sandbox day give the same token."""
        mask = sum(1 << BITS[scope] for scope in set(scopes)) | (int(read_only) << READ_ONLY)
        expires = int((self.world.now + timedelta(days=expires_in_days)).timestamp())
        payload: dict[str, Any] = {
            "acc": acc,
            "ent": 1,
            "exp": expires,
            "id": str(uuid.uuid5(NAMESPACE, f"{self.world.sid}-{acc}-{mask}-{expires}")),
            "iid": 40_000_000 + self.world.oid,
            "oid": self.world.oid,
            "s": mask,
            "sid": self.world.sid,
            "t": acc == TEST,
            "uid": 40_000_000 + self.world.oid,
        }
        if acc == PERSONAL:
            payload["for"] = "self"
        head = _part({"alg": "ES256", "kid": "20260302v1", "typ": "JWT"})
        body = f"{head}.{_part(payload)}"
        return f"{body}.{self._signature(body)}"

    def check(self, header: str | None, now: datetime) -> Bearer:
        """Who shows this Authorization header. Raises TokenRefused."""
        if not header:
            raise TokenRefused("empty Authorization header")
        token = header.removeprefix("Bearer ").strip()
        parts = token.split(".")
        if len(parts) != 3:
            raise TokenRefused("token problem; token is malformed: invalid number of segments")
        try:
            payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except ValueError:
            raise TokenRefused("token problem; token is malformed: could not base64 decode claim") from None
        if not hmac.compare_digest(self._signature(f"{parts[0]}.{parts[1]}"), parts[2]):
            raise TokenRefused("token problem; token signature is invalid")
        if payload["exp"] <= now.timestamp():
            raise TokenRefused("token problem; token is expired")
        if payload["acc"] == TEST:
            raise TokenRefused("token problem; test token is not allowed outside the sandbox")
        return Bearer(seller=payload["sid"], acc=payload["acc"], scopes=payload["s"])

    def _signature(self, body: str) -> str:
        key = f"ambar-sandbox-{self.world.seed}".encode()
        digest = hmac.new(key, body.encode(), hashlib.sha512).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _part(value: dict[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
