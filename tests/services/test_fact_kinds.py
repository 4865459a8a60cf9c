"""Every kind of fact: written once, told again without a change, corrected, and taken back."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_type_hints

import pytest
from sqlalchemy import event

from app.db.merge import MergeCount
from app.db.session import Database
from app.marketplaces.rows import SkuRef, StockRow
from app.marketplaces.source import Kind, Normalised, Unit
from app.repositories.fact_kinds import FACT_KINDS
from app.services.ingestion.facts import FactWriter
from tests.support.worlds import Cabinet, make_cabinet

D = date(2026, 11, 19)
NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)
UNIT = Unit("now", D, D)
KINDS: Sequence[Kind] = tuple(FACT_KINDS)

# What a field holds in a first row and in a second one; a CHECK's own words by name.
WORDS: dict[str, tuple[Any, Any]] = {
    "status": ("ordered", "bought"),
    "rule_json": ("{}", "{}"),
    "terms": ('{"base": "1.00"}', '{"base": "2.00"}'),
}


def row_of(kind: Kind, number: int = 1, *, changed: bool = False) -> Any:
    """A row of a kind; ``number`` makes another key, ``changed`` other values under the same key."""
    known = FACT_KINDS[kind]
    told: dict[str, Any] = {}
    for name, hint in get_type_hints(known.row).items():
        in_key = name in known.target.key or name in ("sku", "warehouse")
        told[name] = _value(kind, name, str(hint), number if in_key else (2 if changed else 1))
    return known.row(**told)


def _value(kind: Kind, name: str, hint: str, number: int) -> Any:
    if name == "kind" and FACT_KINDS[kind].target.name == "charge":
        return kind
    if name == "kind" and kind == "tariffs":
        return "box"
    if name in WORDS:
        return WORDS[name][number - 1]
    if "SkuRef" in hint:
        return SkuRef(nm_id=500 + number, article=f"A-{number}")
    if "datetime.datetime" in hint:
        return NOW + timedelta(hours=number)
    if "date" in hint:
        return D
    if "Decimal" in hint:
        return Decimal(number)
    if "bool" in hint:
        return number > 1
    return number if "int" in hint else f"x{number}"


def write(
    db: Database, cabinet: Cabinet, kind: Kind, *rows: Any, replaces: bool = True, unit: Unit = UNIT
) -> MergeCount:
    told = Normalised(**{kind: list(rows)})
    with db.tenant(cabinet.tenant_id) as tx:
        writer = FactWriter(tx=tx, account_id=cabinet.id, marketplace="WB", now=NOW, trace_id="t")
        written = writer.write(unit, told, frozenset({kind}), replaces=replaces)
        assert written.rows == len(rows)
        return written.count


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_is_written_once_corrected_and_taken_back(db: Database, kind: Kind) -> None:
    cabinet, other = make_cabinet(db), make_cabinet(db)
    if kind == "supply_lines":
        write(db, other, "supplies", row_of("supplies"), row_of("supplies", 2))
        write(db, cabinet, "supplies", row_of("supplies"), row_of("supplies", 2))
    both = row_of(kind), row_of(kind, 2)
    assert write(db, other, kind, *both) == MergeCount(inserted=2)
    assert write(db, cabinet, kind, *both) == MergeCount(inserted=2)
    assert write(db, cabinet, kind, *both) == MergeCount(unchanged=2)
    corrected = row_of(kind, changed=True), row_of(kind, 2)
    assert write(db, cabinet, kind, *corrected) == MergeCount(changed=1, unchanged=1)
    kept = kind == "supply_lines"  # what was not asked about is not gone
    gone = write(db, cabinet, kind, row_of(kind, 2))
    assert gone == MergeCount(deleted=0 if kept else 1, unchanged=1)
    assert write(db, other, kind, *both) == MergeCount(unchanged=2)


@pytest.mark.parametrize("kind", [*KINDS, "sales", "stock", "settlement"])
def test_a_quiet_day_costs_a_question_at_most(db: Database, kind: Kind) -> None:
    """Most days of most sources of a small cabinet are such, and a year of them is asked for at first."""
    cabinet = make_cabinet(db)
    asked: list[str] = []

    def note(_link: Any, _cursor: Any, sql: str, *_: Any) -> None:
        asked.append(sql)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        costs = {}
        for replaces in (True, False):
            asked.clear()
            assert write(db, cabinet, kind, replaces=replaces) == MergeCount()
            costs[replaces] = [each for each in asked if "RESET ROLE" not in each]
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert [each[:20] for each in costs[True]] == ["SELECT EXISTS (SELEC"]
    assert costs[False] == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if FACT_KINDS[kind].sums])
def test_parts_of_one_key_are_added_up(db: Database, kind: Kind) -> None:
    cabinet, known = make_cabinet(db), FACT_KINDS[kind]
    assert write(db, cabinet, kind, row_of(kind), row_of(kind)) == MergeCount(inserted=1)
    column = known.sums[0]
    with db.tenant(cabinet.tenant_id) as tx:
        found = tx.run(f"SELECT {column} FROM {known.target.name} WHERE tenant_id = :tenant_id").scalar_one()
    assert found == 2


def test_reports_that_share_a_table_leave_each_other_alone(db: Database) -> None:
    cabinet = make_cabinet(db)
    write(db, cabinet, "deductions", row_of("deductions"))
    write(db, cabinet, "acceptance", row_of("acceptance"))
    assert write(db, cabinet, "acceptance") == MergeCount(deleted=1)
    assert write(db, cabinet, "deductions", row_of("deductions")) == MergeCount(unchanged=1)


def stock(warehouse: str, on_hand: int, d: date = D) -> StockRow:
    return StockRow(d, SkuRef(nm_id=501, article="A-1"), warehouse, warehouse, on_hand, 0)


def test_the_sellers_own_stock_and_the_marketplaces_are_two_truths(db: Database) -> None:
    cabinet = make_cabinet(db)
    assert write(db, cabinet, "stock", stock("Коледино", 5)) == MergeCount(inserted=1)
    assert write(db, cabinet, "own_stock", stock("own:7", 3)) == MergeCount(inserted=1)
    assert write(db, cabinet, "stock", stock("Коледино", 4)) == MergeCount(changed=1)
    assert write(db, cabinet, "own_stock") == MergeCount(deleted=1)
    assert write(db, cabinet, "stock", stock("Коледино", 4)) == MergeCount(unchanged=1)


def test_what_is_told_afterwards_fills_only_days_nobody_saw(db: Database) -> None:
    cabinet, before = make_cabinet(db), D - timedelta(days=1)
    write(db, cabinet, "stock", stock("Коледино", 5))
    with db.tenant(cabinet.tenant_id) as tx:
        tx.run(
            "INSERT INTO coverage (tenant_id, account_id, source, d, rows, completed_at) "
            "VALUES (:tenant_id, :account_id, 'wb.stock', :d, 1, :now)",
            account_id=cabinet.id,
            d=D,
            now=NOW,
        )
    told = stock("Склад WB", 9, before), stock("Склад WB", 9)
    days = Unit("window", before, D)
    assert write(db, cabinet, "past_stock", *told, unit=days) == MergeCount(inserted=1)
    assert write(db, cabinet, "past_stock", *told, unit=days) == MergeCount(unchanged=1)
    with db.tenant(cabinet.tenant_id) as tx:
        found = tx.run("SELECT d, on_hand FROM daily_stock WHERE tenant_id = :tenant_id ORDER BY d").all()
    assert [tuple(row) for row in found] == [(before, 9), (D, 5)]


def test_lines_of_a_delivery_that_was_called_off_go_with_it(db: Database) -> None:
    cabinet = make_cabinet(db)
    write(db, cabinet, "supplies", row_of("supplies"))
    write(db, cabinet, "supply_lines", row_of("supply_lines"))
    assert write(db, cabinet, "supply_lines") == MergeCount()
    assert write(db, cabinet, "supplies") == MergeCount(deleted=1)
    assert write(db, cabinet, "supply_lines") == MergeCount(deleted=1)


def test_a_delivery_accepted_before_the_days_asked_about_is_not_gone(db: Database) -> None:
    cabinet = make_cabinet(db)
    long_ago, unfinished = row_of("supplies"), row_of("supplies", 2)
    old = D - timedelta(days=200)
    rows = long_ago._replace(status="accepted", created_on=old), unfinished._replace(created_on=old)
    write(db, cabinet, "supplies", *rows)
    assert write(db, cabinet, "supplies") == MergeCount(deleted=1)


def test_a_tariff_holds_until_another_one_is_seen(db: Database) -> None:
    cabinet, later = make_cabinet(db), D + timedelta(days=1)
    both = row_of("tariffs"), row_of("tariffs", 2)
    write(db, cabinet, "tariffs", *both)
    next_day = Unit("now", later, later)
    same = [row._replace(d=later) for row in both]
    assert write(db, cabinet, "tariffs", *same, unit=next_day) == MergeCount()
    dearer = row_of("tariffs", changed=True)._replace(d=later)
    assert write(db, cabinet, "tariffs", dearer, same[1], unit=next_day) == MergeCount(inserted=1)
    assert write(db, cabinet, "tariffs", *same, unit=next_day) == MergeCount(deleted=1)


def test_a_return_whose_day_is_told_late_is_the_same_return(db: Database) -> None:
    cabinet, row = make_cabinet(db), row_of("returns")
    write(db, cabinet, "returns", row)
    assert write(db, cabinet, "returns", row._replace(d=D - timedelta(days=3))) == MergeCount(changed=1)


def test_a_card_without_its_size_is_the_same_sku_every_night(db: Database) -> None:
    cabinet, row = make_cabinet(db), row_of("deductions")
    sizes = [row._replace(row_id=f"s{n}", sku=SkuRef(nm_id=9, chrt_id=n)) for n in (1, 2)]
    told = [*sizes, row._replace(row_id="card", sku=SkuRef(nm_id=9))]
    assert write(db, cabinet, "deductions", *told) == MergeCount(inserted=3)
    assert write(db, cabinet, "deductions", *told) == MergeCount(unchanged=3)
