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
    MONEY = "money"
    STOCK = "stock"
    SUPPLY = "supply"
    ANALYTICS = "analytics"
    FIND = "find"
    ITEMS = "items"
    FILE = "file"
    ORDERS = "orders"
    RECEIVE = "receive"
    PUTAWAY = "putaway"
    MOVE = "move"
    SHIP = "ship"
    RESERVE = "reserve"
    RELEASE = "release"
    COUNT = "count"
    WRITEOFF = "writeoff"
    HOLDS = "holds"
    HISTORY = "history"
    UNDO = "undo"
    COST = "cost"
    REVIEWS = "reviews"
    STATUS = "status"
    CONNECT = "connect"
    RECALC = "recalc"
    JOBS = "jobs"
    AUDIT = "audit"
    PEOPLE = "people"
    ORG = "org"
    API = "api"
    ADMIN = "admin"


ANYBODY = frozenset({Deed.START, Deed.HELP})
"""Open to strangers too."""

ROLE_NAMES = {"owner": "владелец", "manager": "менеджер", "analyst": "аналитик", "storekeeper": "кладовщик"}

MEMBER = ANYBODY | {Deed.ORG}
"""Open to whoever is in an organisation."""

SHELF_READS = frozenset({Deed.HOLDS, Deed.HISTORY})
"""Looking at the shelf's books."""

SHELF = SHELF_READS | {
    Deed.RECEIVE, Deed.PUTAWAY, Deed.MOVE, Deed.SHIP, Deed.RESERVE, Deed.RELEASE, Deed.COUNT, Deed.WRITEOFF,
    Deed.UNDO, Deed.ORDERS,
}  # fmt: skip
"""Moving goods on the shelf."""

GOODS = frozenset({Deed.FIND, Deed.ITEMS, Deed.FILE})
"""Knowing what is on it; whoever only looks may find, and decides on nothing."""

ALLOWED: Mapping[str, frozenset[Deed]] = {
    "owner": frozenset(Deed) - {Deed.ADMIN},
    "manager": MEMBER
    | {Deed.ANALYTICS}
    | SHELF
    | GOODS
    | {Deed.TODAY, Deed.PNL, Deed.MONEY, Deed.STOCK, Deed.SUPPLY, Deed.COST, Deed.REVIEWS, Deed.STATUS},
    "analyst": MEMBER
    | {Deed.ANALYTICS}
    | SHELF_READS
    | {Deed.FIND}
    | {Deed.TODAY, Deed.PNL, Deed.MONEY, Deed.STOCK, Deed.SUPPLY, Deed.STATUS},
    "storekeeper": MEMBER | SHELF | GOODS | {Deed.STOCK, Deed.SUPPLY},
}
ADMIN_ADDS = frozenset({Deed.RECALC, Deed.STATUS})
"""What an administrator of the installation may do in an organisation besides their role."""

ADMIN_ANYWHERE = frozenset({Deed.ADMIN, Deed.JOBS})
"""What an administrator may do whether they belong to an organisation or not: deeds about the house,
which show no figure of anybody's."""


def allowed(role: str | None, *, is_admin: bool = False) -> frozenset[Deed]:
    """The deeds of a role in an organisation; without one only what anybody may."""
    house = ADMIN_ANYWHERE if is_admin else frozenset()
    if role is None:
        return ANYBODY | house
    return ALLOWED.get(role, ANYBODY) | house | (ADMIN_ADDS if is_admin else frozenset())


def demand(deed: Deed, role: str | None, *, is_admin: bool = False) -> None:
    """Raises NotAllowed with the sentence to show."""
    may = allowed(role, is_admin=is_admin)
    if deed in may:
        return
    if deed is Deed.ADMIN:
        raise NotAllowed(f"Команда /{deed} — для администраторов этого Ambar. Вам доступны: {_names(may)}")
    if role is None:
        raise NotAllowed("Сначала нужна организация. Начните с /start")
    raise NotAllowed(
        f"Для роли «{ROLE_NAMES.get(role, role)}» команда /{deed} закрыта. Вам доступны: {_names(may)}"
    )


def _names(deeds: frozenset[Deed]) -> str:
    return " ".join(f"/{each}" for each in Deed if each in deeds)
