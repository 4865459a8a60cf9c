"""Asking a marketplace whether a pasted token is good, whose it is and what it may do."""

from dataclasses import dataclass, field

from app.core.clock import Clock, SystemClock
from app.core.config import Settings
from app.core.errors import AmbarError
from app.db.session import Database
from app.marketplaces.errors import ScopeMissing, TokenRefused, TokenUnfit
from app.marketplaces.ozon.client import OzonClient, open_ozon
from app.marketplaces.ozon.client import SellerInfo as OzonSeller
from app.marketplaces.ozon.key import AdsKey, read_ads_key, read_key
from app.marketplaces.ozon.limits import ozon_limits
from app.marketplaces.ozon.performance import open_performance
from app.marketplaces.transport import Breakers, MemoryRateBudget, RateBudget
from app.marketplaces.wb.client import SellerInfo, WbClient, open_wb
from app.marketplaces.wb.limits import wb_limits
from app.marketplaces.wb.token import SCOPE_NAMES, TYPE_NAMES, TokenType, WbToken, read_token
from app.repositories.rate_budget import DbRateBudget
from app.services.tenancy.connect import OZON, WB, WITH_ADS, CheckedToken

OZON_METHOD_WORDS = {
    "/v1/seller/info": "сведения о кабинете",
    "/v3/product/list": "товары",
    "/v3/product/info/list": "товары",
    "/v1/finance/accrual/types": "финансы",
    "/v1/finance/accrual/by-day": "финансы",
    "/v1/analytics/stocks": "остатки и аналитика",
}
NOT_FOR_THE_CLOUD = (
    "Токен персональный: Wildberries запрещает передавать такой третьим лицам и облачным сервисам. Если этот "
    "Ambar стоит не на вашем собственном сервере, отзовите токен и выпустите базовый."
)
"""WB's knowledge base, "Система авторизации" (November 2026). Whose server it is, only people know."""
NOT_READ_ONLY = "Токен может и менять кабинет. Нам достаточно чтения: надёжнее токен «Только на чтение»."

ADS_ACCEPTED = "Ключ рекламы принят: расходы на рекламу разойдутся по товарам."


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceTokenChecker:
    """The real TokenChecker. Its calls spend the seller's own budget, the one the night spends too."""

    db: Database
    settings: Settings
    clock: Clock
    wall_clock: Clock = field(default_factory=SystemClock)

    def __call__(self, marketplace: str, pasted: str) -> CheckedToken:
        return self._ozon(pasted) if marketplace == OZON else self._wb(pasted)

    def _wb(self, pasted: str) -> CheckedToken:
        """Read the token, one ping, one question whose it is."""
        token = read_token(pasted, self.clock.now())
        limits = wb_limits(token.type, self.settings.api_pace)
        client = open_wb(
            token.raw,
            address=self.settings.wb_api_url,
            budget=DbRateBudget(
                db=self.db, clock=self.wall_clock, marketplace=WB, seller_key=token.sid, limits=limits
            ),
            clock=self.wall_clock,
            breakers=Breakers(self.wall_clock),
            timeout=self.settings.http_timeout_seconds,
        )
        with client.transport:
            _ping(client)
            seller, sid = _wb_owner(client, token)
        kind, _, remark = TYPE_NAMES[token.type].partition(":")
        notes = [f"Токен {kind}: {remark.strip()}."] if remark else []
        if token.type is TokenType.PERSONAL:
            notes.append(NOT_FOR_THE_CLOUD)
        return CheckedToken(
            marketplace=WB,
            seller_key=sid,
            name=(seller.trade_mark or seller.name) if seller else "",
            kind=kind.partition(" (")[0],
            scopes=tuple(SCOPE_NAMES[scope] for scope in sorted(token.scopes)),
            missing_scopes=tuple(token.missing()),
            expires_at=token.expires_at,
            notes=tuple(notes if token.read_only else [*notes, NOT_READ_ONLY]),
            secret=token.raw,
            info=seller._asdict() if seller else {},
        )

    def _ozon(self, pasted: str) -> CheckedToken:
        """One call tells expiry and roles, another the seller's name, a third takes advertising's key."""
        limits = ozon_limits(self.settings.api_pace)
        if (alone := read_ads_key(pasted)) is not None:
            # Whose advertising it is, nothing says: the one Ozon cabinet's that it is stored beside.
            self._sign_in(alone, MemoryRateBudget(self.wall_clock, limits))
            return _only_ads(alone)
        key = read_key(pasted)
        budget = DbRateBudget(
            db=self.db, clock=self.wall_clock, marketplace=OZON, seller_key=key.client_id, limits=limits
        )
        client = open_ozon(
            key,
            address=self.settings.ozon_api_url,
            budget=budget,
            clock=self.wall_clock,
            breakers=Breakers(self.wall_clock),
            timeout=self.settings.http_timeout_seconds,
        )
        with client.transport:
            roles = client.roles()
            seller = _ozon_seller(client)
        if key.ads is not None:
            self._sign_in(key.ads, budget)
        missing = dict.fromkeys(OZON_METHOD_WORDS.get(path, path) for path in roles.missing())
        return CheckedToken(
            marketplace=OZON,
            seller_key=key.client_id,
            name=seller.name if seller else "",
            kind=WITH_ADS if key.ads else "",
            scopes=roles.names,
            missing_scopes=tuple(missing),
            expires_at=roles.expires_at,
            notes=(ADS_ACCEPTED,) if key.ads else (),
            secret=key.secret,
            info=seller._asdict() if seller else {},
        )

    def _sign_in(self, key: AdsKey, budget: RateBudget) -> None:
        """Raises TokenUnfit where Ozon does not take the key of advertising."""
        client = open_performance(
            key,
            address=self.settings.ozon_performance_api_url,
            budget=budget,
            clock=self.wall_clock,
            breakers=Breakers(self.wall_clock),
            timeout=self.settings.http_timeout_seconds,
        )
        with client.transport:
            client.sign_in()


def _only_ads(key: AdsKey) -> CheckedToken:
    """A key of advertising alone, for a cabinet that is connected already."""
    return CheckedToken(
        marketplace=OZON,
        seller_key="",
        name="",
        kind=WITH_ADS,
        scopes=(),
        missing_scopes=(),
        expires_at=None,
        notes=(ADS_ACCEPTED,),
        secret=key.secret,
    )


def _ping(client: WbClient) -> None:
    """Dead tokens end here. One that may not ask this host is alive: what it lacks is read from it."""
    try:
        client.ping()
    except ScopeMissing:
        return


def _wb_owner(client: WbClient, token: WbToken) -> tuple[SellerInfo | None, str]:
    """The seller, who may be refused (told once a day on a base token), and the sid from the token."""
    try:
        seller = client.seller_info()
    except TokenRefused:
        raise
    except AmbarError:
        if token.sid:
            return None, token.sid
        raise
    sid = token.sid or seller.sid
    if not sid:
        raise TokenUnfit("В токене не сказано, чей это кабинет. Выпустите новый в кабинете Wildberries.")
    return seller, sid


def _ozon_seller(client: OzonClient) -> OzonSeller | None:
    """None where the key's roles do not let it ask: the cabinet is connected all the same."""
    try:
        return client.seller_info()
    except TokenRefused:
        raise
    except AmbarError:
        return None
