"""Create, get, list, update of each aggregate, behind the wall as the product has it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.core.clock import FixedClock
from app.core.trace import HOUSE, Actor
from app.db.session import Database
from app.repositories import accounts, audit, catalogue, costs, documents, reports, tenants
from app.repositories.reports import ReportFile
from tests.repositories.conftest import OLGA, Org
from tests.support.refusals import DENIED, refused

FILE = ReportFile(name="прибыль.xlsx", media_type="application/x", content=b"PK\x00\xff")
OTHER_FILE = ReportFile(name="", media_type="", content=b"")


def test_a_report_is_asked_for_made_and_read(mine: Org, theirs: Org, clock: FixedClock) -> None:
    with mine.tx("asked") as tx:
        number = reports.ask_report(tx, "pnl", {"days": 400}, clock.now())
        asked = reports.find_report(tx, number)
        assert reports.read_report(tx, number) is None
    assert asked is not None
    assert (asked.state, asked.params, asked.asked_by, asked.trace_id) == ("asked", {"days": 400}, 7, "asked")
    clock.advance(timedelta(minutes=3))
    with mine.tx() as tx:
        assert reports.finish_report(tx, number, FILE, clock.now(), clock.now() + timedelta(days=1))
        assert reports.read_report(tx, number) == FILE
        ready = reports.find_report(tx, number)
    assert ready is not None
    assert (ready.state, ready.name, ready.finished_at) == ("ready", FILE.name, clock.now())
    with theirs.tx() as tx:
        assert reports.find_report(tx, number) is None
        assert reports.read_report(tx, number) is None
        assert reports.list_reports(tx, 10) == []
        assert not reports.finish_report(tx, number, FILE, clock.now(), None)


def test_a_report_that_is_ready_is_not_made_again_nor_failed(mine: Org, clock: FixedClock) -> None:
    with mine.tx() as tx:
        number = reports.ask_report(tx, "pnl", {}, clock.now())
        assert reports.finish_report(tx, number, FILE, clock.now(), None)
        assert not reports.finish_report(tx, number, OTHER_FILE, clock.now(), None)
        assert not reports.fail_report(tx, number, "нет данных", clock.now())
        assert reports.read_report(tx, number) == FILE


def test_a_report_that_failed_may_be_made_after_all(mine: Org, clock: FixedClock) -> None:
    with mine.tx() as tx:
        number = reports.ask_report(tx, "pnl", {}, clock.now())
        assert reports.fail_report(tx, number, "нет данных", clock.now())
        failed = reports.find_report(tx, number)
        assert failed is not None
        assert failed.error == "нет данных"
        assert reports.finish_report(tx, number, FILE, clock.now(), None)
        ready = reports.find_report(tx, number)
        assert ready is not None
        assert ready.error is None


def test_reports_are_listed_newest_first_by_kind_and_page(mine: Org, clock: FixedClock) -> None:
    made = []
    with mine.tx() as tx:
        for kind in ("pnl", "stock", "pnl"):
            made.append(reports.ask_report(tx, kind, {}, clock.now()))
            clock.advance(timedelta(seconds=1))
        assert [each.id for each in reports.list_reports(tx, 10)] == made[::-1]
        assert [each.id for each in reports.list_reports(tx, 10, kind="pnl")] == [made[2], made[0]]
        assert [each.id for each in reports.list_reports(tx, 1, 1)] == [made[1]]


def test_the_same_file_is_kept_once_per_organisation(mine: Org, theirs: Org, clock: FixedClock) -> None:
    with mine.tx("sent") as tx:
        first = documents.keep_document(
            tx, "накладная.pdf", b"%PDF", clock.now(), media_type="application/pdf"
        )
        again = documents.keep_document(tx, "другое имя.pdf", b"%PDF", clock.now())
        assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
        kept = documents.find_document(tx, first.id)
        assert documents.read_document(tx, first.id) == b"%PDF"
    assert kept is not None
    assert (kept.name, kept.size, kept.uploaded_by, kept.trace_id) == ("накладная.pdf", 4, 7, "sent")
    with theirs.tx() as tx:
        assert documents.find_document(tx, first.id) is None
        assert documents.read_document(tx, first.id) is None
        own = documents.keep_document(tx, "накладная.pdf", b"%PDF", clock.now())
        assert own.is_new, "whether somebody else has that file is nobody's to learn"
        assert not documents.set_kind(tx, first.id, "x")


def test_a_file_gets_its_kind_and_is_listed_by_it(mine: Org, clock: FixedClock) -> None:
    with mine.tx() as tx:
        first = documents.keep_document(tx, "a", b"a", clock.now()).id
        second = documents.keep_document(tx, "b", b"b", clock.now() + timedelta(seconds=1)).id
        assert documents.set_kind(tx, first, "invoice")
        assert [each.id for each in documents.list_documents(tx, 10)] == [second, first]
        assert [each.id for each in documents.list_documents(tx, 10, kind="invoice")] == [first]
        assert documents.find_document(tx, second + 1000) is None


def test_an_organisation_knows_itself_the_platform_all(db: Database, mine: Org, theirs: Org) -> None:
    with mine.tx() as tx:
        assert tenants.own_tenant(tx).name == "ИП Первый"
    with db.platform() as tx:
        new = tenants.create_tenant(tx, "ИП Новый", is_demo=True)
        assert tenants.rename_tenant(tx, new, "ИП Старый")
        assert not tenants.rename_tenant(tx, new + 1000, "x")
        there = {each.id: each for each in tenants.list_tenants(tx)}
    assert {mine.id, theirs.id, new} <= there.keys()
    assert (there[new].name, there[new].is_demo) == ("ИП Старый", True)


def test_skus_and_warehouses_are_made_once_found_and_listed(mine: Org, theirs: Org) -> None:
    with mine.tx() as tx:
        sku = catalogue.ensure_sku(tx, mine.account_id, "OZON", ozon_id=5, article="KRS-42")
        assert catalogue.ensure_sku(tx, mine.account_id, "OZON", ozon_id=5) == sku
        other = catalogue.ensure_sku(tx, mine.account_id, "OZON", ozon_id=6, article="STL-1")
        found = catalogue.find_sku(tx, sku)
        assert found is not None
        assert found.article == "KRS-42"
        assert [each.id for each in catalogue.list_skus(tx, 10)] == [sku, other]
        assert [each.id for each in catalogue.list_skus(tx, 10, after=sku)] == [other]
        place = catalogue.ensure_warehouse(tx, "OZON", "МСК")
        assert catalogue.ensure_warehouse(tx, "OZON", "МСК", "Москва") == place
        assert catalogue.name_warehouse(tx, place, "Москва, Хоругвино")
        assert [(each.id, each.name) for each in catalogue.list_warehouses(tx)] == [
            (place, "Москва, Хоругвино")
        ]
        assert catalogue.list_warehouses(tx, "WB") == []
    with theirs.tx() as tx:
        assert catalogue.find_sku(tx, sku) is None
        assert catalogue.list_skus(tx, 10) == []
        assert not catalogue.name_warehouse(tx, place, "моё")


def test_costs_are_a_history_and_changes_are_remembered(mine: Org, clock: FixedClock) -> None:
    d = clock.now().date()
    with mine.tx() as tx:
        sku = catalogue.ensure_sku(tx, mine.account_id, "OZON", ozon_id=5, article="KRS-42")
        for days, price in ((0, "300.00"), (5, "350.00")):
            assert costs.set_points(tx, d + timedelta(days=days), {sku: Decimal(price)}) == 1
        assert costs.set_points(tx, d, {sku: Decimal("300.00")}) == 0, "the same again changes nothing"
        told = [(point.dt_from, point.cost_price) for point in costs.list_points(tx, [sku])]
        assert told == [(d, Decimal("300.00")), (d + timedelta(days=5), Decimal("350.00"))]
        first = costs.note_change(tx, "KRS-42", d, Decimal(300), {sku: None}, clock.now())
        second = costs.note_change(tx, "KRS-42", d, Decimal(310), {sku: Decimal(300)}, clock.now())
        costs.mark_undone(tx, second, clock.now())
        changes = costs.list_changes(tx, 10)
    assert [(each.id, each.undone_at is not None) for each in changes] == [(second, True), (first, False)]
    assert changes[0].previous == {sku: Decimal(300)}


def test_a_cabinet_is_found_by_its_number_by_its_owner_only(mine: Org, theirs: Org) -> None:
    with mine.tx() as tx:
        found = accounts.find_account(tx, mine.account_id)
        assert found is not None
        assert (found.marketplace, found.state) == ("OZON", "active")
        assert accounts.mark_token(tx, mine.account_id, "refused")
        assert not accounts.mark_token(tx, mine.account_id, "refused"), "it was so already"
        assert accounts.find_account(tx, theirs.account_id) is None
        assert not accounts.mark_token(tx, theirs.account_id, "refused")


VERA = Actor(8, "Вера")


def test_changes_are_read_by_person_by_kind_and_by_page(mine: Org, theirs: Org) -> None:
    with mine.tx("t-1") as tx:
        audit.append_audit(tx, "cost.set", "KRS-42", before={"price": None}, after={"price": "350.00"})
    with mine.tx("t-2", VERA) as tx:
        audit.append_audit(tx, "cost.set", "KRS-43")
        audit.append_audit(tx, "recalc.asked", "задача 1")
    with mine.tx("t-3", HOUSE) as tx:
        audit.append_audit(tx, "job.failed", "задача 1")
        everything = audit.list_entries(tx, 10)
        assert [each.subject for each in audit.list_entries(tx, 2, 1)] == ["задача 1", "KRS-43"]
        assert [each.actor for each in audit.list_entries(tx, 10, actor_id=OLGA.user_id)] == ["Ольга"]
        assert [each.action for each in audit.list_entries(tx, 10, actor_id=audit.HOUSE_ID)] == ["job.failed"]
        assert len(audit.list_entries(tx, 10, action="cost.set")) == 2
        assert audit.count_entries(tx, actor_id=VERA.user_id, action="cost.set") == 1
        assert [(each.name, each.entries) for each in audit.list_actors(tx)] == [
            ("Вера", 2), ("Амбар", 1), ("Ольга", 1)
        ]  # fmt: skip
    assert [each.trace_id for each in everything] == ["t-3", "t-2", "t-2", "t-1"]
    assert (everything[-1].before, everything[-1].after) == ({"price": None}, {"price": "350.00"})
    with theirs.tx() as tx:
        assert audit.list_entries(tx, 10) == []
        assert audit.list_actors(tx) == []


def test_whoever_was_renamed_is_called_by_the_name_they_had_last(mine: Org) -> None:
    for name in ("Вера", "Вера Павловна"):
        with mine.tx(actor=Actor(8, name)) as tx:
            audit.append_audit(tx, "x", "y")
    with mine.tx() as tx:
        assert [each.name for each in audit.list_actors(tx)] == ["Вера Павловна"]


@pytest.mark.parametrize("deed", ["UPDATE audit_entry SET actor = 'не я'", "DELETE FROM audit_entry"])
def test_what_was_noted_is_not_changed_by_anybody_who_serves_people(mine: Org, deed: str) -> None:
    with mine.tx() as tx:
        audit.append_audit(tx, "x", "y")
    with refused(DENIED), mine.tx() as tx:
        tx.run(deed)
    with refused(DENIED), mine.db.platform() as platform:
        platform.run(deed)
