"""Published real replies, replayed: the figures are those worked out by hand in cassettes/README.md."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.accruals.calls import accrual_types
from app.marketplaces.ozon.accruals.dictionary import read_types
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.lines import not_as_we_know
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.sources import ozon_sources
from app.marketplaces.rows import SettlementRow, SkuRef
from app.marketplaces.source import Normalised, Source, Unit, window
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from tests.marketplaces.replay import ozon_client, replay, wb_client

RUB = Decimal


def gather(source: Source, d_from: date, d_to: date) -> Normalised:
    (unit,) = source.units(d_from, d_to)
    return bring(source, unit)


def named(name: str, ozon: OzonClient, policy: OzonPolicy | None = None) -> Source:
    return {source.name: source for source in ozon_sources(ozon, policy or OzonPolicy())}[name]


def bring(source: Source, unit: Unit) -> Normalised:
    pages = list(source.fetch(unit, ""))
    assert [page.cursor for page in pages].count("") == 1, "only the last page ends a unit"
    assert pages[-1].cursor == ""
    return source.normalise(unit, pages)


def by_line(rows: list[SettlementRow]) -> dict[PnlLine, Decimal]:
    sums: defaultdict[PnlLine, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.line] += row.amount
    return {line: total for line, total in sums.items() if total}


@pytest.fixture
def wb() -> Iterator[dict[str, Source]]:
    client: WbClient = wb_client()
    yield {source.name: source for source in wb_sources(client, WbPolicy())}
    client.transport.close()


@pytest.fixture
def ozon() -> Iterator[OzonClient]:
    client = ozon_client()
    yield client
    client.transport.close()


def test_a_real_card_gives_its_size_and_barcode(wb: dict[str, Source]) -> None:
    with replay("wb_cards"):
        (row,) = gather(wb["wb.cards"], date(2023, 8, 22), date(2023, 8, 22)).catalogue
    assert (row.nm_id, row.chrt_id, row.size) == (165427612, 275457111, "0")
    assert row.barcodes == ("2038037040971",)
    assert (row.article, row.brand, row.category) == ("Levina\\NG-001943черный", "Jerta", "Фруктовницы")


def test_a_real_sale_of_2023_keeps_its_price_and_day(wb: dict[str, Source]) -> None:
    with replay("wb_sales"):
        (row,) = gather(wb["wb.sales"], date(2023, 1, 29), date(2023, 1, 29)).sales
    assert (row.event_id, row.d, row.qty, row.refunds_qty) == ("S4373402182", date(2023, 1, 29), 1, 0)
    assert (row.revenue_gross, row.commission_amount) == (RUB("292.50"), RUB("31.65"))
    assert (row.warehouse, row.channel) == ("Подольск", ""), (
        "the old reply does not tell the kind of warehouse"
    )


def test_the_official_sale_was_shipped_from_the_sellers_warehouse(wb: dict[str, Source]) -> None:
    with replay("wb_sales_official"):
        (row,) = gather(wb["wb.sales"], date(2022, 3, 4), date(2022, 3, 4)).sales
    assert (row.revenue_gross, row.commission_amount) == (RUB("1547.00"), RUB("262.99"))
    assert row.channel == "FBS"
    assert row.sku == SkuRef(nm_id=1234567, barcode="123453559000", size="0", article="12345")


def test_the_total_of_a_real_stock_report_is_not_added_to_its_warehouses(wb: dict[str, Source]) -> None:
    with replay("wb_stock"):
        found = gather(wb["wb.stock"], date(2026, 11, 20), date(2026, 11, 20))
    assert [(row.warehouse, row.on_hand, row.in_transit) for row in found.stock] == [("Котовск", 111, 0)]
    assert found.unplaced == []


def test_the_official_stock_report_has_returns_on_their_way(wb: dict[str, Source]) -> None:
    with replay("wb_stock_official"):
        stock = gather(wb["wb.stock"], date(2026, 11, 20), date(2026, 11, 20)).stock
    assert {(row.warehouse, row.on_hand, row.in_transit) for row in stock} == {
        ("", 0, 4),
        ("Склад WB РФ", 134, 0),
        ("Склад WB СГТ РФ", 10, 0),
        ("Минск", 123, 0),
    }


def test_the_real_kinds_of_finance_operations_land_on_their_lines(wb: dict[str, Source]) -> None:
    with replay("wb_finance"):
        found = bring(wb["wb.finance"], window(date(2026, 8, 1), date(2026, 8, 31)))
    assert {row.period for row in found.settlement} == {"daily"}, "a month is no report week"
    assert by_line(found.settlement) == {
        PnlLine.PENALTY: RUB("-100.50"),
        PnlLine.STORAGE: RUB("-30.00"),
        PnlLine.ACCEPTANCE: RUB("-10.00"),
        PnlLine.LOGISTICS: RUB("-50.00"),
        PnlLine.RETURN_LOGISTICS: RUB("10.00"),
        PnlLine.ADS: RUB("-25.00"),
        PnlLine.CORRECTION: RUB("-5.00"),
    }
    assert sum(row.amount for row in found.settlement) == RUB("-210.50")
    assert sorted(row.units for row in found.settlement if row.units) == [-1, 1]
    assert found.unplaced == []


def test_the_official_finance_row_adds_up_to_its_payout(wb: dict[str, Source]) -> None:
    with replay("wb_finance_official"):
        found = gather(wb["wb.finance"], date(2026, 3, 16), date(2026, 3, 22))
    assert {row.period for row in found.settlement} == {"daily"}, "an open week of a base token"
    assert by_line(found.settlement) == {
        PnlLine.SALE: RUB("399.68"),
        PnlLine.COMMISSION: RUB("-22.69"),
        PnlLine.STORAGE: RUB("-12647.29"),
        PnlLine.ACCEPTANCE: RUB("-865.00"),
        PnlLine.PENALTY: RUB("-231.35"),
        PnlLine.DEDUCTION: RUB("-6354.00"),
        PnlLine.LOYALTY: RUB("16.80"),
    }
    assert sum(row.amount for row in found.settlement) == RUB("-19703.85")
    (note,) = found.unplaced
    assert "сдвиг выплаты -1.00" in note.reason


def test_connecting_tells_whose_token_it_is() -> None:
    client = wb_client()
    with replay("wb_connect"):
        client.ping()
        told = client.seller_info()
    client.transport.close()
    assert told == ("ИП Кружинин В. Р.", "e8923014-e233-47q8-898e-3cc86d67ea61", "Flax Store")


def test_a_real_ozon_catalogue_is_read_until_its_pages_are_empty(ozon: OzonClient) -> None:
    source = named("ozon.catalogue", ozon)
    with replay("ozon_catalogue") as cassette:
        (row,) = gather(source, date(2026, 3, 1), date(2026, 3, 1)).catalogue
        assert cassette.all_played
    assert (row.ozon_id, row.product_id, row.article) == (1595285688, 1074782997, "588889995_плетёный")
    assert row.barcodes == ("OZN1595285688",)


def test_a_real_ozon_day_loses_not_a_kopeck(ozon: OzonClient) -> None:
    source = named("ozon.accruals", ozon)
    with replay("ozon_accruals"):
        found = gather(source, date(2026, 6, 1), date(2026, 6, 1))
    assert by_line(found.settlement) == {
        PnlLine.SALE: RUB("2999.00"),
        PnlLine.RETURN: RUB("-2647.00"),
        PnlLine.COMMISSION: RUB("-161.92"),
        PnlLine.LOGISTICS: RUB("-131.14"),
        PnlLine.ACQUIRING: RUB("-20.83"),
        PnlLine.PROMO: RUB("-512.40"),
    }
    assert sum(row.amount for row in found.settlement) == RUB("-474.29")
    assert found.unplaced == []
    assert {row.report_id for row in found.settlement} == {20260601}
    events = {row.event_id: row for row in found.sales}
    assert sorted(events) == ["50000000001:700000000", "50000000002:700000001"]
    sold, returned = events["50000000001:700000000"], events["50000000002:700000001"]
    assert (sold.qty, sold.revenue_gross, sold.commission_amount, sold.delivery_cost) == (
        1,
        RUB("2999.00"),
        RUB("1379.54"),
        RUB("123.35"),
    )
    assert (returned.qty, returned.refunds_qty, returned.refunds_amount) == (0, 1, RUB("2647.00"))
    assert sold.channel == "FBO"


def test_the_real_dictionary_of_ozon_holds_ten_types_that_nobody_has_placed(ozon: OzonClient) -> None:
    with replay("ozon_accrual_types"):
        dictionary = read_types(accrual_types(ozon).body)
    assert len(dictionary) == 132
    assert [entry.id for entry in not_as_we_know(dictionary)] == [31, 36, 56, 81, 86, 88, 99, 100, 117, 118]


def test_real_ozon_stock_is_what_can_be_sold(ozon: OzonClient) -> None:
    source = named("ozon.stock", ozon, OzonPolicy(stock_skus=(900000001,)))
    with replay("ozon_stock"):
        (row,) = gather(source, date(2026, 7, 1), date(2026, 7, 1)).stock
    assert row.sku.ozon_id == 900000001
    assert (row.warehouse, row.warehouse_name) == ("20000000000001", "ТЕСТ_РФЦ_A")
    assert (row.on_hand, row.in_transit) == (4, 0)


def test_an_ozon_key_tells_its_expiry_and_what_it_may_do(ozon: OzonClient) -> None:
    with replay("ozon_connect"):
        roles, seller = ozon.roles(), ozon.seller_info()
    assert roles.expires_at is not None
    assert roles.expires_at.date() == date(2026, 2, 18)
    assert roles.missing(["/v1/actions", "/v1/posting/fbs/get"]) == []
    assert roles.missing(["/v1/finance/accrual/by-day"]) == ["/v1/finance/accrual/by-day"]
    assert (seller.currency, seller.subscription) == ("RUB", "PREMIUM_LITE")
