"""One way out to a marketplace: budget, breaker, bounded retries, and errors with a sentence.

What is retried: 5xx, time-outs and broken connections, a few times with jittered back-off (calls that
only read, POST included; one that writes is asked once). What is never retried here: a 429, because
twenty of them in a row once earned a seller a lock of 7.8 days (facts/wildberries.md section 4).
"""

import json
import random
import re
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import httpx
import structlog

from app.core.clock import Clock
from app.core.errors import AmbarError, NotNow
from app.core.redact import redact_text
from app.marketplaces.errors import (
    Garbled,
    MarketplaceDown,
    RateLimited,
    Refused,
    ScopeMissing,
    TokenRefused,
)
from app.marketplaces.transport.bodies import read_body
from app.marketplaces.transport.breaker import Breakers
from app.marketplaces.transport.budget import RateBudget
from app.marketplaces.transport.request import CallReport, Reply, RequestKey, canonical

log = structlog.get_logger(__name__)

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_KEY_IS_BAD = ("invalid api-key", "api-key is deactivated", "api-key is expired")


class SecretHeaders(httpx.Auth):
    """The account's credentials, put on a request at the last moment and never shown."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._headers)
        yield request

    def __repr__(self) -> str:
        return f"SecretHeaders({', '.join(sorted(self._headers))})"


class Retry(NamedTuple):
    """How often and how patiently a failed call is repeated (full jitter under a doubling ceiling)."""

    attempts: int = 3
    first_pause: float = 0.5
    longest_pause: float = 8.0

    def pause(self, attempt: int) -> float:
        """Seconds before attempt ``attempt + 1``."""
        return random.uniform(0, min(self.longest_pause, self.first_pause * 2 ** (attempt - 1)))


class Endpoint(NamedTuple):
    """A method of the marketplace: its name in the budget, verb, host as the marketplace calls it, path.

    One that ``writes`` is asked once: whether it was done before its reply got lost, nobody knows.
    """

    budget: str
    verb: str
    host: str
    path: str
    writes: bool = False


class _Asked(NamedTuple):
    """A request: where, with what, and what it is without its secrets. Only an address of the
    marketplace's API ``is_ours`` to show the credentials to."""

    url: str
    params: Mapping[str, str] | None
    body: Mapping[str, Any] | None
    key: RequestKey
    is_ours: bool = True


@dataclass(slots=True, kw_only=True)
class Transport:
    """Calls of one seller account. ``address`` is a template with ``{host}`` or a plain base URL.

    ``explain``: what a refusal of this marketplace means (the method, the status, the server's words),
    where that is not what such a status means everywhere.
    """

    marketplace: str
    address: str
    auth: SecretHeaders
    budget: RateBudget
    clock: Clock
    breakers: Breakers
    timeout: float = 60.0
    max_wait: float = 5.0
    default_cool_down: float = 60.0
    retry: Retry = field(default_factory=Retry)
    sleep: Callable[[float], None] = time.sleep
    on_call: Callable[[CallReport], None] | None = None
    explain: Callable[[Endpoint, int, str], AmbarError | None] | None = None
    _http: httpx.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        address = urlsplit(self.address.replace("{host}", "host"))
        local = address.hostname in _LOOPBACK
        self._http = httpx.Client(
            auth=self.auth,
            timeout=httpx.Timeout(self.timeout, connect=min(10.0, self.timeout)),
            headers={"User-Agent": "ambar", "Accept": "application/json"},
            follow_redirects=False,
            trust_env=not local,
            # Reading the trusted certificates takes a tenth of a second: not where nothing is encrypted.
            verify=address.scheme != "http",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def call(
        self,
        endpoint: Endpoint,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply:
        """One answered request (2xx, 204 included) or one of app.marketplaces.errors."""
        url = self.address.format(host=endpoint.host) + endpoint.path
        key = RequestKey(endpoint.verb, endpoint.host, endpoint.path, canonical(params, body))
        return self._until_answered(endpoint, _Asked(url, params, body, key))

    def download(self, budget: str, host: str, url: str) -> Reply:
        """A file that the marketplace gave an address of. The credentials stay here, and the address, signed
        and new each time, is kept nowhere: the reply tells only its path, on ``host`` as we call it.

        Raises:
            Garbled: it is no address to go to, or it is not served there (any more).
            RateLimited, MarketplaceDown: as ``call``.
        """
        if not self._may_be_fetched(url):
            raise Garbled(budget, "ссылка на файл ведёт не туда")
        endpoint = Endpoint(budget, "GET", host, urlsplit(url).path)
        key = RequestKey(endpoint.verb, endpoint.host, endpoint.path, "")
        try:
            return self._until_answered(endpoint, _Asked(url, None, None, key, is_ours=False))
        except (NotNow, Garbled):
            raise
        except (AmbarError, httpx.InvalidURL):
            # The storage speaks of its own signature, not of the seller's key.
            raise Garbled(budget, "файл по ссылке не отдают") from None

    def _may_be_fetched(self, url: str) -> bool:
        """The marketplace's own address, or, where that is an encrypted one, any other by name over https:
        files lie with whoever stores them, but never inside our own network."""
        try:
            asked, own = urlsplit(url), urlsplit(self.address.replace("{host}", "host"))
            same = (asked.scheme, asked.hostname, asked.port) == (own.scheme, own.hostname, own.port)
        except ValueError:
            return False
        is_named = re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*", asked.hostname or "") is not None
        is_public = own.scheme == asked.scheme == "https" and is_named and asked.port in (None, 443)
        return not asked.username and (same or is_public)

    def _until_answered(self, endpoint: Endpoint, asked: _Asked) -> Reply:
        breaker_key = f"{self.marketplace} {endpoint.host}"
        attempt = 0
        failure = ""
        while True:
            attempt += 1
            # The breaker is asked first: a call that cannot go must not spend the seller's budget.
            if not self.breakers.admit(breaker_key):
                raise MarketplaceDown(self.marketplace, failure or "много ошибок подряд, делаем паузу")
            try:
                self._wait_for_turn(endpoint)
            except RateLimited:
                self.breakers.gave_up(breaker_key)
                if failure:
                    raise MarketplaceDown(self.marketplace, failure) from None
                raise
            reply, failure = self._attempt(endpoint, asked, attempt)
            if reply is not None:
                self.breakers.succeeded(breaker_key)
                self._judge(endpoint, reply)
                return reply
            self.breakers.failed(breaker_key)
            if endpoint.writes or attempt >= self.retry.attempts:
                raise MarketplaceDown(self.marketplace, failure)
            self.sleep(self.retry.pause(attempt))

    def _wait_for_turn(self, endpoint: Endpoint) -> None:
        """Sleep while the budget asks for a short wait; a long one is the job's to spend."""
        waited = 0.0
        while (pause := self.budget.claim(endpoint.budget)) > 0:
            if waited + pause > self.max_wait:
                raise RateLimited(self.clock.now() + timedelta(seconds=pause), endpoint.budget)
            self.sleep(pause)
            waited += pause

    def _attempt(self, endpoint: Endpoint, asked: _Asked, attempt: int) -> tuple[Reply | None, str]:
        """One request on the wire: (reply, "") or (None, why there is none)."""
        started = time.monotonic()
        status, received, failure = 0, 0, ""
        reply: Reply | None = None
        try:
            with self._http.stream(
                endpoint.verb,
                asked.url,
                params=asked.params,
                json=asked.body,
                auth=self.auth if asked.is_ours else None,
            ) as response:
                content = read_body(response)
            status, received = response.status_code, len(content)
            if status >= 500:
                failure = f"код {status}"
            else:
                headers = {name.lower(): value for name, value in response.headers.items()}
                reply = Reply(status, headers, content, asked.key)
        except httpx.TimeoutException:
            failure = "не дождались ответа"
        except httpx.DecodingError:
            self.breakers.succeeded(f"{self.marketplace} {endpoint.host}")
            raise Garbled(endpoint.budget, "ответ не распаковывается") from None
        except httpx.TransportError:
            # The httpx error carries the request with its headers: it must not travel further.
            failure = "соединение оборвалось"
        seconds = time.monotonic() - started
        log.info(
            "marketplace_called",
            method=endpoint.budget,
            host=endpoint.host,
            path=endpoint.path,
            status=status,
            failure=failure,
            attempt=attempt,
            seconds=round(seconds, 3),
            received=received,
        )
        if self.on_call is not None:
            call = CallReport(
                endpoint.budget, endpoint.host, endpoint.path, status, seconds, received, attempt
            )
            self.on_call(call)
        return reply, failure

    def _judge(self, endpoint: Endpoint, reply: Reply) -> None:
        """Tell the budget what the headers said; turn a refusal into its error."""
        remaining = _whole(reply.headers, "x-ratelimit-remaining", "ratelimit-remaining")
        if reply.status == 429:
            wait = _seconds(reply.headers, "x-ratelimit-retry", "retry-after", "x-ratelimit-reset")
            # An absent or zero wait still closes the method: a 429 is never asked again at once.
            wait = wait if wait else self.default_cool_down
            self.budget.observe(endpoint.budget, remaining=remaining, retry_after=wait)
            raise RateLimited(self.clock.now() + timedelta(seconds=wait), endpoint.budget)
        reset = _seconds(reply.headers, "x-ratelimit-reset", "ratelimit-reset") if remaining == 0 else None
        self.budget.observe(endpoint.budget, remaining=remaining, retry_after=reset)
        if 200 <= reply.status < 300:
            return
        reason = server_reason(reply.body)
        if reply.status == 401 or any(sign in reason.lower() for sign in _KEY_IS_BAD):
            raise TokenRefused(self.marketplace)
        if self.explain is not None and (explained := self.explain(endpoint, reply.status, reason)):
            raise explained
        if reply.status == 403 or "missing a required role" in reason.lower():
            raise ScopeMissing(self.marketplace, endpoint.path, reason)
        raise Refused(self.marketplace, endpoint.path, reply.status, reason)


def server_reason(body: bytes) -> str:
    """The server's own words about a refusal, without secrets, at most 200 characters."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    for name in ("detail", "message", "title", "errorText", "errors", "error"):
        words = told.get(name)
        if isinstance(words, list):
            words = "; ".join(str(word) for word in words)
        if isinstance(words, str) and words.strip():
            return redact_text(words.strip())[:200]
    return ""


def _whole(headers: Mapping[str, str], *names: str) -> int | None:
    number = _seconds(headers, *names)
    return None if number is None else int(number)


def _seconds(headers: Mapping[str, str], *names: str) -> float | None:
    """The first of the headers that is a finite number >= 0."""
    for name in names:
        try:
            number = float(headers[name])
        except (KeyError, ValueError):
            continue
        if 0 <= number < 1e9:
            return number
    return None
