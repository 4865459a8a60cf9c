"""A tenant's night: collect every source, recompute what changed, advise, tell.

The recalculation is a child of the collection, never a clock's guess. A source that fails or must
wait does not stop the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog

from app.core.clock import Clock, business_day
from app.core.config import Settings
from app.core.errors import AmbarError
from app.db.partitions import ensure_months
from app.db.session import Database, TenantTx
from app.domain.supply.policy import Policy
from app.repositories import accounts
from app.repositories.accounts import StoredAccount
from app.repositories.audit import append_audit
from app.repositories.transit import note_gaps
from app.services.ingestion.cabinet import Asked, CabinetNight, Round, every
from app.services.ingestion.collect import Collected
from app.services.ingestion.erasure import Believed
from app.services.ingestion.gateway import Gateway
from app.services.refresh import Refreshed, refresh_derived

log = structlog.get_logger(__name__)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """What a night did, by source ("wb.sales"; "wb.sales#3" where a marketplace has several cabinets).

    ``finish_at``: when what a marketplace asked to wait for will be there, as far as one can tell.
    """

    tenant_id: int
    d: date
    trace_id: str = ""
    sources: dict[str, Collected] = field(default_factory=dict)
    refreshed: Refreshed | None = None
    finish_at: datetime | None = None

    @property
    def rows(self) -> dict[str, int]:
        """{source: rows}, as the seed's jobs return it."""
        return {name.replace(".", "_"): done.rows for name, done in self.sources.items()}

    @property
    def wait_until(self) -> datetime | None:
        """When to come back for what a marketplace asked to wait for."""
        return min((done.wait_until for done in self.sources.values() if done.wait_until), default=None)

    @property
    def is_busy(self) -> bool:
        """Is another collection at one of the cabinets?"""
        return any(done.is_busy for done in self.sources.values())

    @property
    def is_down(self) -> bool:
        """Did a marketplace not answer, so that trying again in a while is worth it?"""
        return any(done.is_down for done in self.sources.values())

    @property
    def errors(self) -> dict[str, str]:
        """{source: sentence} of those that failed."""
        return {name: done.error for name, done in self.sources.items() if done.error}

    @property
    def closed(self) -> dict[str, str]:
        """{source: sentence} of those that a marketplace does not offer to the seller now."""
        return {name: done.closed for name, done in self.sources.items() if done.closed}

    @property
    def written(self) -> int:
        """Rows of facts and derived tables that are not what they were."""
        facts = sum(done.count.written for done in self.sources.values())
        return facts + (self.refreshed.written if self.refreshed else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Runs nights. Callable directly and by the worker; the two do the same."""

    db: Database
    settings: Settings
    clock: Clock
    gateway: Gateway

    def yesterday(self) -> date:
        """The last full business day."""
        return business_day(self.clock.now(), self.settings.day_timezone) - timedelta(days=1)

    def run(
        self,
        tenant_id: int,
        d: date,
        trace_id: str,
        progress: Progress,
        *,
        days: int | None = None,
        only: Callable[[str], bool] = every,
        account_id: int | None = None,
        believed: Believed = frozenset(),
        hand: str = "",
    ) -> NightReport:
        """The whole night of one tenant for day ``d``; with ``days`` a backfill of that many, with
        ``account_id`` of that cabinet alone. ``believed`` and ``hand``: see ``Asked`` and ``erasure``."""
        structlog.contextvars.bind_contextvars(trace_id=trace_id, tenant_id=tenant_id)
        report = NightReport(tenant_id=tenant_id, d=d, trace_id=trace_id)
        with self.db.tenant(tenant_id) as tx:
            # Replies are kept under the instant they came at, which a demo or a replay may set long ago.
            ensure_months(tx, min(d, self.clock.now().date()), self.clock.now().date())
            cabinets = [account for account in accounts.list_accounts(tx) if account.state != "off"]
        several = len({account.marketplace for account in cabinets}) < len(cabinets)
        asked = Asked(d=d, trace_id=trace_id, days=days, only=only, believed=believed, hand=hand)
        for account in (each for each in cabinets if account_id in (None, each.id)):
            suffix = f"#{account.id}" if several else ""
            done = self._cabinets.collect(account, asked, progress)
            self._mark(account, done)
            report = replace(
                report,
                sources={**report.sources, **{each.source + suffix: each for each in done.sources}},
                finish_at=max(filter(None, (report.finish_at, done.finish_at)), default=None),
            )
        if not report.is_busy:  # or whoever collects now does that when it is through
            policy = policy_of(self.settings)
            refreshed = refresh_derived(
                self.db, tenant_id, d, policy=policy, trace_id=trace_id, progress=progress
            )
            with self.db.tenant(tenant_id) as tx:
                note_gaps(tx, d)
            report = replace(report, refreshed=refreshed)
        log.info(
            "night_finished",
            date=str(d),
            rows=report.rows,
            errors=report.errors,
            closed=report.closed,
            written=report.written,
            finish=str(report.finish_at or ""),
        )
        return report

    def forecast(self, tenant_id: int, d: date, trace_id: str, days: int | None = None) -> datetime | None:
        """When a night or a backfill would be finished, before it is begun; None where it cannot be told.

        Nobody is asked anything.
        """
        with self.db.tenant(tenant_id) as tx:
            cabinets = [account for account in accounts.list_accounts(tx) if account.state != "off"]
        asked, told = Asked(d=d, trace_id=trace_id, days=days), []
        for account in cabinets:
            try:
                with self.gateway.sources(account) as sources:
                    steps = self._cabinets.plan(account, sources, asked)
                told.append(self._cabinets.forecast(account, steps, asked))
            except AmbarError:
                continue  # the night itself will say what is wrong with it
        return max(told, default=None)

    @property
    def _cabinets(self) -> CabinetNight:
        return CabinetNight(
            db=self.db, clock=self.clock, gateway=self.gateway, day_timezone=self.settings.day_timezone
        )

    def _mark(self, account: StoredAccount, done: Round) -> None:
        """The marketplace takes the token, or does not."""
        state = "refused" if any(each.is_refused for each in done.sources) else "active"
        if state != account.state and not done.is_busy:
            with self.db.tenant(account.tenant_id) as tx:
                if accounts.mark_token(tx, account.id, state):
                    _note_token(tx, account, state)


def _note_token(tx: TenantTx, account: StoredAccount, state: str) -> None:
    """In the audit: the marketplace takes the token no more, or again."""
    action = "cabinet.refused" if state == "refused" else "cabinet.accepted"
    append_audit(tx, action, account.name, before={"state": account.state}, after={"state": state})


def policy_of(settings: Settings) -> Policy:
    """The advice's parameters as set."""
    return Policy(
        aggr_days_wb=settings.aggr_days_wb,
        aggr_days_ozon=settings.aggr_days_ozon,
        safety_coeff=settings.safety_coeff,
    )
