"""The seller: always the same from the same seed, and coherent with itself."""

import sys
from datetime import timedelta
from types import FrameType

import numpy as np

from app.sandbox.ledger import NEVER
from app.sandbox.world import World
from tests.sandbox.conftest import TODAY, open_shop


def _bytes(world: World) -> bytes:
    return b"".join(lines.tobytes() for m in (world.wb, world.ozon) for lines in m.ledger.orders)


def test_the_same_seed_gives_the_same_replies_to_the_byte():
    replies = []
    for _ in range(2):
        for shop in open_shop(World(7, skus=40, days=10, today=TODAY)):
            body = {"dateFrom": "2026-11-10", "dateTo": "2026-11-19", "period": "daily"}
            path = "/wb/finance-api/api/finance/v1/sales-reports/detailed"
            asked = [
                shop.http.post(path, headers=shop.wb, json=body).content,
                shop.post_ozon("/v1/finance/accrual/by-day", {"date": "2026-11-18"}).content,
                shop.http.get("/sandbox/state").content,
            ]
            replies.append(asked)
    assert replies[0] == replies[1]
    assert len(replies[0][0]) > 10_000


def test_another_seed_is_another_seller():
    assert _bytes(World(7, skus=40, days=10)) != _bytes(World(8, skus=40, days=10))


def test_advancing_by_days_is_the_same_as_starting_again_on_that_day():
    advanced = World(7, skus=40, days=10, today=TODAY)
    for _ in range(4):
        advanced.advance(1)
    again = World(7, skus=40, days=10, today=TODAY + timedelta(days=4), born=TODAY)
    assert _bytes(advanced) == _bytes(again)
    assert (advanced.wb.stock == again.wb.stock).all()
    assert again.first_day == TODAY - timedelta(days=10)


def test_pieces_are_neither_made_nor_lost():
    """What is on the shelf is what arrived and came back, less what was ordered."""
    world = World(5, skus=60, days=40)
    before = World(5, skus=60, days=40, today=world.today, born=world.today)
    for market, start in ((world.wb, before.wb), (world.ozon, before.ozon)):
        start_stock = start.stock.copy()
        t = market.days
        due = [(s.copy(), u.copy()) for s, u in market._due.get(t, [])]
        market.live_until(t + 1)
        expected = start_stock
        for skus, units in due:
            expected[skus] += units
        ordered = market.ledger.placed(t)
        np.subtract.at(expected, ordered["sku"], ordered["qty"].astype(np.int64))
        for bucket, day in (("cancel", t), ("back", t - 2)):
            lines = market.ledger.on(bucket, day)
            np.add.at(expected, lines["sku"], lines["qty"].astype(np.int64))
        assert (market.stock == expected).all()
        assert (market.stock >= 0).all()


def test_some_goods_run_out_and_are_replenished():
    world = World(7, skus=300, days=90)
    for market in (world.wb, world.ozon):
        assert 0.01 < (market.stock == 0).mean() < 0.35
        assert market.in_transit(world.now_t).sum() > 0


def test_every_fate_happens_in_its_order():
    world = World(7, skus=300, days=60)
    for market in (world.wb, world.ozon):
        lines = np.concatenate(market.ledger.orders)
        sold = lines[lines["sold"] != NEVER]
        delay = sold["sold"] - sold["day"]
        assert (delay.min(), delay.max()) == (1, 7)
        assert (sold["sold_rec"] >= sold["sold"]).all()
        assert (sold["sold_rec"] > sold["sold"]).any()
        back = sold[sold["back"] != NEVER]
        assert 0.03 < len(back) / len(sold) < 0.12
        assert ((back["back"] - back["sold"]) >= 1).all()
        assert ((back["back"] - back["sold"]) <= 20).all()
        assert (back["back_rec"] >= back["sold_rec"]).all()
        assert ((lines["cancel"] == NEVER) | (lines["sold"] == NEVER)).all()


def test_half_of_the_skus_are_on_each_marketplace_and_some_share_an_article():
    world = World(7, skus=300, days=1)
    wb, ozon = world.wb.shelf, world.ozon.shelf
    assert (len(wb), len(ozon)) == (150, 150)
    assert len(set(wb.article) & set(ozon.article)) > 10
    sizes = np.unique(wb.card_id, return_counts=True)[1]
    assert set(sizes.tolist()) == {1, 2, 3}
    for shelf in (wb, ozon):
        assert len(set(shelf.item_id.tolist())) == len(set(shelf.barcode)) == 150
    assert len(set(ozon.article)) == 150


def test_a_day_of_many_skus_is_arithmetic_over_columns_not_a_loop_over_them():
    """What lets a large seller live a day in no time; 100,000 SKUs call Python as often as 20,000."""
    world, calls = World(7, skus=20_000, days=1, today=TODAY), 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        world.advance(1)
    finally:
        sys.setprofile(before)
    assert 0 < calls < world.skus
