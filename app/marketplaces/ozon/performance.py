"""The connection to Ozon's Performance API, where advertising lives: a door and a key of its own.

A token is got for the pair of keys, lives half an hour and is kept in memory only. Some GETs of this API
change campaigns, so nothing is called that is not on the list. Source: facts/ozon.md section 8.
"""

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.core.clock import Clock
from app.marketplaces.errors import Garbled, Refused, ScopeMissing, TokenRefused, TokenUnfit
from app.marketplaces.ozon.key import AdsKey
from app.marketplaces.transport import (
    Breakers,
    CallReport,
    Endpoint,
    RateBudget,
    Reply,
    SecretHeaders,
    Transport,
)
from app.marketplaces.wire import parse_json

HOST = "ozon-performance"
TOKEN = Endpoint("ozon.ads.token", "POST", HOST, "/api/client/token")
EARLY = timedelta(seconds=60)
"""A token is renewed this long before its end: a call must not outlive it."""

READS = frozenset(
    {
        ("POST", "/api/client/token"),
        ("GET", "/api/client/campaign"),
        ("GET", "/api/client/statistics/expense/json"),
        ("POST", "/api/client/statistics/products/sku"),
        ("POST", "/api/client/statistics/json"),
        ("GET", "/api/client/statistics/report"),
    }
)
"""All that may be called, beside the state of a report. ``GET …/all_sku_promo/activate`` switches
advertising on: a verb says nothing here."""
_STATE = re.compile(r"/api/client/statistics/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class AdsKeyRefused(TokenUnfit):
    """Ozon does not take the key of advertising. The Seller API's is another and may be good."""

    def __init__(self) -> None:
        super().__init__(
            "Ozon не принимает ключ рекламы (Performance API): он неверный или отозван. "
            "Пришлите новые Client ID и Client Secret: /connect."
        )


class Bearer(SecretHeaders):
    """The token of now, put on a request at the last moment and never shown."""

    def __init__(self) -> None:
        super().__init__({})
        self.token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        yield request

    def __repr__(self) -> str:
        return "Bearer()"


@dataclass(slots=True)
class PerformanceClient:
    """Advertising of one seller account."""

    transport: Transport
    key: AdsKey
    bearer: Bearer
    _good_until: datetime | None = field(default=None, repr=False)

    def call(
        self,
        endpoint: Endpoint,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply:
        """One answered request. A token that died before its time is renewed once.

        Raises:
            AdsKeyRefused: the pair of keys is not taken.
            ValueError: the method is not one of ``READS``; nothing was asked.
            And the errors of app.marketplaces.errors.
        """
        if (endpoint.verb, endpoint.path) not in READS and not _asks_state(endpoint):
            raise ValueError(f"{endpoint.verb} {endpoint.path} is not on the list of what only reads")
        if self._good_until is None or self.transport.clock.now() >= self._good_until:
            self.sign_in()
        try:
            return self.transport.call(endpoint, params=params, body=body)
        except TokenRefused:
            self.sign_in()
        try:
            return self.transport.call(endpoint, params=params, body=body)
        except TokenRefused:
            raise AdsKeyRefused from None

    def sign_in(self) -> None:
        """A new token for the pair of keys. Raises AdsKeyRefused."""
        self.bearer.token, self._good_until = "", None
        asked = {
            "client_id": self.key.client_id,
            "client_secret": self.key.client_secret,
            "grant_type": "client_credentials",
        }
        try:
            # The reply tells the token, its request the pair: neither leaves this function.
            told = parse_json(self.transport.call(TOKEN, body=asked).body, TOKEN.budget)
        except (TokenRefused, ScopeMissing):
            raise AdsKeyRefused from None
        except Refused as error:
            if error.status == 400:
                raise AdsKeyRefused from None
            raise
        token = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(token, str) or not token:
            raise Garbled(TOKEN.budget, "нет поля access_token")
        lives = told.get("expires_in")
        life = timedelta(seconds=lives if isinstance(lives, int) and 0 < lives <= 86_400 else 1_800)
        self.bearer.token = token
        self._good_until = self.transport.clock.now() + max(life - EARLY, life / 2)


def _asks_state(endpoint: Endpoint) -> bool:
    return endpoint.verb == "GET" and _STATE.fullmatch(endpoint.path) is not None


def open_performance(
    key: AdsKey,
    *,
    address: str,
    budget: RateBudget,
    clock: Clock,
    breakers: Breakers,
    timeout: float = 60.0,
    max_wait: float = 5.0,
    on_call: Callable[[CallReport], None] | None = None,
) -> PerformanceClient:
    """A client for a key. ``address``: the setting OZON_PERFORMANCE_API_URL. Close ``.transport`` when
    done."""
    bearer = Bearer()
    transport = Transport(
        marketplace="Ozon",
        address=address,
        auth=bearer,
        budget=budget,
        clock=clock,
        breakers=breakers,
        timeout=timeout,
        max_wait=max_wait,
        # One export at a time: whoever else makes one needs a minute or two.
        default_cool_down=120.0,
        on_call=on_call,
    )
    return PerformanceClient(transport, key, bearer)
