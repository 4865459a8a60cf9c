"""sales-reports: rows, pages, report headers; the money agrees with the books to the kopeck."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from tests.sandbox.conftest import FINANCE, MOST_PAGES, Shop, rub

SALES = {"Продажа", "Возврат", "Сторно продаж"}
FIELDS = {
    "logistics": "deliveryService", "storage": "paidStorage", "acceptance": "paidAcceptance",
    "penalty": "penalty", "deduction": "deduction", "additional_payment": "additionalPayment",
}  # fmt: skip


def _sign(row) -> int:
    return -1 if row["docTypeName"] == "Возврат" else 1


def _payout(rows) -> Decimal:
    charges = sum(rub(row[name]) for row in rows for name in FIELDS.values())
    return sum((_sign(row) * rub(row["forPay"]) for row in rows), Decimal(0)) - charges


def test_every_day_of_the_books_is_the_sum_of_its_rows(shop: Shop):
    for day, book in shop.books().items():
        rows, wb = shop.finance(day, day), book["wb"]
        assert {row["rrDate"] for row in rows} == {day}
        assert _payout(rows) == Decimal(wb["payout"])
        for line, name in FIELDS.items():
            assert sum(rub(row[name]) for row in rows) == Decimal(wb[line]), line
        sold = [row for row in rows if row["sellerOperName"] == "Продажа"]
        back = [row for row in rows if row["docTypeName"] == "Возврат"]
        assert (len(sold), len(back)) == (wb["units_sold"], wb["units_returned"])
        assert sum(rub(row["retailPriceWithDisc"]) for row in sold) == Decimal(wb["sales"])
        assert sum(rub(row["retailPriceWithDisc"]) for row in back) == Decimal(wb["returns"])
        net = sum(_sign(row) * rub(row["retailAmount"]) for row in rows)
        assert net == Decimal(wb["retail_amount"])


def test_realisation_less_transfer_is_commission_and_acquiring_on_every_row(shop: Shop):
    """R − T = N + A with N = R × кВВ, rounded row by row (money-and-supply, section 1)."""
    rows = [row for row in shop.finance("2026-10-21", "2026-11-19") if row["sellerOperName"] in SALES]
    assert len(rows) > 500
    for row in rows:
        realised = rub(row["retailPriceWithDisc"])
        nominal = (realised * rub(row["commissionPercent"]) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert realised - rub(row["forPay"]) == nominal + rub(row["acquiringFee"])
        assert rub(row["retailAmount"]) < realised
        own_fee = rub(row["vw"]) + rub(row["vwNds"])
        assert own_fee == rub(row["retailAmount"]) - rub(row["forPay"]) - rub(row["acquiringFee"])


def test_the_kinds_of_rows_that_a_month_holds(shop: Shop):
    kinds = Counter(
        (row["docTypeName"], row["sellerOperName"], row["bonusTypeName"].split(",")[0])
        for row in shop.finance("2026-10-21", "2026-11-19")
    )
    assert {
        ("Продажа", "Продажа", ""),
        ("Возврат", "Возврат", ""),
        ("", "Логистика", "К клиенту при продаже"),
        ("", "Логистика", "К клиенту при отмене"),
        ("", "Логистика", "От клиента при возврате"),
        ("", "Хранение", ""),
        ("", "Операции на приёмке", ""),
        ("", "Удержание", "Оказание услуг «WB Продвижение»"),
    } <= set(kinds)
    assert kinds["", "Хранение", ""] == 30
    storage = [row for row in shop.finance("2026-11-19", "2026-11-19") if row["sellerOperName"] == "Хранение"]
    assert storage[0]["nmId"] == 0
    assert storage[0]["vendorCode"] == ""


def test_pages_follow_rrd_id_until_an_empty_204(shop: Shop):
    whole = shop.finance("2026-11-15", "2026-11-19")
    ids = [row["rrdId"] for row in whole]
    assert ids == sorted(set(ids))
    assert ids[0] > 2**31
    paged, after = [], 0
    for _ in range(MOST_PAGES):
        body = {
            "dateFrom": "2026-11-15",
            "dateTo": "2026-11-19",
            "period": "daily",
            "limit": 41,
            "rrdId": after,
        }
        reply = shop.http.post(f"{FINANCE}/detailed", headers=shop.wb, json=body)
        if reply.status_code == 204:
            assert reply.content == b""
            break
        paged += reply.json()
        after = paged[-1]["rrdId"]
    assert paged == whole
    assert len(paged) % 41 != 0


def test_only_the_asked_fields_come(shop: Shop):
    rows = shop.finance("2026-11-19", "2026-11-19", fields=["srid", "rrdId", "forPay", "noSuchField"])
    assert rows
    assert set(rows[0]) == {"rrdId", "forPay", "srid"}


def test_a_weekly_report_holds_the_rows_of_its_days_under_other_ids(shop: Shop):
    daily = shop.finance("2026-11-09", "2026-11-15")
    weekly = shop.finance("2026-11-09", "2026-11-15", period="weekly")
    assert [row["rrdId"] for row in weekly] == [row["rrdId"] for row in daily]
    assert _payout(weekly) == _payout(daily)
    assert {(r["dateFrom"], r["dateTo"], r["createDate"]) for r in weekly} == {
        ("2026-11-09", "2026-11-15", "2026-11-16")
    }
    assert not {r["reportId"] for r in weekly} & {r["reportId"] for r in daily}
    for row in daily:
        assert len(str(row["reportId"])) == 17
        assert str(row["reportId"]).endswith(row["rrDate"].replace("-", ""))
    # the week of the sandbox's today is not closed yet
    assert shop.finance("2026-11-16", "2026-11-19", period="weekly") == []


def test_report_headers_are_the_totals_of_their_rows(shop: Shop):
    for period in ("daily", "weekly"):
        body = {"dateFrom": "2026-11-02", "dateTo": "2026-11-15", "period": period}
        headers = shop.http.post(f"{FINANCE}/list", headers=shop.wb, json=body).json()
        rows = shop.finance("2026-11-02", "2026-11-15", period=period)
        assert {h["reportId"] for h in headers} == {row["reportId"] for row in rows}
        assert {h["reportType"] for h in headers} == {1, 2}
        for header in headers:
            own = [row for row in rows if row["reportId"] == header["reportId"]]
            assert _payout(own) == Decimal(header["bankPaymentSum"])
            assert sum(_sign(r) * rub(r["forPay"]) for r in own) == Decimal(header["forPaySum"])
            assert sum(rub(r["deliveryService"]) for r in own) == Decimal(header["deliveryServiceSum"])


def test_a_sale_reported_late_stands_in_the_report_of_the_later_day(shop: Shop):
    rows = shop.finance("2026-10-21", "2026-11-19", fields=["sellerOperName", "saleDt", "rrDate"])
    sales = [row for row in rows if row["sellerOperName"] == "Продажа"]
    late = [row for row in sales if row["saleDt"][:10] < row["rrDate"]]
    assert 0 < len(late) < len(sales) / 10
    assert all(row["saleDt"].endswith("T00:00:00Z") for row in sales)


def test_nothing_is_told_of_today_or_of_before_the_history(shop: Shop):
    assert shop.finance("2026-11-20", "2026-11-25") == []
    assert shop.finance("2025-01-01", "2026-10-20") == []


def test_bad_requests_are_refused(shop: Shop):
    for body in (
        {"dateFrom": "2026-11-01"},
        {"dateFrom": "yesterday", "dateTo": "2026-11-02"},
        {"dateFrom": "2026-11-01", "dateTo": "2026-11-02", "limit": 100_001},
        {"dateFrom": "2026-11-01", "dateTo": "2026-11-02", "period": "hourly"},
    ):
        reply = shop.http.post(f"{FINANCE}/detailed", headers=shop.wb, json=body)
        assert reply.status_code == 400, body
        assert reply.json()["origin"] == "open-api-finreports"
