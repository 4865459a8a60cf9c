"""Which use cases the chat offers, each wired once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.core.clock import Clock
from app.core.config import Settings
from app.core.crypto import Vault
from app.queue.port import JobQueue
from app.services.analytics.abc import ShowAbc
from app.services.analytics.ageing import ShowAgeing
from app.services.analytics.money import ShowMoney
from app.services.analytics.pnl import ShowPnl
from app.services.analytics.reports import CostSet, JobView
from app.services.analytics.slow import ShowSlow
from app.services.analytics.status import ShowStatus
from app.services.analytics.stock import ShowStock
from app.services.analytics.supply import ShowSupply
from app.services.analytics.today import ShowToday
from app.services.analytics.valuation import ShowValuation
from app.services.audit import ListAudit
from app.services.costs import SetCostPrice, UndoCost
from app.services.idempotency import Once
from app.services.job_board import JobDesk, ShowBoard
from app.services.jobs import RequestCollect, RequestRecalc, ShowJob
from app.services.ledger.posting import PostStock
from app.services.report_cache import Cached, ReportCache
from app.services.reviews import Answered, ListReviews, RecordAnswer, ShowReview
from app.services.tenancy.cabinets import (
    Cabinet,
    ListCabinets,
    RenameCabinet,
    ShowCabinet,
    SwitchCabinet,
)
from app.services.tenancy.connect import Connected, StoreAccount
from app.services.warehouse.drafts import DropDraft, KeepDraft, Kept, PostDraft, ShowDraft
from app.services.warehouse.files import CheckFile, ListFaults, TakeFile
from app.services.warehouse.find import FindItems, FindScanned, ShowItem
from app.services.warehouse.item_making import ItemMade, MakeItem, MakeItemsOfCards
from app.services.warehouse.listings import (
    ConfirmSure,
    Decided,
    DecidedMany,
    DecideLink,
    LinkListing,
    ShowListing,
    ShowListings,
)
from app.services.warehouse.moves import DrawMove
from app.services.warehouse.orders import ListOrders, OrderDone, ShowOrder, order_deeds
from app.services.warehouse.past import ShowDocument, ShowHistory
from app.services.warehouse.promises import ListHolds, ShowHold
from app.services.warehouse.said import Step
from app.services.warehouse.transit import ListSupplies, ShowDaySide, ShowOwn, ShowParts, ShowTrip
from app.services.warehouse.undo import ListUndoable, UndoDocument


def build_cases(
    settings: Settings, clock: Clock, vault: Vault, queue: JobQueue, reports: ReportCache | None = None
) -> Mapping[type, Any]:
    """Use case class → the instance that serves it. Those that write answer a repeated update with what
    they answered the first time; a cabinet is the same request however often its token was asked about.
    ``reports``: where answers about figures are kept for a while."""
    figures = [case(clock, settings) for case in (ShowPnl, ShowToday, ShowMoney, ShowStock, ShowSupply)]
    kept = {type(each): Cached(each, reports) if reports else each for each in figures}
    reading: list[Any] = [ShowStatus(clock, settings), ShowJob(clock, settings, queue), ListAudit()]
    reading += [ListCabinets(), ShowCabinet(), ShowBoard(), JobDesk(queue)]
    reading += [ListReviews(), ShowReview()]
    reading += [case(clock, settings) for case in (ShowAbc, ShowAgeing, ShowSlow, ShowValuation)]
    day = settings.day_timezone
    reading += [ListOrders(clock=clock, day_timezone=day), ShowOrder(), ListSupplies(), ShowTrip(), ShowOwn()]
    reading += [ShowParts(clock=clock, day_timezone=day), ShowDaySide(clock=clock, day_timezone=day)]
    post = PostStock(clock=clock, day_zone=ZoneInfo(day))
    reading += [ListHolds(clock=clock), ShowHold(clock=clock), ShowHistory(), ShowDocument(), ListUndoable()]
    reading += [FindItems(clock, settings), ShowItem(clock, settings), FindScanned()]
    # What is proposed is found anew; a file is kept once, and posted under the one reference of its drafts.
    reading += [ShowListings(), ShowListing(), TakeFile(clock), CheckFile(post, clock), ListFaults(post)]
    # These write, and are their own anchors: a document's reference, a draft's kept answer.
    reading += [PostDraft(post=post, clock=clock), DropDraft(), ShowDraft(), UndoDocument(post=post)]
    writing: list[tuple[Any, type, tuple[str, ...] | None]] = [
        (SetCostPrice(clock, settings), CostSet, None),
        (UndoCost(clock, settings), CostSet, None),
        (RequestRecalc(clock, settings, queue), JobView, None),
        (RequestCollect(clock, settings, queue), JobView, None),
        (StoreAccount(vault=vault), Connected, ("marketplace", "seller_key")),
        (RecordAnswer(), Answered, None),
        *((case, OrderDone, None) for case in order_deeds(clock, day)),
        (DecideLink(clock), Decided, None),
        (LinkListing(clock), Decided, None),
        (ConfirmSure(clock), DecidedMany, None),
        (MakeItemsOfCards(clock), DecidedMany, None),
        (MakeItem(), ItemMade, None),
        (DrawMove(clock=clock, day_zone=ZoneInfo(day)), Step, None),
        (KeepDraft(clock=clock), Kept, None),
        (SwitchCabinet(), Cabinet, None),
        (RenameCabinet(), Cabinet, None),
    ]
    ttl = timedelta(hours=settings.idempotency_ttl_hours)
    once: dict[type, Any] = {
        type(case): Once(case=case, answers=answers, clock=clock, ttl=ttl, names=names)
        for case, answers, names in writing
    }
    return {**{type(each): each for each in reading}, **kept, **once}
