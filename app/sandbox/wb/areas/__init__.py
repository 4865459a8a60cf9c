"""The parts of the Wildberries API that live in files of their own."""

from collections.abc import Callable

from app.sandbox.wb.area import Area
from app.sandbox.wb.areas.ads import Ads
from app.sandbox.wb.areas.balance import Balance
from app.sandbox.wb.areas.charges import Charges, acceptance_report
from app.sandbox.wb.areas.item_returns import ItemReturns
from app.sandbox.wb.areas.order_feed import OrderFeed
from app.sandbox.wb.areas.paid_storage import storage_report
from app.sandbox.wb.areas.prices import Prices
from app.sandbox.wb.areas.rates import Rates
from app.sandbox.wb.areas.reviews import Reviews
from app.sandbox.wb.areas.stock_history import StockHistory
from app.sandbox.wb.areas.stock_now import StockNow
from app.sandbox.wb.areas.supplies import Supplies
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
        Prices(world),
        Supplies(world),
        Reviews(world),
        Rates(world),
        storage_report(world, clock, pace),
        acceptance_report(world, clock, pace),
        Charges(world),
        ItemReturns(world),
    )
