"""The parts of the Wildberries API that live in files of their own."""

from collections.abc import Callable

from app.sandbox.wb.area import Area
from app.sandbox.wb.areas.ads import Ads
from app.sandbox.wb.areas.balance import Balance
from app.sandbox.wb.areas.order_feed import OrderFeed
from app.sandbox.wb.areas.stock_history import StockHistory
from app.sandbox.wb.areas.stock_now import StockNow
from app.sandbox.wb.promotion import Promotion
from app.sandbox.world import World


def wb_areas(world: World, clock: Callable[[], float], pace: float) -> tuple[Area, ...]:
    """All of them. ``clock`` and ``pace`` are for reports that take a while to be made."""
    return (
        Balance(world),
        OrderFeed(world),
        StockNow(world),
        StockHistory(world, clock, pace),
        Ads(world, Promotion(world)),
    )
