"""From a stored cabinet to its sources: the token unsealed, the seller's own budget, the clients."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from app.core.clock import Clock, SystemClock
from app.core.config import Settings
from app.core.crypto import Vault
from app.core.metrics import UNMEASURED, Metrics
from app.db.session import Database
from app.marketplaces.ozon.client import OzonClient, open_ozon
from app.marketplaces.ozon.key import read_key
from app.marketplaces.ozon.limits import ozon_limits
from app.marketplaces.ozon.performance import open_performance
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.sources import ozon_sources
from app.marketplaces.source import Source
from app.marketplaces.transport import Breakers, CallReport, Limit
from app.marketplaces.wb.client import WbClient, open_wb
from app.marketplaces.wb.limits import wb_limits
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import WbToken, read_token
from app.repositories.accounts import StoredAccount
from app.repositories.rate_budget import DbRateBudget
from app.services.accrual_lines import ozon_policy
from app.services.tenancy.connect import account_aad


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Opens cabinets. Budgets and breakers run on the machine's clock, whatever day the business is in."""

    db: Database
    settings: Settings
    vault: Vault
    clock: Clock
    wall_clock: Clock = field(default_factory=SystemClock)
    metrics: Metrics = UNMEASURED
    breakers: Breakers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "breakers", Breakers(self.wall_clock))

    @contextmanager
    def sources(self, account: StoredAccount) -> Iterator[list[Source]]:
        """The cabinet's sources in the order of a night, connections closed afterwards.

        Raises:
            TokenUnfit: the stored token has expired.
            Conflict: it was sealed with another master key.
        """
        if account.marketplace == "WB":
            with self.wb(account) as (wb, token):
                yield wb_sources(wb, self._wb_policy(token))
        else:
            with self.ozon(account) as ozon:
                yield ozon_sources(ozon, self._ozon_policy(account))

    @contextmanager
    def wb(self, account: StoredAccount) -> Iterator[tuple[WbClient, WbToken]]:
        """A Wildberries cabinet's client and what its token says of itself.

        Raises:
            TokenUnfit, Conflict: as ``sources``.
        """
        token = read_token(self._secret(account), self.clock.now())
        wb = open_wb(
            token.raw,
            address=self.settings.wb_api_url,
            budget=self._budget(account, wb_limits(token.type, self.settings.api_pace)),
            clock=self.wall_clock,
            breakers=self.breakers,
            timeout=self.settings.http_timeout_seconds,
            on_call=partial(self._count, account.marketplace),
        )
        with wb.transport:
            yield wb, token

    @contextmanager
    def ozon(self, account: StoredAccount) -> Iterator[OzonClient]:
        """An Ozon cabinet's client, with its advertising where the seller gave a key of that.

        Raises:
            Conflict: as ``sources``.
        """
        key = read_key(self._secret(account))
        budget = self._budget(account, ozon_limits(self.settings.api_pace))
        count = partial(self._count, account.marketplace)
        ozon = open_ozon(
            key,
            address=self.settings.ozon_api_url,
            budget=budget,
            clock=self.wall_clock,
            breakers=self.breakers,
            timeout=self.settings.http_timeout_seconds,
            on_call=count,
        )
        if key.ads is not None:
            ozon.ads = open_performance(
                key.ads,
                address=self.settings.ozon_performance_api_url,
                budget=budget,
                clock=self.wall_clock,
                breakers=self.breakers,
                timeout=self.settings.http_timeout_seconds,
                on_call=count,
            )
        with closing(ozon):
            yield ozon

    def _secret(self, account: StoredAccount) -> str:
        aad = account_aad(account.tenant_id, account.marketplace, account.seller_key)
        return self.vault.decrypt(account.sealed, aad).decode()

    def limits(self, account: StoredAccount) -> dict[str, Limit]:
        """How often each method of this cabinet may be called, by the type of its token.

        Raises:
            TokenUnfit, Conflict: as ``sources``.
        """
        if account.marketplace != "WB":
            return ozon_limits(self.settings.api_pace)
        token = read_token(self._secret(account), self.clock.now())
        return wb_limits(token.type, self.settings.api_pace)

    def _count(self, marketplace: str, call: CallReport) -> None:
        self.metrics.marketplace_called(marketplace, call.budget, call.status, call.seconds)

    def _wb_policy(self, token: WbToken) -> WbPolicy:
        # A marketplace that runs faster than the real one (the sandbox) has its reports ready sooner.
        pause = WbPolicy().poll_pause / self.settings.api_pace
        return WbPolicy(
            token_type=token.type,
            scopes=token.scopes,
            day_timezone=self.settings.day_timezone,
            poll_pause=max(pause, 0.02),
        )

    def _ozon_policy(self, account: StoredAccount) -> OzonPolicy:
        with self.db.tenant(account.tenant_id) as tx:
            policy = ozon_policy(tx, account.id)
        # As with Wildberries: where the marketplace runs faster, its reports are ready sooner.
        return replace(policy, poll_pause=max(policy.poll_pause / self.settings.api_pace, 0.02))

    def _budget(self, account: StoredAccount, limits: Mapping[str, Limit]) -> DbRateBudget:
        return DbRateBudget(
            db=self.db,
            clock=self.wall_clock,
            marketplace=account.marketplace,
            seller_key=account.seller_key,
            limits=limits,
        )
