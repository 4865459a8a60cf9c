"""A Wildberries token, read without asking anybody.

The signature is not checked (it would prove nothing here): the server is the judge. What is read
decides the limits (token type), what is missing (scopes) and which cabinet it is (sid).
Source: facts/wildberries.md section 3.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum

from app.marketplaces.errors import TokenUnfit

READ_ONLY_BIT = 30


class TokenType(IntEnum):
    """``acc`` of the token."""

    UNKNOWN = 0
    BASE = 1
    TEST = 2
    PERSONAL = 3
    SERVICE = 4


TYPE_NAMES = {
    TokenType.UNKNOWN: "неизвестного типа (считаем базовым: лимиты малые)",
    TokenType.BASE: "базовый: Wildberries даёт ему малые лимиты, ночной сбор идёт дольше",
    TokenType.TEST: "тестовый",
    TokenType.PERSONAL: "персональный",
    TokenType.SERVICE: "сервисный",
}


class Scope(IntEnum):
    """A category of methods; the value is its bit in ``s``."""

    CONTENT = 1
    ANALYTICS = 2
    PRICES = 3
    MARKETPLACE = 4
    STATISTICS = 5
    PROMOTION = 6
    FEEDBACKS = 7
    CHAT = 9
    SUPPLIES = 10
    RETURNS = 11
    DOCUMENTS = 12
    FINANCE = 13
    USERS = 16


SCOPE_NAMES = {
    Scope.CONTENT: "Контент",
    Scope.ANALYTICS: "Аналитика",
    Scope.PRICES: "Цены и скидки",
    Scope.MARKETPLACE: "Маркетплейс",
    Scope.STATISTICS: "Статистика",
    Scope.PROMOTION: "Продвижение",
    Scope.FEEDBACKS: "Вопросы и отзывы",
    Scope.CHAT: "Чат с покупателями",
    Scope.SUPPLIES: "Поставки",
    Scope.RETURNS: "Возвраты покупателями",
    Scope.DOCUMENTS: "Документы",
    Scope.FINANCE: "Финансы",
    Scope.USERS: "Пользователи",
}

REQUIRED = frozenset({Scope.CONTENT, Scope.ANALYTICS, Scope.STATISTICS, Scope.FINANCE})
"""What the nightly collection cannot do without."""


@dataclass(frozen=True, slots=True)
class WbToken:
    """What a token says of itself. ``sid`` is the seller's UUID: the same sid = the same cabinet."""

    raw: str = field(repr=False)
    type: TokenType
    scopes: frozenset[Scope]
    read_only: bool
    expires_at: datetime
    sid: str

    def missing(self, required: Iterable[Scope] = REQUIRED) -> list[str]:
        """Names of required scopes that the token lacks, in the order of the cabinet's form."""
        return [SCOPE_NAMES[scope] for scope in sorted(required) if scope not in self.scopes]

    def expired(self, now: datetime) -> bool:
        return now >= self.expires_at

    @property
    def slow(self) -> bool:
        """Does Wildberries give it the small limits of base tokens?"""
        return self.type in (TokenType.BASE, TokenType.UNKNOWN)

    def describe(self) -> str:
        """Type, scopes, mode and expiry for the chat, a line each. Never shows the token."""
        scopes = ", ".join(SCOPE_NAMES[scope] for scope in sorted(self.scopes)) or "нет"
        mode = (
            "только чтение"
            if self.read_only
            else "чтение и запись — если не отвечаете на отзывы отсюда, лучше «Только на чтение»"
        )
        return "\n".join(
            (
                f"Токен {TYPE_NAMES[self.type]}",
                f"Доступ: {scopes}",
                f"Режим: {mode}",
                f"Действует до {self.expires_at:%d.%m.%Y}",
            )
        )


def read_token(pasted: str, now: datetime) -> WbToken:
    """The token in what was pasted. Raises TokenUnfit with the reason for the person."""
    raw = "".join(pasted.split())
    if raw[:6].lower() == "bearer":
        raw = raw[6:]
    claims = _claims(raw)
    acc, bits, exp = (_whole(claims.get(name)) for name in ("acc", "s", "exp"))
    if acc == TokenType.TEST or claims.get("t") is True:
        raise TokenUnfit("Это тестовый токен: с ним видна только песочница Wildberries. Нужен рабочий токен.")
    if bits is None or exp is None or not 0 < exp < 2**33:
        raise TokenUnfit("В токене нет прав или срока действия — это не токен Wildberries API.")
    expires_at = datetime.fromtimestamp(exp, UTC)
    if now >= expires_at:
        raise TokenUnfit(f"Срок токена истёк {expires_at:%d.%m.%Y}. Выпустите новый в кабинете Wildberries.")
    return WbToken(
        raw=raw,
        type=TokenType(acc) if acc is not None and acc in set(TokenType) else TokenType.UNKNOWN,
        scopes=frozenset(scope for scope in Scope if bits & (1 << scope)),
        read_only=bool(bits & (1 << READ_ONLY_BIT)),
        expires_at=expires_at,
        sid=str(claims.get("sid") or ""),
    )


def _whole(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _claims(raw: str) -> dict[str, object]:
    parts = raw.split(".")
    unfit = TokenUnfit(
        "Это не похоже на токен Wildberries: он состоит из трёх частей через точку. "
        "Скопируйте его целиком из раздела «Доступ к API»."
    )
    if len(parts) != 3 or not all(parts):
        raise unfit
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = json.loads(text)
    except (ValueError, binascii.Error, RecursionError):
        raise unfit from None
    if not isinstance(claims, dict):
        raise unfit
    return claims
