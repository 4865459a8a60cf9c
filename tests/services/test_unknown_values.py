"""A word of a marketplace without a meaning: its money is kept, it is listed, and told once."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.core.clock import FixedClock
from app.core.trace import new_trace
from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.marketplaces.rows import SettlementRow
from app.marketplaces.source import Kind, Normalised, Page, RequestKey, Unit, Unplaced, window
from app.queue.outbox import PostgresOutbox
from app.services.ingestion.collect import Account, Collector
from app.services.night import NightReport
from app.services.tell import Teller
from app.services.tenancy.people import enrol
from app.services.unknown import list_unknown
from tests.support.worlds import make_cabinet, make_tenant

D = date(2026, 11, 19)
NIGHT = datetime(2026, 11, 20, 5, tzinfo=UTC)
ADMIN, OTHER_ADMIN = 900, 901


@dataclass(slots=True)
class Finance:
    """Rows as told: (operation, amount), known ones are sales; and statuses that nobody knows."""

    told: Sequence[tuple[str, str]]
    statuses: Sequence[str] = ()
    known: frozenset[str] = frozenset({"Продажа"})
    name: str = "wb.finance"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"settlement"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        body = json.dumps([new_trace(), list(self.told)], ensure_ascii=False)
        yield Page(RequestKey("POST", "finance-api", "/x", "{}"), body.encode(), "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return Normalised(
            settlement=[
                SettlementRow(
                    d=D,
                    period="weekly",
                    report_id=1,
                    row_id=str(n),
                    part="x",
                    sku=None,
                    operation=operation,
                    line=PnlLine.SALE if operation in self.known else PnlLine.UNMAPPED,
                    units=0,
                    amount=Decimal(amount),
                    currency="RUB",
                    ref="",
                )
                for n, (operation, amount) in enumerate(self.told)
            ],
            unplaced=[
                Unplaced(f"r{n}", f"неизвестный статус «{status}»", "{}", Decimal("7.50"), "RUB", D)
                for n, status in enumerate(self.statuses)
            ],
        )


@pytest.fixture
def collector(db: Database) -> Collector:
    with db.platform() as tx:
        for table in ("outbox_event", "membership", "app_user"):
            tx.run(f"DELETE FROM {table}")
    cabinet = make_cabinet(db, "WB", make_tenant(db, "ИП Лён"))
    account = Account(cabinet.tenant_id, cabinet.id, "WB", "Кабинет")
    return Collector(db=db, clock=FixedClock(NIGHT), account=account, trace_id="t")


def night(collector: Collector, source: Finance, n: int = 0) -> None:
    then = replace(collector, clock=FixedClock(NIGHT + timedelta(days=n)), trace_id=new_trace())
    assert then.collect(source, D, D, lambda *_: None).error is None


def words(collector: Collector) -> dict[tuple[str, str], tuple[int, str]]:
    found = [each for each in list_unknown(collector.db) if each.tenant_id == collector.account.tenant_id]
    return {(w.kind, w.value): (w.rows, f"{w.amount} {w.currency}") for each in found for w in each.words}


NEW = [("Продажа", "100.00"), ("Сдвиг: акция 5", "10.00"), ("Сдвиг: акция 6", "-2.50"), ("Продажа", "1.00")]


def test_an_unknown_word_stands_with_its_rows_and_money(collector: Collector) -> None:
    night(collector, Finance(NEW, statuses=["лежит", "лежит"]))
    expected = {("operation", "Сдвиг"): (2, "7.50 RUB"), ("status", "лежит"): (2, "15.00 RUB")}
    assert words(collector) == expected
    night(collector, Finance(NEW, statuses=["лежит", "лежит"]), 1)
    assert words(collector) == expected, "read again is not counted again"
    (found,) = [each for each in list_unknown(collector.db) if each.tenant_id == collector.account.tenant_id]
    assert {(w.first_seen, w.last_seen) for w in found.words} == {(NIGHT, NIGHT + timedelta(days=1))}


def test_a_word_that_got_a_meaning_leaves_the_list(collector: Collector) -> None:
    night(collector, Finance(NEW))
    night(collector, Finance(NEW, known=frozenset({"Продажа", "Сдвиг: акция 5", "Сдвиг: акция 6"})), 1)
    assert words(collector) == {}
    night(collector, Finance(NEW), 2)
    assert words(collector) == {("operation", "Сдвиг"): (2, "7.50 RUB")}


def test_it_is_told_to_the_administrators_once_whoever_met_it(db: Database, collector: Collector) -> None:
    house = make_tenant(db, "Хозяева")
    with db.platform() as tx:
        enrol(tx, ADMIN, "Админ", house, "owner", is_admin=True)
        enrol(tx, 501, "Хозяйка", collector.account.tenant_id, "owner")
    teller = Teller(db=db, outbox=PostgresOutbox(clock=FixedClock(NIGHT)))
    neighbour = make_cabinet(db, "WB", make_tenant(db, "ИП Сосед"))
    other = replace(collector, account=Account(neighbour.tenant_id, neighbour.id, "WB", "К"))
    for each in (collector, other):
        night(each, Finance(NEW))
        for n in range(2):
            teller.night(NightReport(tenant_id=each.account.tenant_id, d=D + timedelta(days=n)))
    with db.platform() as tx:
        said = [(row["chat"], row["words"]) for row in tx.run("SELECT payload FROM outbox_event").scalars()]
    assert said == [
        (
            ADMIN,
            "Новое слово площадки: операция «Сдвиг» (финансовый отчёт WB), строк 2, 7.50 RUB. "
            "Эти деньги — в «не разнесено». Список: ./ambar unknown",
        )
    ]
