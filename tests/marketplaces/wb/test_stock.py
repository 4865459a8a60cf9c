"""Stock of Wildberries as rows: now at its warehouses and the seller's, and day by day in the past."""

import io
import json
import sys
import uuid
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.marketplaces.errors import Garbled, NotReady, Refused
from app.marketplaces.rows import SkuRef, StockRow
from app.marketplaces.source import Normalised
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.stock import WbRemains, WbStockNow
from app.marketplaces.wb.stock.rows import normalise_history, normalise_now
from app.marketplaces.wb.token import TokenType
from tests.http.server import Answer
from tests.marketplaces.wb.reading import PERSONAL, opened, sample, told

D = date(2026, 11, 20)
NUMBER = "06eae887-9d9f-491f-b16a-bb1766fcb8d2"
HEAD = "VendorCode,Name,NmID,SubjectName,BrandName,SizeName,ChrtID,OfficeName"


def level(**changes: Any) -> dict[str, Any]:
    return {
        "nmId": 111,
        "chrtId": 9,
        "warehouseId": -999999,
        "warehouseName": "Склад WB",
        "quantity": 5,
        "inWayToClient": 14,
        "inWayFromClient": 2,
        **changes,
    }


def levels(*rows: Any) -> dict[str, Any]:
    return {"data": {"items": list(rows)}}


def now(*rows: Any, own: bool = False) -> Normalised:
    return normalise_now([json.dumps(levels(*rows)).encode()], D, own=own)


def packed(text: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(f"{NUMBER}.csv", text)
    return archive.getvalue()


def test_the_published_row_of_stock_now() -> None:
    body = sample("official_examples/11_post_api_analytics_v1_stocks_report_wb_warehouses_200.json")
    found = normalise_now([json.dumps(body).encode()], D, own=False)
    sku = SkuRef(nm_id=47254354, chrt_id=91663228)
    assert found.stock == [StockRow(D, sku, "Склад WB", "Склад WB", 43, 11)]
    assert found.unplaced == []


def test_goods_on_their_way_to_buyers_are_no_stock() -> None:
    (row,) = now(level()).stock
    assert (row.on_hand, row.in_transit) == (5, 2)


def test_the_sellers_own_warehouses_are_told_apart() -> None:
    found = now(level(warehouseId=77, warehouseName="Гараж"), own=True)
    assert found.stock == []
    assert [(row.warehouse, row.warehouse_name) for row in found.own_stock] == [("own:77", "Гараж")]


def test_a_bad_size_is_set_aside() -> None:
    found = now(level(quantity="много"), level(nmId=0), 7, level())
    assert len(found.stock) == 1
    assert [note.row_key for note in found.unplaced] == ["111:9", "0:9", ":"]


@pytest.mark.parametrize("name", ["wb.stock", "wb.own_stock"])
def test_nothing_at_all_is_204(name: str) -> None:
    with opened(told(None, 204)) as (_, sources):
        (unit,) = sources[name].units(D, D)
        pages = list(sources[name].fetch(unit, ""))
        found = sources[name].normalise(unit, pages)
    assert (found.stock, found.own_stock, found.unplaced) == ([], [], [])
    assert [page.cursor for page in pages] == [""]


def test_stock_is_turned_by_offset_and_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[WbStockNow.__module__], "PAGE", 2)
    full, rest = levels(level(), level(chrtId=10)), levels(level(chrtId=11))
    with opened(told(full), told(rest)) as (_, sources):
        source = sources["wb.stock"]
        (unit,) = source.units(D, D)
        pages = list(source.fetch(unit, ""))
        assert [page.cursor for page in pages] == ["2", ""]
        assert len(source.normalise(unit, pages).stock) == 3
    with opened(told(rest)) as (stage, sources):
        (last,) = sources["wb.stock"].fetch(unit, "2")
        assert json.loads(last.key.params)["body"]["offset"] == 2
        assert len(stage.seen) == 1


def test_a_base_token_has_the_remains_report_and_no_own_stock() -> None:
    with opened(told([]), policy=WbPolicy(token_type=TokenType.BASE)) as (_, sources):
        assert isinstance(sources["wb.stock"], WbRemains)
        assert "wb.own_stock" not in sources
    with opened(told([])) as (_, sources):
        assert isinstance(sources["wb.stock"], WbStockNow)


# The past


def test_the_published_table_of_past_days() -> None:
    """Summed by hand, column by column; a zero is no row."""
    name = "11_get_api_v2_nm_report_downloads_file_downloadId_200_InventoryHistoryReportRes.json"
    found = normalise_history(packed(sample(f"official_examples/{name}")))
    by_day: Counter[date] = Counter()
    for row in found.past_stock:
        by_day[row.d] += row.on_hand
    assert by_day == {date(2025, 12, 13): 1233, date(2025, 12, 14): 1348, date(2025, 12, 15): 1288}
    assert len(found.past_stock) == 26
    shop = SkuRef(nm_id=5870243, chrt_id=20964883, size="-", article="41058/прозрачный")
    assert StockRow(date(2025, 12, 15), shop, "Маркетплейс", "Маркетплейс", 923, 0) in found.past_stock
    assert found.unplaced == []


def test_a_cell_that_is_no_number_sets_its_row_aside() -> None:
    table = f"{HEAD},19.11.2026\nA,N,1,S,B,M,7,Склад WB,много\nA,N,1,S,B,M,8,Склад WB,4\nA,N\n"
    found = normalise_history(packed(table))
    assert [(row.sku.chrt_id, row.on_hand) for row in found.past_stock] == [(8, 4)]
    assert [note.row_key for note in found.unplaced] == ["1:7:Склад WB", "None:None:None"]


@pytest.mark.parametrize("body", [b"", b"{}", packed("NmID,ChrtID\n1,2\n"), packed("19.11.2026\n4\n")])
def test_what_is_no_such_table_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        normalise_history(body)


def listed(status: str) -> Answer:
    return told({"data": [{"id": NUMBER, "status": status}]})


MADE = told({"data": "Началось формирование файла/отчета"})
FILE = Answer(200, packed(f"{HEAD},19.11.2026\nA,N,1,S,B,M,8,Склад WB,4\n"))
TAKEN = told({"title": "Invalid request body", "detail": "already exists"}, 400)


@pytest.fixture(autouse=True)
def known_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(NUMBER))


def history(*script: Answer, cursor: str = "", polls: int = 6) -> tuple[list[str], list[str], Normalised]:
    """Cursors, what was asked (verb and the end of the path), rows."""
    policy = WbPolicy(token_type=TokenType.PERSONAL, polls=polls)
    with opened(*script, policy=policy) as (stage, sources):
        source = sources["wb.stock_history"]
        (unit,) = source.units(date(2026, 11, 10), D)
        pages = list(source.fetch(unit, cursor))
        found = source.normalise(unit, pages)
        asked = [f"{verb} {path.partition('?')[0].rsplit('/', 1)[-1]}" for verb, path, _ in stage.seen]
    return [page.cursor for page in pages], asked, found


def test_a_history_is_ordered_awaited_and_taken() -> None:
    cursors, asked, found = history(MADE, listed("WAITING"), listed("RETRY"), listed("SUCCESS"), FILE)
    assert cursors == [NUMBER, ""]
    assert asked == ["POST downloads", *["GET downloads"] * 3, f"GET {NUMBER}"]
    assert [(row.d, row.on_hand) for row in found.past_stock] == [(date(2026, 11, 19), 4)]


def test_an_interrupted_history_is_found_again() -> None:
    cursors, asked, _ = history(listed("SUCCESS"), listed("SUCCESS"), FILE, cursor=NUMBER)
    assert cursors == [""]
    assert "POST downloads" not in asked


def test_a_history_that_is_gone_is_ordered_anew() -> None:
    cursors, asked, _ = history(told({"data": []}), MADE, listed("SUCCESS"), FILE, cursor="old")
    assert cursors == [NUMBER, ""]
    assert asked[:2] == ["GET downloads", "POST downloads"]


def test_an_order_whose_reply_was_lost_is_found_and_not_repeated() -> None:
    cursors, asked, found = history(TAKEN, listed("PROCESSING"), listed("SUCCESS"), FILE)
    assert cursors == [""]
    assert asked.count("POST downloads") == 1
    assert len(found.past_stock) == 1
    with pytest.raises(Refused):
        history(TAKEN, told({"data": []}))


def test_a_history_that_takes_long_is_left_and_one_that_failed_is_an_error() -> None:
    with pytest.raises(NotReady) as caught:
        history(MADE, listed("PROCESSING"), polls=2)
    assert caught.value.until == datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
    with pytest.raises(Garbled, match="не смогла"):
        history(MADE, listed("FAILED"))


def test_the_nights_own_day_is_left_to_the_snapshot() -> None:
    with opened(told([])) as (_, sources):
        (unit,) = sources["wb.stock_history"].units(date(2026, 6, 1), D)
        assert (unit.d_from, unit.d_to) == (date(2026, 8, 22), date(2026, 11, 19))
        assert sources["wb.stock_history"].units(D, D) == []
    slow = WbPolicy(token_type=TokenType.BASE)
    assert slow.slow
    assert not PERSONAL.slow
    with opened(told([]), policy=slow) as (_, sources):
        assert sources["wb.stock_history"].units(date(2026, 11, 18), D) == []
        assert len(sources["wb.stock_history"].units(date(2026, 11, 10), D)) == 1
