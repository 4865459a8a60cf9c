"""Which use cases the chat offers, each wired once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.core.clock import Clock
from app.core.config import Settings
from app.core.crypto import Vault
from app.queue.port import JobQueue
from app.services.analytics.money import ShowMoney
from app.services.analytics.pnl import ShowPnl
from app.services.analytics.reports import CostSet, JobView
from app.services.analytics.status import ShowStatus
from app.services.analytics.stock import ShowStock
from app.services.analytics.supply import ShowSupply
from app.services.analytics.today import ShowToday
from app.services.audit import ListAudit
from app.services.costs import SetCostPrice, UndoCost
from app.services.idempotency import Once
from app.services.job_board import JobDesk, ShowBoard
from app.services.jobs import RequestCollect, RequestRecalc, ShowJob
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
    writing: list[tuple[Any, type, tuple[str, ...] | None]] = [
        (SetCostPrice(clock, settings), CostSet, None),
        (UndoCost(clock, settings), CostSet, None),
        (RequestRecalc(clock, settings, queue), JobView, None),
        (RequestCollect(clock, settings, queue), JobView, None),
        (StoreAccount(vault=vault), Connected, ("marketplace", "seller_key")),
        (RecordAnswer(), Answered, None),
        (SwitchCabinet(), Cabinet, None),
        (RenameCabinet(), Cabinet, None),
    ]
    ttl = timedelta(hours=settings.idempotency_ttl_hours)
    once: dict[type, Any] = {
        type(case): Once(case=case, answers=answers, clock=clock, ttl=ttl, names=names)
        for case, answers, names in writing
    }
    return {**{type(each): each for each in reading}, **kept, **once}
