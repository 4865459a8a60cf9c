"""What a seller can ask about figures, and whether two answers are the same to the last type."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any

from app.core.clock import Clock
from app.core.config import Settings
from app.db.session import Database
from app.services.analytics.money import MoneyQuery, ShowMoney
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.stock import ShowStock, StockQuery
from app.services.analytics.supply import ShowSupply, SupplyQuery
from app.services.analytics.today import ShowToday, TodayQuery
from app.services.report_cache import Cached, ReportCache

QUESTIONS: tuple[tuple[type, Any], ...] = (
    (ShowToday, TodayQuery()),
    (ShowPnl, PnlQuery(days=1)),
    (ShowPnl, PnlQuery(days=30)),
    (ShowMoney, MoneyQuery()),
    (ShowStock, StockQuery()),
    (ShowStock, StockQuery(page=1)),
    (ShowSupply, SupplyQuery()),
    (ShowSupply, SupplyQuery(window_days=28)),
)


@dataclass(slots=True)
class Drawer:
    """A cache that forgets nothing, and counts."""

    kept: dict[tuple[int, str], bytes] = field(default_factory=dict)
    hits: int = 0

    def get(self, tenant_id: int, name: str, /) -> bytes | None:
        found = self.kept.get((tenant_id, name))
        self.hits += found is not None
        return found

    def put(self, tenant_id: int, name: str, value: bytes, /) -> None:
        self.kept[tenant_id, name] = value


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks everything of one tenant; with a cache or without."""

    db: Database
    clock: Clock
    settings: Settings
    articles: tuple[str, ...] = ()

    def ask(self, tenant_id: int, cache: ReportCache | None = None) -> list[Any]:
        """The answers, each in a transaction of its own as in the chat."""
        asked = [*QUESTIONS, *((ShowStock, StockQuery(article=article)) for article in self.articles)]
        plain = {kind: kind(self.clock, self.settings) for kind, _ in asked}
        doors = {kind: Cached(each, cache) for kind, each in plain.items()} if cache is not None else plain
        answers = []
        for kind, query in asked:
            with self.db.tenant(tenant_id) as tx:
                answers.append(doors[kind](tx, query))
        return answers


def differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Where two answers are not the same thing: other values, or equal ones of another type or scale."""
    if is_dataclass(one) and type(one) is type(other):
        for each in fields(one):
            yield from differences(getattr(one, each.name), getattr(other, each.name), f"{where}.{each.name}")
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{where}[{number}]")
    elif isinstance(one, datetime) and isinstance(other, datetime):
        if one != other or (one.tzinfo is None) != (other.tzinfo is None):
            yield f"{where}: {one} / {other}"
    elif type(one) is not type(other) or str(one) != str(other):
        yield f"{where}: {one!r} / {other!r}"
