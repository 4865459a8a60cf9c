"""Which use cases the chat offers, each wired once."""

from collections.abc import Mapping
from typing import Any

from app.core.clock import Clock
from app.core.config import Settings
from app.core.crypto import Vault
from app.queue.port import JobQueue
from app.services.analytics.pnl import ShowPnl
from app.services.analytics.status import ShowStatus
from app.services.analytics.stock import ShowStock
from app.services.analytics.supply import ShowSupply
from app.services.analytics.today import ShowToday
from app.services.costs import SetCostPrice, UndoCost
from app.services.jobs import RequestCollect, RequestRecalc, ShowJob
from app.services.tenancy.connect import StoreAccount


def build_cases(settings: Settings, clock: Clock, vault: Vault, queue: JobQueue) -> Mapping[type, Any]:
    """Use case class → the instance that serves it."""
    analytics = [case(clock, settings) for case in (ShowPnl, ShowToday, ShowStock, ShowSupply, ShowStatus)]
    costs = [case(clock, settings) for case in (SetCostPrice, UndoCost)]
    work = [case(clock, settings, queue) for case in (RequestRecalc, RequestCollect, ShowJob)]
    return {type(each): each for each in [*analytics, *costs, *work, StoreAccount(vault=vault)]}
