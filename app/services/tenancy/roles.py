"""Who may do what: one table, read by the bot and by every other edge."""

from collections.abc import Mapping
from enum import StrEnum

from app.core.errors import NotAllowed


class Deed(StrEnum):
    """What can be asked for; the value is the command in the chat."""

    START = "start"
    HELP = "help"
    TODAY = "today"
    PNL = "pnl"
    STOCK = "stock"
    SUPPLY = "supply"
    COST = "cost"
    STATUS = "status"
    CONNECT = "connect"
    RECALC = "recalc"


ANYBODY = frozenset({Deed.START, Deed.HELP})
"""Open to strangers too."""

ROLE_NAMES = {"owner": "владелец", "manager": "менеджер", "analyst": "аналитик", "storekeeper": "кладовщик"}

ALLOWED: Mapping[str, frozenset[Deed]] = {
    "owner": frozenset(Deed),
    "manager": ANYBODY | {Deed.TODAY, Deed.PNL, Deed.STOCK, Deed.SUPPLY, Deed.COST, Deed.STATUS},
    "analyst": ANYBODY | {Deed.TODAY, Deed.PNL, Deed.STOCK, Deed.SUPPLY, Deed.STATUS},
    "storekeeper": ANYBODY | {Deed.STOCK, Deed.SUPPLY},
}
ADMIN_ADDS = frozenset({Deed.RECALC, Deed.STATUS})
"""What an administrator of the installation may do in an organisation besides their role."""


def allowed(role: str | None, *, is_admin: bool = False) -> frozenset[Deed]:
    """The deeds of a role in an organisation; without one only what anybody may."""
    if role is None:
        return ANYBODY
    return ALLOWED.get(role, ANYBODY) | (ADMIN_ADDS if is_admin else frozenset())


def demand(deed: Deed, role: str | None, *, is_admin: bool = False) -> None:
    """Raises NotAllowed with the sentence to show."""
    may = allowed(role, is_admin=is_admin)
    if deed in may:
        return
    if role is None:
        raise NotAllowed("Сначала нужна организация. Начните с /start")
    commands = " ".join(f"/{each}" for each in Deed if each in may)
    raise NotAllowed(
        f"Для роли «{ROLE_NAMES.get(role, role)}» команда /{deed} закрыта. Вам доступны: {commands}"
    )
