"""Checks against figures that this project did not make."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from app.sandbox.money import booked
from app.sandbox.wb.books import payout
from tests.sandbox.test_ozon import charged, commissions, rub

LIVE = Path(__file__).resolve().parents[2] / ".." / "shared" / "samples" / "ozon" / "live"
ACCRUALS = LIVE / "accrual_by_day_LIVE-anonymised_2026-06-01_cases.json"
TYPES = LIVE / "accrual_types_LIVE_132types_2026-09.json"


def test_the_payout_of_wb_week_2025_w49_meets_the_portal():
    """Published figures of both reports of the week (wildberries.md 7.1)."""
    main = payout(
        for_pay=135_186_71,
        logistics=26_139_82,
        storage=1_923_34,
        deduction=51_063_00,
        fee_correction=2_153_28,
    )
    assert booked(main) == "53907.27"
    assert booked(payout(for_pay=3_466_25, logistics=432_16)) == "3034.09"


@pytest.mark.needs_shared
@pytest.mark.skipif(not ACCRUALS.exists(), reason="the live accruals are not beside the repository")
def test_the_ozon_identities_hold_on_published_live_accruals():
    accruals = json.loads(ACCRUALS.read_text(encoding="utf-8"))["accruals"]
    assert len(accruals) == 5
    for accrual in accruals:
        total = Decimal(0)
        for product in (accrual["posting"] or {"products": []})["products"]:
            product.setdefault("quantity", 1)
        for line in commissions(accrual):
            total += rub(line["sale_amount"]) + rub(line["sale_commission"])
            assert rub(line["sale_amount"]) == sum(
                rub(line[n]) for n in ("sale_price", "bonus", "coinvestment")
            )
        assert rub(accrual["total_amount"]) == total + sum(amount for _, amount in charged(accrual))


@pytest.mark.needs_shared
@pytest.mark.skipif(not TYPES.exists(), reason="the live dictionary is not beside the repository")
def test_our_accrual_types_are_those_of_the_live_dictionary():
    from app.sandbox.ozon.types import TYPES as OURS

    live = {
        t["id"]: (t["name"], t["description"]) for t in json.loads(TYPES.read_text("utf-8"))["accrual_types"]
    }
    assert {i: live[i] for i in OURS} == OURS
