"""Orders of Wildberries as rows, and how their two feeds turn pages."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.marketplaces.errors import Garbled
from app.marketplaces.rows import OrderRow, SkuRef
from app.marketplaces.source import Normalised
from app.marketplaces.wb.orders import calls
from app.marketplaces.wb.orders.rows import normalise_feed, normalise_orders
from tests.marketplaces.wb.reading import opened, sample, told

D = date(2026, 11, 20)
SNAPSHOT = "2026-11-21T02:00:00Z"


def order(**changes: Any) -> dict[str, Any]:
    return {
        "srid": "a.0.0",
        "date": "2026-11-20T23:30:00",
        "lastChangeDate": "2026-11-20T23:40:00",
        "nmId": 111,
        "barcode": "2038",
        "techSize": "M",
        "supplierArticle": "KRS-1",
        "warehouseName": "Склад WB РФ",
        "warehouseType": "Склад WB",
        "regionName": "Москва",
        "priceWithDisc": 1000.5,
        "finishedPrice": 800,
        "isCancel": False,
        **changes,
    }


def fed(**changes: Any) -> dict[str, Any]:
    return {
        "srid": "a.0.0",
        "nmId": 111,
        "chrtId": 9,
        "createdAt": "2026-11-20T10:00:00+03:00",
        "updatedAt": "2026-11-20T10:00:00+03:00",
        "status": "created",
        "warehouseName": "Склад WB",
        "isMp": False,
        "destinationCity": "Казань",
        "destinationDistrict": "Приволжский",
        "sellerPrice": 990,
        **changes,
    }


def orders(*rows: Any) -> Normalised:
    return normalise_orders([json.dumps(rows).encode()])


def feed(*rows: Any, currency: str = "RUB") -> Normalised:
    return normalise_feed([json.dumps(feed_body(*rows, currency=currency)).encode()])


def feed_body(*rows: Any, currency: str = "RUB") -> dict[str, Any]:
    return {"data": {"snapshotTime": SNAPSHOT, "currency": currency, "orders": list(rows)}}


def test_the_published_row_of_the_feed() -> None:
    body = json.dumps(sample("official_examples/11_post_api_analytics_v1_order_feed_200.json")).encode()
    found = normalise_feed([body])
    (row,) = found.orders
    assert found.unplaced == []
    assert row._replace(changed_at=None) == OrderRow(
        d=date(2026, 6, 24),
        feed="feed",
        order_id="7513432034713632943.1.0",
        sku=SkuRef(nm_id=47254354, chrt_id=91663228),
        warehouse="Склад WB",
        channel="FBS",  # the example says both «Склад WB» and isMp
        currency="RUB",
        qty=1,
        price=Decimal("4328.00"),
        status="cancelled",
        reason="app",
        changed_at=None,
        region="Северо-Западный",
    )
    assert row.changed_at == datetime(2026, 6, 26, 16, 19, 38, tzinfo=UTC)


def test_an_order_and_its_cancellation() -> None:
    first, last = orders(order(), order(isCancel=True, cancelDate="2026-11-21T10:00:00")).orders
    assert (first.order_id, first.status, first.d, first.price) == ("a.0.0", "ordered", D, Decimal("1000.50"))
    assert first.sku == SkuRef(nm_id=111, barcode="2038", size="M", article="KRS-1")
    assert (first.feed, first.channel, first.region) == ("orders", "FBO", "Москва")
    assert first.changed_at == datetime(2026, 11, 20, 20, 40, tzinfo=UTC)
    assert (last.order_id, last.status) == ("a.0.0", "cancelled")


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("created", "ordered"),
        ("buyout", "bought"),
        ("cancel", "cancelled"),
        ("return", "returned"),
        ("returnDefective", "defective"),
    ],
)
def test_words_of_the_feed(word: str, ours: str) -> None:
    assert feed(fed(status=word)).orders[0].status == ours


def test_a_status_nobody_knows_is_set_aside_with_its_money() -> None:
    found = feed(fed(), fed(srid="b.0.0", status="teleported"))
    assert [row.order_id for row in found.orders] == ["a.0.0"]
    (note,) = found.unplaced
    assert (note.row_key, note.amount, note.d) == ("b.0.0", Decimal("990.00"), D)
    assert "teleported" in note.reason


def test_bad_rows_do_not_spoil_their_page() -> None:
    found = feed(fed(createdAt="потом"), fed(srid=""), fed(sellerPrice=[1]), 7, fed())
    assert len(found.orders) == 1
    assert [note.amount for note in found.unplaced] == [Decimal("990.00"), Decimal("990.00"), None, None]
    old = orders(order(date=None), order(nmId=0), order())
    assert len(old.orders) == 1
    assert [note.amount for note in old.unplaced] == [Decimal("1000.50")] * 2


def test_the_day_of_a_told_zone_is_moscows() -> None:
    (row,) = feed(fed(createdAt="2026-11-19T22:30:00Z"), currency="KGS").orders
    assert (row.d, row.currency) == (D, "KGS")


def test_the_feed_is_turned_by_offset_within_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "FEED_PAGE", 2)
    full, rest = feed_body(fed(), fed(srid="b")), feed_body(fed(srid="c"))
    with opened(told(full), told(rest)) as (_, sources):
        source = sources["wb.order_feed"]
        (unit,) = source.units(D, D)
        pages = list(source.fetch(unit, ""))
    assert [page.cursor for page in pages] == [f"2@{SNAPSHOT}", ""]
    asked = [json.loads(page.key.params)["body"] for page in pages]
    assert asked[0]["pagination"] == {"offset": 0, "limit": 2}
    assert asked[1]["pagination"] == {"offset": 2, "limit": 2, "snapshotTime": SNAPSHOT}
    assert asked[0]["selectedPeriod"] == {
        "start": "2026-11-20T00:00:00+03:00",
        "end": "2026-11-20T23:59:59+03:00",
    }


def test_an_interrupted_feed_goes_on_within_its_snapshot_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "FEED_PAGE", 2)
    with opened(told(feed_body(fed(), fed(srid="b")))) as (stage, sources):
        (unit,) = sources["wb.order_feed"].units(D, D)
        kept = next(iter(sources["wb.order_feed"].fetch(unit, "")))
    with opened(told(feed_body(fed(srid="c")))) as (stage, sources):
        (last,) = sources["wb.order_feed"].fetch(unit, kept.cursor)
        found = sources["wb.order_feed"].normalise(unit, [kept, last])
        assert len(stage.seen) == 1
    assert json.loads(last.key.params)["body"]["pagination"]["snapshotTime"] == SNAPSHOT
    assert [row.order_id for row in found.orders] == ["a.0.0", "b", "c"]


def test_a_full_page_without_its_snapshot_cannot_be_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"data": {"currency": "RUB", "orders": [fed()]}}
    with opened(told(body)) as (_, sources):
        (unit,) = sources["wb.order_feed"].units(D, D)
        assert [page.cursor for page in sources["wb.order_feed"].fetch(unit, "")] == [""]
        monkeypatch.setattr(calls, "FEED_PAGE", 1)
        with pytest.raises(Garbled, match="snapshotTime"):
            list(sources["wb.order_feed"].fetch(unit, ""))


def test_the_feed_is_asked_for_no_more_than_it_tells() -> None:
    with opened(told([])) as (_, sources):
        (unit,) = sources["wb.order_feed"].units(date(2026, 8, 1), D)
        (orders_unit,) = sources["wb.orders"].units(date(2026, 8, 1), D)
    assert unit == ("2026-10-22..2026-11-20", date(2026, 10, 22), D)
    assert orders_unit.d_from == date(2026, 8, 1)


def test_orders_go_on_from_the_last_change() -> None:
    rows = [order(lastChangeDate="2026-11-20T10:00:01")]
    with opened(told(rows), told([])) as (stage, sources):
        (unit,) = sources["wb.orders"].units(D, D)
        assert [page.cursor for page in sources["wb.orders"].fetch(unit, "2026-11-20T09:00:00")] == [""]
        assert "dateFrom=2026-11-20T09%3A00%3A00" in stage.seen[0][1]
