"""What can go wrong between us and a marketplace, each with the sentence a person is shown.

No text here ever carries a token, a Client-Id or a query string: the transport builds the errors
from the method's name and the host only.
"""

from datetime import datetime

from app.core.errors import AmbarError, BadInput, NotNow


class RateLimited(NotNow):
    """The seller's budget for ``method`` is spent until ``until`` (UTC). The job yields, nothing is lost."""

    def __init__(self, until: datetime, method: str) -> None:
        super().__init__(f"Площадка просит подождать: лимит запросов исчерпан до {until:%d.%m %H:%M} UTC.")
        self.until = until
        self.method = method


class NotReady(RateLimited):
    """An asynchronous report is still being made: come back at ``until`` with the last page's cursor."""

    def __init__(self, until: datetime, method: str) -> None:
        super().__init__(until, method)
        self.args = ("Площадка ещё готовит отчёт, вернёмся к нему позже.",)


class TokenRefused(AmbarError):
    """401: the token is wrong, expired or withdrawn."""

    def __init__(self, marketplace: str) -> None:
        super().__init__(
            f"{marketplace} не принимает токен: он неверный, отозван или истёк. "
            "Подключите кабинет заново: /connect."
        )
        self.marketplace = marketplace


class ScopeMissing(AmbarError):
    """403: the token is good, but this method is closed to it."""

    def __init__(self, marketplace: str, method: str, reason: str = "") -> None:
        tail = f" Ответ площадки: «{reason}»." if reason else ""
        super().__init__(f"{marketplace} не даёт доступа к методу {method}: токену не хватает прав.{tail}")
        self.marketplace = marketplace
        self.method = method


class MarketplaceDown(NotNow):
    """5xx, a time-out or a broken connection, after our own few retries; or the breaker is open."""

    def __init__(self, marketplace: str, why: str) -> None:
        super().__init__(f"{marketplace} сейчас не отвечает ({why}). Попробуем позже, данные не потеряны.")
        self.marketplace = marketplace


class Refused(AmbarError):
    """Another 4xx: the marketplace understood the request and will not serve it (402, 404, 400)."""

    def __init__(self, marketplace: str, method: str, status: int, reason: str = "") -> None:
        tail = f": «{reason}»" if reason else ""
        super().__init__(f"{marketplace} отклонил запрос {method} (код {status}){tail}.")
        self.marketplace = marketplace
        self.method = method
        self.status = status
        self.reason = reason


class NotOffered(AmbarError):
    """The marketplace does not offer this to this seller now: the scheme is off, a subscription or a role
    of the key is missing. No failure: the sentence says what the seller misses and what would bring it."""

    def __init__(self, method: str, sentence: str) -> None:
        super().__init__(sentence)
        self.method = method


class Garbled(AmbarError):
    """The answer cannot be understood: not JSON, cut short, or of another shape at the top."""

    def __init__(self, method: str, why: str) -> None:
        super().__init__(f"Площадка прислала непонятный ответ на {method} ({why}). Эта порция не записана.")
        self.method = method


class TokenUnfit(BadInput):
    """What was pasted is not a token that we can use; the sentence says why."""
