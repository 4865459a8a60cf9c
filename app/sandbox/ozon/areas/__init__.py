"""The parts of the Ozon API that live in files of their own."""

from collections.abc import Callable

from app.sandbox.ozon.area import Area
from app.sandbox.ozon.areas.clusters import Clusters
from app.sandbox.ozon.areas.compensations import COMPENSATIONS, DECOMPENSATIONS
from app.sandbox.ozon.areas.goods import Goods
from app.sandbox.ozon.areas.payouts import Payouts
from app.sandbox.ozon.areas.placement import PLACEMENT
from app.sandbox.ozon.areas.posting_accruals import PostingAccruals
from app.sandbox.ozon.areas.posting_lists import PostingLists
from app.sandbox.ozon.areas.realization import POSTINGS_FILE, Realization
from app.sandbox.ozon.areas.reports import Reports
from app.sandbox.ozon.areas.return_lists import ReturnLists
from app.sandbox.ozon.areas.reviews import Reviews
from app.sandbox.ozon.areas.supplies import Supplies
from app.sandbox.world import World


def ozon_areas(world: World, clock: Callable[[], float], pace: float) -> tuple[Area, ...]:
    """All of them. ``clock`` and ``pace`` are for reports that take a while to be made."""
    return (
        Goods(world),
        PostingLists(world),
        ReturnLists(world),
        PostingAccruals(world),
        Realization(world),
        Payouts(world),
        Reports(world, clock, pace, (PLACEMENT, COMPENSATIONS, DECOMPENSATIONS, POSTINGS_FILE)),
        Supplies(world),
        Clusters(world),
        Reviews(world),
    )
