"""Wildberries finance rows: which line, which sign, and never a kopeck more or less than the payout."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finance.settlement import PnlLine
from app.marketplaces.errors import Garbled
from app.marketplaces.source import Normalised
from app.marketplaces.wb.money.rows import normalise_finance

RUB = Decimal


def row(**told: Any) -> dict[str, Any]:
    base = {
        "reportId": 25009236420260902,
        "rrdId": 7,
        "rrDate": "2026-09-02",
        "currency": "RUB",
        "docTypeName": "",
        "sellerOperName": "Логистика",
        "nmId": 111,
        "sku": "2038",
        "techSize": "M",
        "vendorCode": "KRS-42",
        "quantity": 1,
        "srid": "srid-1",
    }
    return {**base, **told}


def normalised(*rows: Any) -> Normalised:
    return normalise_finance([json.dumps(rows).encode()], "daily")


def booked(**told: Any) -> dict[PnlLine, tuple[Decimal, int]]:
    found = normalised(row(**told))
    assert found.unplaced == []
    return {part.line: (part.amount, part.units) for part in found.settlement}


SALE = {"docTypeName": "Продажа", "retailPriceWithDisc": "1000", "forPay": "760.50"}
BACK = {**SALE, "docTypeName": "Возврат"}


@pytest.mark.parametrize("operation", ["Продажа", "Корректная продажа", "Сторно возвратов", "ПРОДАЖА "])
def test_a_sale_is_the_sellers_price_and_apart_what_wildberries_keeps(operation: str) -> None:
    assert booked(sellerOperName=operation, **SALE) == {
        PnlLine.SALE: (RUB("1000.00"), 1),
        PnlLine.COMMISSION: (RUB("-239.50"), 0),
    }


@pytest.mark.parametrize("operation", ["Возврат", "Корректный возврат", "Сторно продаж"])
def test_a_return_is_a_sale_mirrored(operation: str) -> None:
    assert booked(sellerOperName=operation, **BACK) == {
        PnlLine.RETURN: (RUB("-1000.00"), -1),
        PnlLine.COMMISSION: (RUB("239.50"), 0),
    }


def test_a_correction_of_sales_keeps_its_own_sign() -> None:
    told = {**SALE, "retailPriceWithDisc": "-1000", "forPay": "-760.50"}
    assert booked(sellerOperName="Коррекция продаж", **told)[PnlLine.RETURN] == (RUB("-1000.00"), -1)
    assert booked(sellerOperName="Коррекция продаж", **SALE)[PnlLine.SALE] == (RUB("1000.00"), 1)


@pytest.mark.parametrize(
    "operation",
    [
        "Авансовая оплата за товар без движения",
        "Компенсация ущерба",
        "Компенсация брака",
        "Компенсация потерянного товара",
        "Компенсация подмененного товара",
        "Компенсация подменённого товара",
        "Частичная компенсация брака",
        "Добровольная компенсация при возврате",
    ],
)
def test_a_compensation_is_money_without_a_sold_piece(operation: str) -> None:
    """docTypeName says Продажа, yet nothing was sold."""
    told = {"docTypeName": "Продажа", "retailPriceWithDisc": "900", "forPay": "700"}
    assert booked(sellerOperName=operation, **told) == {PnlLine.COMPENSATION: (RUB("700.00"), 0)}
    back = {**told, "docTypeName": "Возврат"}
    assert booked(sellerOperName=operation, **back) == {PnlLine.COMPENSATION: (RUB("-700.00"), 0)}


@pytest.mark.parametrize(
    ("told", "line", "amount"),
    [
        ({"bonusTypeName": "К клиенту при продаже", "deliveryService": "50"}, PnlLine.LOGISTICS, "-50.00"),
        ({"bonusTypeName": "К клиенту при отмене", "deliveryService": "40"}, PnlLine.LOGISTICS, "-40.00"),
        (
            {"bonusTypeName": "От клиента при возврате", "deliveryService": "50", "deliveryAmount": 1},
            PnlLine.RETURN_LOGISTICS,
            "-50.00",
        ),
        (
            {"sellerOperName": "Коррекция логистики", "deliveryService": "-10"},
            PnlLine.RETURN_LOGISTICS,
            "10.00",
        ),
        ({"deliveryService": "12,5", "deliveryAmount": 1}, PnlLine.LOGISTICS, "-12.50"),
        ({"sellerOperName": "Хранение", "paidStorage": "20"}, PnlLine.STORAGE, "-20.00"),
        ({"sellerOperName": "Пересчёт хранения", "paidStorage": "-3"}, PnlLine.STORAGE, "3.00"),
        ({"sellerOperName": "Платная приёмка", "paidAcceptance": "7.5"}, PnlLine.ACCEPTANCE, "-7.50"),
        ({"sellerOperName": "Операции на приемке", "paidAcceptance": "7.5"}, PnlLine.ACCEPTANCE, "-7.50"),
        ({"sellerOperName": "Обработка товара", "deduction": "9"}, PnlLine.OTHER, "-9.00"),
        ({"sellerOperName": "Бронирование товара через самовывоз", "penalty": "9"}, PnlLine.OTHER, "-9.00"),
        ({"sellerOperName": "Штраф", "penalty": "100.50"}, PnlLine.PENALTY, "-100.50"),
        (
            {
                "sellerOperName": "Удержание",
                "deduction": "25",
                "bonusTypeName": "Оказание услуг «WB Продвижение», документ №5",
            },
            PnlLine.ADS,
            "-25.00",
        ),
        (
            {
                "sellerOperName": "Удержание",
                "deduction": "25",
                "bonusTypeName": "Оказание услуг «ВБ.Продвижение»",
            },
            PnlLine.ADS,
            "-25.00",
        ),
        (
            {
                "sellerOperName": "Удержание",
                "deduction": "150",
                "bonusTypeName": "Списание за отзыв 1: акция №2, товар 3",
            },
            PnlLine.PROMO,
            "-150.00",
        ),
        (
            {
                "sellerOperName": "Удержание",
                "deduction": "5000",
                "bonusTypeName": "Удержание по договору займа",
            },
            PnlLine.FINANCING,
            "-5000.00",
        ),
        (
            {"sellerOperName": "Удержание", "deduction": "8", "bonusTypeName": "Перевод на баланс заёмщика"},
            PnlLine.FINANCING,
            "-8.00",
        ),
        ({"sellerOperName": "Удержание", "deduction": "25"}, PnlLine.DEDUCTION, "-25.00"),
        ({"sellerOperName": "Удержание", "additionalPayment": "2153.28"}, PnlLine.CORRECTION, "-2153.28"),
        ({"sellerOperName": "Корректировка ВВ", "additionalPayment": "-5"}, PnlLine.CORRECTION, "5.00"),
        (
            {"sellerOperName": "Корректировка эквайринга", "docTypeName": "Продажа", "forPay": "-1.2"},
            PnlLine.ACQUIRING,
            "-1.20",
        ),
        (
            {
                "sellerOperName": "Компенсация скидки по программе лояльности",
                "docTypeName": "Продажа",
                "cashbackDiscount": "19",
                "cashbackCommissionChange": "0.2",
                "cashbackAmount": "2",
            },
            PnlLine.LOYALTY,
            "16.80",
        ),
        (
            {
                "sellerOperName": "Компенсация скидки по программе лояльности",
                "docTypeName": "Возврат",
                "cashbackDiscount": "19",
            },
            PnlLine.LOYALTY,
            "-19.00",
        ),
    ],
)
def test_a_charge_lands_on_its_line(told: dict[str, Any], line: PnlLine, amount: str) -> None:
    assert booked(**told) == {line: (RUB(amount), 0)}


@pytest.mark.parametrize(
    "told",
    [
        {
            "sellerOperName": "Возмещение издержек по перевозке/по складским операциям с товаром",
            "rebillLogisticCost": "7.00",
        },
        {"sellerOperName": "Возмещение за выдачу и возврат товаров на ПВЗ", "ppvzReward": "8.00"},
        {"sellerOperName": "Хранение", "rebillLogisticCost": "7", "ppvzReward": "8", "acquiringFee": "9"},
    ],
)
def test_what_is_only_informational_moves_no_money(told: dict[str, Any]) -> None:
    assert booked(**told) == {}


def test_one_row_may_fill_several_lines() -> None:
    assert booked(sellerOperName="Штраф", penalty="100.50", paidStorage="10", paidAcceptance="2.5") == {
        PnlLine.PENALTY: (RUB("-100.50"), 0),
        PnlLine.STORAGE: (RUB("-10.00"), 0),
        PnlLine.ACCEPTANCE: (RUB("-2.50"), 0),
    }


@pytest.mark.parametrize(
    "told",
    [{"sellerOperName": "Нечто новое", "docTypeName": "Продажа"}, {"docTypeName": "Сторно"}],
)
def test_an_unknown_operation_keeps_its_money_and_counts_no_pieces(told: dict[str, Any]) -> None:
    money = {"forPay": "100", "retailPriceWithDisc": "130", "deliveryService": "7", "penalty": "3"}
    assert booked(**{"sellerOperName": "Продажа", **money, **told}) == {PnlLine.UNMAPPED: (RUB("90.00"), 0)}


def test_a_sale_without_a_document_type_is_not_counted_as_sold() -> None:
    assert booked(sellerOperName="Продажа", forPay="100", retailPriceWithDisc="130") == {
        PnlLine.UNMAPPED: (RUB("100.00"), 0)
    }


def test_service_rows_have_a_quantity_but_sell_nothing() -> None:
    """257 "units" against 67 real ones in a live week (facts/wildberries.md section 7)."""
    found = normalised(row(deliveryService="50", quantity=2))
    assert [part.units for part in found.settlement] == [0]


def test_the_row_keeps_its_identity() -> None:
    (part,) = normalised(row(deliveryService="50", bonusTypeName="К клиенту при продаже")).settlement
    assert (part.report_id, part.row_id, part.ref) == (25009236420260902, "7", "srid-1")
    assert (part.period, part.currency, str(part.d)) == ("daily", "RUB", "2026-09-02")
    assert part.operation == "Логистика: К клиенту при продаже"
    assert part.sku is not None
    assert (part.sku.nm_id, part.sku.barcode, part.sku.size, part.sku.article) == (111, "2038", "M", "KRS-42")


def test_a_row_without_a_card_is_account_level() -> None:
    (part,) = normalised(row(sellerOperName="Хранение", paidStorage="5", nmId=0)).settlement
    assert part.sku is None


def test_the_published_week_2025_w49_adds_up_to_its_payout() -> None:
    """135 186.71 − 26 139.82 − 1 923.34 − 51 063 − 2 153.28 = 53 907.27; 3 466.25 − 432.16 = 3 034.09."""
    main = normalised(
        row(
            rrdId=1,
            sellerOperName="Продажа",
            docTypeName="Продажа",
            retailPriceWithDisc="180000",
            forPay="135186.71",
        ),
        row(rrdId=2, deliveryService="26139.82"),
        row(rrdId=3, sellerOperName="Хранение", paidStorage="1923.34"),
        row(rrdId=4, sellerOperName="Удержание", deduction="51063", bonusTypeName="Прочие удержания"),
        row(rrdId=5, sellerOperName="Удержание", additionalPayment="2153.28"),
    )
    assert sum(part.amount for part in main.settlement) == RUB("53907.27")
    buyouts = normalised(
        row(
            rrdId=6,
            sellerOperName="Продажа",
            docTypeName="Продажа",
            retailPriceWithDisc="5000",
            forPay="3466.25",
        ),
        row(rrdId=7, deliveryService="432.16"),
    )
    assert sum(part.amount for part in buyouts.settlement) == RUB("3034.09")


MONEY_FIELDS = (
    "retailPriceWithDisc",
    "forPay",
    "deliveryService",
    "paidStorage",
    "paidAcceptance",
    "penalty",
    "deduction",
    "additionalPayment",
    "cashbackDiscount",
    "cashbackCommissionChange",
    "cashbackAmount",
)
OPERATIONS = (
    "Продажа",
    "Возврат",
    "Коррекция продаж",
    "Компенсация ущерба",
    "Логистика",
    "Штраф",
    "Удержание",
    "Обработка товара",
    "Корректировка эквайринга",
    "Компенсация скидки по программе лояльности",
    "Новая операция",
    "",
)
cents = st.integers(-(10**9), 10**9).map(lambda kopecks: RUB(kopecks) / 100)


@given(
    operation=st.sampled_from(OPERATIONS),
    document=st.sampled_from(("Продажа", "Возврат", "", "Сторно")),
    bonus=st.sampled_from(("", "К клиенту при продаже", "WB Продвижение", "займ")),
    quantity=st.integers(0, 3),
    money=st.fixed_dictionaries(dict.fromkeys(MONEY_FIELDS, cents)),
)
def test_the_parts_of_any_row_add_up_to_its_share_of_the_payout(
    operation: str, document: str, bonus: str, quantity: int, money: dict[str, Decimal]
) -> None:
    """The formula of facts/wildberries.md 7.1, written out once more and independently."""
    sign = -1 if document == "Возврат" else 1
    payout = sign * money["forPay"]
    for name in (
        "deliveryService",
        "paidStorage",
        "paidAcceptance",
        "penalty",
        "deduction",
        "additionalPayment",
    ):
        payout -= money[name]
    payout += sign * (money["cashbackDiscount"] - money["cashbackCommissionChange"] - money["cashbackAmount"])

    texts = {name: str(amount) for name, amount in money.items()}
    told = row(
        sellerOperName=operation, docTypeName=document, bonusTypeName=bonus, quantity=quantity, **texts
    )
    found = normalised(told)
    assert sum((part.amount for part in found.settlement), RUB(0)) == payout
    assert len({part.part for part in found.settlement}) == len(found.settlement), "one key, one row"


def test_a_bad_row_does_not_take_its_page_along_and_keeps_its_money() -> None:
    found = normalised(
        row(rrdId=1, sellerOperName="Хранение", paidStorage="5"),
        row(rrdId=2, rrDate="вчера", **SALE, deliveryService="60", sellerOperName="Продажа"),
        row(rrdId=3, penalty={"sum": 5}),
        "не строка",
        row(rrdId=None, paidStorage="1"),
        row(rrdId=5, paidStorage="1e400"),
    )
    assert [part.row_id for part in found.settlement] == ["1"]
    notes = {note.row_key: note for note in found.unplaced}
    assert notes["25009236420260902:2"].amount == RUB("700.50")
    assert notes["25009236420260902:2"].d is None
    assert "rrDate" in notes["25009236420260902:2"].reason
    assert notes["25009236420260902:3"].amount is None, "a sum that cannot be read is unknown, not partial"
    assert str(notes["25009236420260902:3"].d) == "2026-09-02"
    assert json.loads(notes[""].payload) == "не строка"
    assert notes["25009236420260902:None"].amount == RUB("-1.00")
    assert notes["25009236420260902:5"].amount is None


def test_numbers_may_come_as_numbers_and_new_fields_do_not_matter() -> None:
    told = row(sellerOperName="Продажа", docTypeName="Продажа", sellerPromo={"new": 1}, quantity="2")
    told |= {"retailPriceWithDisc": 399.68, "forPay": 376.99, "nmId": "111", "sku": 2038, "techSize": None}
    found = normalised(told)
    assert [(part.line, part.amount, part.units) for part in found.settlement] == [
        (PnlLine.SALE, RUB("399.68"), 2),
        (PnlLine.COMMISSION, RUB("-22.69"), 0),
    ]


def test_a_shift_of_payment_is_shown_and_not_added() -> None:
    found = normalised(row(sellerOperName="Хранение", paidStorage="5", paymentSchedule="-1"))
    assert sum(part.amount for part in found.settlement) == RUB("-5.00")
    (note,) = found.unplaced
    assert note.amount is None
    assert "знак не установлен" in note.reason


@pytest.mark.parametrize("body", [b"[{", b'{"a": 1}', b"3", b"[NaN]", b'[{"a": "' + b"\xff" + b'"}]'])
def test_a_broken_page_is_garbled_as_a_whole(body: bytes) -> None:
    with pytest.raises(Garbled):
        normalise_finance([body], "daily")


def test_an_empty_204_is_no_rows() -> None:
    assert normalise_finance([b"", b"[]", b"null"], "daily") == Normalised()
