"""Tokens that run out soon: who is to be warned of which, in words."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from app.repositories.accounts import StoredAccount

WARN_DAYS = (1, 7, 14)
"""Days ahead. A cabinet that was away at fourteen is warned at thirteen, once."""

_MOSCOW = ZoneInfo("Europe/Moscow")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryWarning:
    """``name`` is the same however often the warning is made: it is told once."""

    name: str
    words: str


def expiry_warning(account: StoredAccount, today: date) -> ExpiryWarning | None:
    """The warning due today, None where there is time, or where it is over already."""
    if account.expires_at is None or account.state == "off":
        return None
    ends = account.expires_at.astimezone(_MOSCOW).date()
    left = (ends - today).days
    due = next((days for days in WARN_DAYS if left <= days), None)
    if due is None or left < 0:
        return None
    what = "Токен" if account.marketplace == "WB" else "Ключ"
    when = "сегодня" if left == 0 else "завтра" if left == 1 else f"{ends:%d.%m.%Y}, дней осталось: {left}"
    return ExpiryWarning(
        name=f"{account.id}:{ends}:{due}",
        words=f"{what} кабинета «{account.name}» истекает {when}. Выпустите новый на площадке "
        "и пришлите его: /connect. История и настройки останутся.",
    )
