"""An answer that would erase much is not believed at once; said again on another night, it is."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.core.trace import new_trace
from app.db.session import Database
from app.marketplaces.rows import AdChargeRow, SkuRef, StockRow
from app.marketplaces.source import Kind, Normalised, Page, RequestKey, Unit, window
from app.services.ingestion.collect import Account, Collected, Collector
from app.services.ingestion.erasure import Told, is_much
from tests.support.worlds import make_cabinet

D, DAY = date(2026, 11, 19), timedelta(days=1)
NIGHT = datetime(2026, 11, 20, 5, tzinfo=UTC)
ASKED = RequestKey("GET", "advert-api", "/adv/v1/upd", "{}")


@dataclass(slots=True)
class Charges:
    """A source that replaces thirty days; ``told`` is what it says: pieces of charges by day."""

    told: dict[date, int] = field(default_factory=dict)
    name: str = "wb.ad_money"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"ad_charges"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        days = {day.isoformat(): n for day, n in self.told.items() if unit.d_from <= day <= unit.d_to}
        yield Page(ASKED, json.dumps(days).encode(), "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return Normalised(
            ad_charges=[
                AdChargeRow(date.fromisoformat(day), f"{day}:{n}", 1, Decimal(1), "RUB", "balance", "", None)
                for day, pieces in json.loads(pages[-1].body).items()
                for n in range(pieces)
            ]
        )


@dataclass(slots=True)
class Shelf:
    """A snapshot of so many SKUs."""

    skus: int
    name: str = "wb.stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        # The reply to the order of a report is another every time.
        yield Page(ASKED, json.dumps([new_trace(), self.skus]).encode(), "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        skus = json.loads(pages[-1].body)[1]
        return Normalised(
            stock=[
                StockRow(unit.d_to, SkuRef(nm_id=n, article=f"A{n}"), "", "", 5, 0)
                for n in range(1, skus + 1)
            ]
        )


@pytest.fixture
def collector(db: Database) -> Collector:
    cabinet = make_cabinet(db)
    account = Account(cabinet.tenant_id, cabinet.id, "WB", "Кабинет")
    return Collector(db=db, clock=FixedClock(NIGHT), account=account, trace_id="first")


def night(
    collector: Collector, source: Any, n: int = 0, *, days: int = 30, hours: int = 0, **more: Any
) -> Collected:
    """The night ``n`` days later, a job of its own."""
    then = replace(
        collector, clock=FixedClock(NIGHT + n * DAY + timedelta(hours=hours)), trace_id=new_trace(), **more
    )
    last = D + n * DAY
    return then.collect(source, last - (days - 1) * DAY, last, lambda *_: None)


def count(collector: Collector, table: str) -> int:
    with collector.db.tenant(collector.account.tenant_id) as tx:
        return int(tx.run(f"SELECT count(*) FROM {table} WHERE tenant_id = :tenant_id").scalar_one())


def full(n: int = 0) -> dict[date, int]:
    return {D + (n - ago) * DAY: 2 for ago in range(30)}


def test_an_empty_answer_erases_nothing_until_it_is_repeated_on_another_night(collector: Collector) -> None:
    assert night(collector, Charges(full())).error is None
    refused = night(collector, Charges(), 1)
    assert refused.error is not None
    assert "было строк 58, стало бы 0" in refused.error
    assert "--believe wb.ad_money" in refused.error
    again = night(collector, Charges(), 1, hours=3)
    assert again.error is not None, "the same night is no second opinion"
    assert count(collector, "ad_charge") == 60
    assert night(collector, Charges(), 2).error is None
    assert count(collector, "ad_charge") == 4, "days that have left the window stay"


def test_a_good_answer_makes_the_refused_one_forgotten(collector: Collector) -> None:
    night(collector, Charges(full()))
    assert night(collector, Charges(), 1).error
    assert night(collector, Charges(full(1)), 1, hours=4).error is None
    assert night(collector, Charges(), 2).error
    assert count(collector, "ad_charge") == 62


def test_another_poor_answer_does_not_confirm_the_first(collector: Collector) -> None:
    night(collector, Charges(full()))
    few = dict(list(full(1).items())[10:20])
    assert night(collector, Charges(few), 1).error
    fewer = dict(list(full(2).items())[12:15])
    assert night(collector, Charges(fewer), 2).error
    assert night(collector, Charges(fewer), 3).error is None


def test_an_administrator_may_believe_at_once(collector: Collector) -> None:
    night(collector, Charges(full()))
    assert night(collector, Charges(), 0, hours=1, believed=frozenset({"wb.ad_money"})).error is None
    assert count(collector, "ad_charge") == 0


def test_losing_a_few_rows_or_half_is_an_ordinary_night(collector: Collector) -> None:
    night(collector, Charges(full()))
    half = dict(list(full().items())[:15])
    assert night(collector, Charges(half), hours=1).error is None
    assert count(collector, "ad_charge") == 30
    assert night(collector, Charges(dict(list(half.items())[:5])), hours=2).error is None, "twenty rows"
    assert not is_much(20, 0)
    assert is_much(21, 0)
    assert not is_much(100, 50)


def test_an_empty_shelf_is_not_believed_though_its_day_is_new(collector: Collector) -> None:
    assert night(collector, Shelf(40)).error is None
    assert night(collector, Shelf(3), 1).error
    assert count(collector, "daily_stock") == 40
    assert night(collector, Shelf(3), 2).error is None
    assert count(collector, "daily_stock") == 43
    assert night(collector, Shelf(3), 3).error is None
    assert night(collector, Shelf(2), 3, hours=1).error is None


def test_the_other_units_are_read_all_the_same(collector: Collector) -> None:
    class Weeks(Charges):
        def units(self, d_from: date, d_to: date) -> list[Unit]:
            half = d_from + timedelta(days=14)
            return [window(d_from, half), window(half + DAY, d_to)]

    night(collector, Weeks(full()))
    later = {day: 3 for day in full() if day > D - 15 * DAY}
    told = night(collector, Weeks(later), hours=1)
    assert told.error
    assert told.count.inserted == 15
    assert count(collector, "ad_charge") == 75


def test_what_was_said_of_the_days_in_common_is_compared() -> None:
    first = Told(d_from=D, d_to=D + 9 * DAY, rows=12, by_day={D: 2, D + DAY: 10})
    second = Told(d_from=D + DAY, d_to=D + 10 * DAY, rows=13, by_day={D + DAY: 10, D + 10 * DAY: 3})
    assert first.says_the_same(second)
    assert not first.says_the_same(replace(second, by_day={D + DAY: 5, D + 10 * DAY: 8}))
