"""The table of facts/wildberries.md section 7, row by row: what each operation of a finance report is.

How signs, corrections and broken rows are read is test_wb_finance.py; here is the whole table, in every
spelling, and the published rows.
"""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.finance.settlement import PnlLine
from app.marketplaces.source import Normalised
from app.marketplaces.wb.money.operations import Kind, kind_of
from app.marketplaces.wb.money.rows import normalise_finance
from tests.marketplaces.wb.reading import sample

FACTS = Path(__file__).resolve().parents[3] / ".." / "shared" / "facts" / "wildberries.md"
KINDS = "real/finance_detailed_operation_kinds_2026-08.json"
M = Decimal

GOODS = {"forPay": "760.50", "retailPriceWithDisc": "1000", "retailAmount": "900", "quantity": 1}
SOLD = {PnlLine.SALE: (M("1000.00"), 1), PnlLine.COMMISSION: (M("-239.50"), 0)}
BACK = {PnlLine.RETURN: (M("-1000.00"), -1), PnlLine.COMMISSION: (M("239.50"), 0)}
PAID = {PnlLine.COMPENSATION: (M("760.50"), 0)}
TAKEN_BACK = {PnlLine.COMPENSATION: (M("-760.50"), 0)}
FEE, NONE = {"additionalPayment": "5"}, dict[PnlLine, tuple[Decimal, int]]()

Lines = dict[PnlLine, tuple[Decimal, int]]


def line(kind: PnlLine, amount: str) -> Lines:
    return {kind: (M(amount), 0)}


TABLE: list[tuple[str, str, dict[str, Any], Lines]] = [
    # operation, document, its fields, what is booked
    ("Продажа", "Продажа", GOODS, SOLD),
    ("Корректная продажа", "Продажа", GOODS, SOLD),
    ("Сторно возвратов", "Продажа", GOODS, SOLD),
    ("Возврат", "Возврат", GOODS, BACK),
    ("Корректный возврат", "Возврат", GOODS, BACK),
    ("Сторно продаж", "Возврат", GOODS, BACK),
    ("Коррекция продаж", "Продажа", GOODS, SOLD),
    (
        "Коррекция продаж",
        "Продажа",
        {**GOODS, "forPay": "-760.50", "retailPriceWithDisc": "-1000"},
        BACK,
    ),
    *(
        (operation, document, GOODS, booked)
        for operation in (
            "Авансовая оплата за товар без движения",
            "Компенсация ущерба",
            "Компенсация брака",
            "Компенсация потерянного товара",
            "Компенсация подмененного товара",
            "Частичная компенсация брака",
            "Добровольная компенсация при возврате",
        )
        for document, booked in (("Продажа", PAID), ("Возврат", TAKEN_BACK))
    ),
    (
        "Компенсация скидки по программе лояльности",
        "Продажа",
        {"cashbackDiscount": "336"},
        line(PnlLine.LOYALTY, "336.00"),
    ),
    (
        "Логистика",
        "",
        {"deliveryService": "50", "bonusTypeName": "К клиенту при продаже"},
        line(PnlLine.LOGISTICS, "-50.00"),
    ),
    (
        "Логистика",
        "",
        {"deliveryService": "50", "bonusTypeName": "К клиенту при отмене"},
        line(PnlLine.LOGISTICS, "-50.00"),
    ),
    (
        "Логистика",
        "",
        {"deliveryService": "50", "bonusTypeName": "От клиента при возврате"},
        line(PnlLine.RETURN_LOGISTICS, "-50.00"),
    ),
    (
        "Коррекция логистики",
        "",
        {"deliveryService": "-10", "bonusTypeName": "К клиенту при продаже"},
        line(PnlLine.LOGISTICS, "10.00"),
    ),
    ("Хранение", "", {"paidStorage": "20"}, line(PnlLine.STORAGE, "-20.00")),
    ("Пересчет хранения", "", {"paidStorage": "-3"}, line(PnlLine.STORAGE, "3.00")),
    ("Платная приемка", "", {"paidAcceptance": "7.5"}, line(PnlLine.ACCEPTANCE, "-7.50")),
    ("Операции на приёмке", "", {"paidAcceptance": "7.5"}, line(PnlLine.ACCEPTANCE, "-7.50")),
    ("Пересчет платной приемки", "", {"paidAcceptance": "-7.5"}, line(PnlLine.ACCEPTANCE, "7.50")),
    ("Обработка товара", "", {"deduction": "9"}, line(PnlLine.OTHER, "-9.00")),
    ("Обработка товара", "", {"paidAcceptance": "9"}, line(PnlLine.OTHER, "-9.00")),
    ("Бронирование товара через самовывоз", "", {"penalty": "9"}, line(PnlLine.OTHER, "-9.00")),
    (
        "Штраф",
        "",
        {"penalty": "100.50", "bonusTypeName": "Подмена товара"},
        line(PnlLine.PENALTY, "-100.50"),
    ),
    *(
        ("Удержание", "", {"deduction": "25", "bonusTypeName": words}, line(kind, "-25.00"))
        for words, kind in (
            ("Оказание услуг «WB Продвижение», документ №160000021", PnlLine.ADS),
            ("Оказание услуг «ВБ.Продвижение», документ №160000021", PnlLine.ADS),
            ("Списание за отзыв 12: акция №20001, товар 165427612", PnlLine.PROMO),
            ("Удержание в счёт займа", PnlLine.FINANCING),
            ("Перевод на баланс заёмщика", PnlLine.FINANCING),
            ("Прочие удержания", PnlLine.DEDUCTION),
            ("", PnlLine.DEDUCTION),
        )
    ),
    ("Удержание", "", FEE, line(PnlLine.CORRECTION, "-5.00")),
    ("Корректировка ВВ", "", FEE, line(PnlLine.CORRECTION, "-5.00")),
    ("Корректировка", "", FEE, line(PnlLine.CORRECTION, "-5.00")),
    ("Возмещение за выдачу и возврат товаров на ПВЗ", "", {"ppvzReward": "8"}, NONE),
    ("Возмещение издержек по перевозке", "", {"rebillLogisticCost": "7"}, NONE),
    (
        "Возмещение издержек по перевозке/по складским операциям с товаром",
        "",
        {"rebillLogisticCost": "7"},
        NONE,
    ),
    ("Корректировка эквайринга", "Продажа", {"acquiringFee": "3"}, NONE),
    ("Корректировка эквайринга", "Продажа", {"forPay": "-1.20"}, line(PnlLine.ACQUIRING, "-1.20")),
    ("Продажа", "Продажа", {**GOODS, "acquiringFee": "12"}, SOLD),
]


def row(operation: str, document: str, told: dict[str, Any]) -> dict[str, Any]:
    base = {"reportId": 1, "rrdId": 7, "rrDate": "2026-09-02", "currency": "RUB", "nmId": 111, "quantity": 1}
    return {**base, "docTypeName": document, "sellerOperName": operation, **told}


def read(*rows: dict[str, Any]) -> Normalised:
    return normalise_finance([json.dumps(rows).encode()], "weekly")


def booked(operation: str, document: str, told: dict[str, Any]) -> Lines:
    found = read(row(operation, document, told))
    assert found.unplaced == []
    return {part.line: (part.amount, part.units) for part in found.settlement}


SPELLINGS = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "with ё": lambda name: name.replace("прием", "приём").replace("счет", "счёт"),
    "without ё": lambda name: name.replace("ё", "е"),
    "quoted and spaced": lambda name: f"  «{name.replace(' ', '   ')}» ",
}


@pytest.mark.parametrize(("operation", "document", "told", "lines"), TABLE)
def test_every_row_of_the_table_in_every_spelling(
    operation: str, document: str, told: dict[str, Any], lines: Lines
) -> None:
    found = {how: booked(spelt(operation), document, told) for how, spelt in SPELLINGS.items()}
    assert found == dict.fromkeys(SPELLINGS, lines)


def test_no_operation_of_the_facts_is_unknown_to_us() -> None:
    """The first column of the table itself, where the facts are at hand."""
    if not FACTS.exists():
        pytest.skip("../shared with the facts is not beside the repository")
    table = FACTS.read_text("utf-8").partition("| sellerOperName |")[2].partition("### 7.1")[0]
    cells = [cell.split("|")[1].strip() for cell in table.splitlines() if cell.startswith("| ")]
    named = [name for cell in cells for name in _names(cell)]
    assert len(named) >= 30
    assert [name for name in named if kind_of(name, "") is Kind.UNKNOWN] == []


def _names(cell: str) -> list[str]:
    """«Компенсация ущерба / потерянного / подмененного товара» is three names; what stands in
    brackets is none."""
    found = []
    for part in re.split(r"[;,→]|(?<= )with .*", re.sub(r"\(.*?\)", "", cell)):
        names = [name.strip(" …") for name in part.split(" / ")]
        if names[0].startswith("Компенсация") and len(names) > 1:
            names = [names[0], *(f"Компенсация {rest}" for rest in names[1:])]
            names = [f"{name} товара" if name.endswith("потерянного") else name for name in names]
        found += names
    return [name for name in found if name[:1].isupper() and re.match("[А-Я]", name)]


@pytest.mark.parametrize("document", ["Продажа", "Возврат", ""])
@pytest.mark.parametrize("operation", ["Нечто новое", "", "Продажа товара со скидкой"])
def test_an_operation_that_is_not_there_keeps_its_money_and_counts_no_pieces(
    operation: str, document: str
) -> None:
    told = {**GOODS, "quantity": 5, "deliveryService": "7", "penalty": "3"}
    sign = -1 if document == "Возврат" else 1
    expected = sign * M("760.50") - 10
    assert booked(operation, document, told) == {PnlLine.UNMAPPED: (expected, 0)}


def test_the_published_rows_of_every_kind_are_known_and_none_loses_a_field() -> None:
    """Live names, synthetic numbers: «Штраф» with storage and acceptance, «Хранение» with acceptance."""
    rows = sample(KINDS)
    assert {kind_of(each["sellerOperName"], each["docTypeName"]) for each in rows}.isdisjoint({Kind.UNKNOWN})
    found = read(*({**each, "rrdId": n, "reportId": 1} for n, each in enumerate(rows, start=1)))
    assert found.unplaced == []
    sums: dict[PnlLine, Decimal] = {}
    for part in found.settlement:
        sums[part.line] = sums.get(part.line, M(0)) + part.amount
    # −100.50; −10 − 20; −2.50 − 7.50; −50; +10; −25; −5; informational 7.00 nowhere
    expected = {
        PnlLine.PENALTY: M("-100.50"),
        PnlLine.STORAGE: M("-30.00"),
        PnlLine.ACCEPTANCE: M("-10.00"),
        PnlLine.ADS: M("-25.00"),
        PnlLine.CORRECTION: M("-5.00"),
    }
    assert {line: sums[line] for line in expected} == expected
    assert sums[PnlLine.LOGISTICS] + sums.get(PnlLine.RETURN_LOGISTICS, M(0)) == M("-40.00")
