"""Units of a source that says what it is told to: what is replaced, what is known, what goes on."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.marketplaces.errors import Garbled, MarketplaceDown
from app.marketplaces.rows import SettlementRow, SkuRef
from app.marketplaces.source import Kind, Normalised, Page, RequestKey, Unit
from app.services.ingestion.collect import Account, Collected, Collector
from app.services.ingestion.plan import first_day
from tests.support.worlds import make_cabinet

D = date(2026, 11, 19)
DAY = timedelta(days=1)
Said = dict[date, str]


@dataclass(slots=True)
class Paper:
    """A finance source: each day's money is what is written on it, a day a page, a window a unit."""

    said: Said
    name: str = "wb.finance"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"settlement"})
    asked: list[str] = field(default_factory=list)
    trouble: dict[date, Exception] = field(default_factory=dict)

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit(f"{d_from}..{d_to}", d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        d = date.fromisoformat(cursor) + DAY if cursor else unit.d_from
        while d <= unit.d_to:
            if d in self.trouble:
                raise self.trouble.pop(d)
            self.asked.append(d.isoformat())
            rows = {d.isoformat(): self.said[d]} if d in self.said else {}
            key = RequestKey("GET", "paper", f"/{d}", "")
            yield Page(key, json.dumps(rows).encode(), "" if d == unit.d_to else d.isoformat())
            d += DAY

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        told = [item for page in pages for item in json.loads(page.body).items()]
        return Normalised(settlement=[_line(date.fromisoformat(d), amount) for d, amount in told])


def _line(d: date, amount: str) -> SettlementRow:
    money = Decimal(amount)
    sku = SkuRef(nm_id=501, article="KRS-1")
    return SettlementRow(d, "daily", 1, f"{d}", "sale", sku, "Продажа", PnlLine.SALE, 1, money, "RUB", "")


@dataclass(slots=True)
class Desk:
    """A cabinet and its clock, which ticks with every collection."""

    db: Database
    account: Account
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 11, 20, 3, tzinfo=UTC)))
    jobs: int = 0

    def collect(self, paper: Paper, d_from: date, d_to: date = D, trace: str = "") -> Collected:
        self.clock.advance(timedelta(minutes=1))
        self.jobs += 1
        trace = trace or f"job-{self.jobs}"
        collector = Collector(db=self.db, clock=self.clock, account=self.account, trace_id=trace)
        return collector.collect(paper, d_from, d_to, lambda *_: None)

    def facts(self) -> Said:
        return {row.d: str(row.amount) for row in self.rows("SELECT d, amount FROM settlement_line")}

    def rows(self, sql: str) -> list[Any]:
        with self.db.tenant(self.account.tenant_id) as tx:
            return list(tx.run(sql))


@pytest.fixture
def desk(db: Database) -> Desk:
    cabinet = make_cabinet(db, "WB")
    return Desk(db, Account(cabinet.tenant_id, cabinet.id, "WB", "Кабинет"))


def said(*amounts: str) -> Said:
    """The last days up to ``D``, oldest first."""
    first = D - DAY * (len(amounts) - 1)
    return {first + DAY * number: amount for number, amount in enumerate(amounts)}


def test_the_same_words_again_are_not_even_read(desk: Desk) -> None:
    paper = Paper(said("10.00", "20.00"))
    first = desk.collect(paper, D - DAY)
    again = desk.collect(paper, D - DAY)
    assert (first.count.inserted, again.rows, again.units_known) == (2, 0, 1)
    assert desk.facts() == paper.said


def test_a_day_whose_report_is_not_out_yet_is_not_a_day_of_nothing(desk: Desk) -> None:
    told = said("10.00", "20.00", "30.00")
    early = Paper({d: amount for d, amount in told.items() if d < D})
    desk.collect(early, D - 2 * DAY)
    covered = "SELECT max(d) AS d FROM coverage"
    assert desk.rows(covered)[0].d == D - DAY
    desk.collect(early, D - 2 * DAY)
    assert desk.rows(covered)[0].d == D - DAY
    desk.collect(Paper(told), D - 2 * DAY)
    assert desk.rows(covered)[0].d == D


def test_words_that_return_after_other_words_are_heard(desk: Desk) -> None:
    """A wider window contradicted the narrow one in between: its old digest proves nothing now."""
    first, other = said("10.00", "20.00"), said("5.00", "99.00", "98.00")
    desk.collect(Paper(first), D - DAY)
    desk.collect(Paper(other), D - 2 * DAY)
    assert desk.facts() == other
    desk.collect(Paper(first), D - DAY)
    assert desk.facts() == {**other, **first}


def test_a_row_that_is_gone_is_deleted_and_remembered(desk: Desk) -> None:
    desk.collect(Paper(said("10.00", "20.00", "30.00")), D - 2 * DAY)
    done = desk.collect(Paper({D: "30.00"}), D - DAY)
    assert done.count.deleted == 1
    assert desk.facts() == {D - 2 * DAY: "10.00", D: "30.00"}, "outside the unit's days nothing is touched"
    (change,) = desk.rows("SELECT d, was ->> 'amount' AS was, became FROM figure_change")
    assert tuple(change) == (D - DAY, "20.00", None)


def test_a_unit_is_merged_whole_or_not_at_all(desk: Desk) -> None:
    paper = Paper(said("10.00", "20.00", "30.00"))
    paper.trouble[D] = MarketplaceDown("Wildberries", "код 500")
    done = desk.collect(paper, D - 2 * DAY)
    assert (done.error or "").startswith("Wildberries сейчас не отвечает (код 500)")
    assert done.is_down
    assert desk.facts() == {}
    assert desk.rows("SELECT d FROM coverage") == []
    desk.collect(paper, D - 2 * DAY)
    assert desk.facts() == paper.said
    assert len(paper.asked) == len(set(paper.asked)), "the stored pages are not asked for again"


def test_what_was_garbled_is_asked_for_from_the_start(desk: Desk) -> None:
    paper = Paper(said("10.00", "20.00"))
    paper.trouble[D] = Garbled("wb.finance", "оборван")
    desk.collect(paper, D - DAY)
    paper.said[D - DAY] = "11.00"
    desk.collect(paper, D - DAY)
    assert desk.facts() == paper.said


def test_an_unfinished_run_of_another_night_is_not_gone_on_with(desk: Desk) -> None:
    paper = Paper(said("10.00", "20.00"))
    paper.trouble[D] = MarketplaceDown("Wildberries", "код 500")
    desk.collect(paper, D - DAY)
    desk.clock.advance(timedelta(hours=21))
    paper.said[D - DAY] = "11.00"
    desk.collect(paper, D - DAY)
    assert desk.facts() == paper.said


def test_a_job_that_has_a_unit_does_not_ask_for_it_again_and_the_next_job_does(desk: Desk) -> None:
    paper = Paper(said("10.00"))
    for _ in range(3):
        desk.collect(paper, D, trace="one")
    assert len(paper.asked) == 1
    desk.collect(paper, D, trace="two")
    assert len(paper.asked) == 2


@dataclass(slots=True)
class Listed(Paper):
    """A list and then its details: the checkpoint stands before both, so a death between them asks twice."""

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        self.asked.append("list")
        yield Page(RequestKey("GET", "paper", "/list", ""), b"{}", "list")
        if D in self.trouble:
            raise self.trouble.pop(D)
        rows = json.dumps({d.isoformat(): amount for d, amount in self.said.items()})
        yield Page(RequestKey("GET", "paper", "/details", ""), rows.encode(), "")


def test_a_page_that_a_death_made_us_ask_for_twice_counts_once(desk: Desk) -> None:
    paper = Listed(said("10.00"))
    paper.trouble[D] = MarketplaceDown("paper", "нет связи")
    assert desk.collect(paper, D).error
    assert desk.collect(paper, D).count.inserted == 1
    assert paper.asked == ["list", "list"]
    assert desk.collect(paper, D).units_known == 1, "it said what it had said"


def test_a_reply_is_kept_once_as_it_came(desk: Desk) -> None:
    paper = Paper(said("10.00"))
    desk.collect(paper, D, trace="one")
    desk.collect(paper, D, trace="two")
    (kept,) = desk.rows("SELECT source, request FROM raw_payload")
    assert kept.source == "wb.finance"
    assert kept.request["path"] == f"/{D}"


def test_a_reply_finds_its_month_when_nobody_made_it_ahead(desk: Desk) -> None:
    """The clock makes months ahead; who collects by hand a year later has no clock."""
    desk.clock.advance(timedelta(days=300))
    later = D + timedelta(days=300)
    done = desk.collect(Paper({later: "10.00"}), later, later)
    assert (done.error, desk.facts()) == (None, {later: "10.00"})


@pytest.mark.parametrize(
    ("source", "last", "days", "first"),
    [
        ("ozon.accruals", None, None, D - timedelta(days=89)),  # the first night
        ("ozon.accruals", D - DAY, None, D - timedelta(days=44)),  # an ordinary one
        ("ozon.accruals", D - timedelta(days=60), None, D - timedelta(days=59)),  # two months of silence
        ("ozon.accruals", D, 400, D - timedelta(days=399)),  # a backfill
        ("wb.sales", D - DAY, None, D - timedelta(days=6)),
        ("wb.finance", D - DAY, None, date(2026, 10, 12)),  # 35 days back is Friday the 16th: its Monday
        ("wb.stock", None, 400, D),  # as it is now: of no other day
    ],
)
def test_how_far_back_a_night_looks(source: str, last: date | None, days: int | None, first: date) -> None:
    assert first_day(source, last, D, days) == first


@dataclass(slots=True)
class Ordered(Paper):
    """A report that is ordered first, under another number each time."""

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        self.asked.append("order")
        number = json.dumps({"taskId": len(self.asked)}).encode()
        yield Page(RequestKey("GET", "paper", "/order", ""), number, str(len(self.asked)), is_receipt=True)
        rows = json.dumps({d.isoformat(): amount for d, amount in self.said.items()})
        yield Page(RequestKey("GET", "paper", "/download", ""), rows.encode(), "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return Paper.normalise(self, unit, [page for page in pages if not page.is_receipt])


def test_the_number_of_an_order_is_no_news(desk: Desk) -> None:
    paper = Ordered(said("10.00"))
    assert desk.collect(paper, D).count.inserted == 1
    assert (desk.collect(paper, D).units_known, len(paper.asked)) == (1, 2)
    assert desk.collect(Ordered(said("11.00")), D).count.changed == 1
