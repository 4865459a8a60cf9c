"""Recording Wildberries' replies with a seller's own token, for tests that play them back.

A day of each source, a few pages at most. What is written has no token, no headers but the rate limits,
no personal fields and none of the seller's names; figures and articles are the seller's own, so whether to
show a recording to anybody is the seller's decision.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import vcr
from vcr.request import Request

from app.core.clock import Clock
from app.core.errors import AmbarError, Conflict
from app.core.personal import blank_personal
from app.core.redact import SECRET_HEADERS
from app.marketplaces.source import Source
from app.marketplaces.transport import Breakers, MemoryRateBudget
from app.marketplaces.wb.client import WbClient, open_wb
from app.marketplaces.wb.limits import wb_limits
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import WbToken
from app.repositories.workload import Listed
from app.services.ingestion.forecast import calls_of, finish_at

CONNECT = "wb.connect"
"""Not a source of a night: who the token belongs to."""

PAGES = 4
LONGEST_WAIT = 150.0
"""Seconds to wait for a call's turn; a base token's hours are not waited for."""

SELLER_FIELDS = frozenset(
    {
        *("sid", "oldID", "tradeMark", "tin", "inn", "ogrn", "kpp", "sellerId", "seller_id", "supplierId"),
        *("supplier_id", "supplierName", "supplierINN", "supplierUUID", "legalName", "companyName"),
        *("advertiserId", "advertiser_id", "organizationName", "wbUserID", "wbUserDetails"),
    }
)
_KEPT_HEADERS = re.compile(r"content-type|x-ratelimit-.*|retry-after", re.IGNORECASE)
_SANDBOX = re.compile(r"^http://127\.0\.0\.1:\d+/wb/([a-z-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What will be called for one recording, and how long its limits make it at least."""

    source: str
    calls: int
    takes: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """``file`` None: nothing was written, ``why`` says so."""

    source: str
    file: Path | None = None
    calls: int = 0
    why: str = ""


class Leak(Conflict):
    """A secret was found in what was about to stay on the disk; it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Records one seller's replies. ``address``: the setting WB_API_URL; ``pace`` as in the settings."""

    token: WbToken
    address: str
    folder: Path
    clock: Clock
    day_timezone: str = "Europe/Moscow"
    pace: float = 1.0

    def plan(self) -> list[Planned]:
        """In the order of calling."""
        limits, now, found = self._limits(), self.clock.now(), []
        with self._client() as client:
            for source in self._sources(client):
                calls = calls_of(source.name, 1, Listed(cards=100, campaigns=50), limits)
                takes = finish_at(calls, limits, {}, now) - now
                found.append(Planned(source=source.name, calls=max(1, calls.total()), takes=takes))
        return [Planned(source=CONNECT, calls=1, takes=timedelta()), *found]

    def record(self, d: date) -> Iterator[Recorded]:
        """Day ``d`` of every source, one after another; what cannot be had is told and left out."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._client() as client:
            yield self._one(CONNECT, client.seller_info)
            for source in self._sources(client):
                yield self._one(source.name, partial(_ask, source, d))

    def _one(self, name: str, ask: Callable[[], object]) -> Recorded:
        path = self.folder / f"{name.removeprefix('wb.')}.yaml"
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        why = ""
        with self._recorder().use_cassette(str(draft)) as cassette:
            try:
                ask()
            except AmbarError as error:
                why = str(error)
        calls = len(cassette.requests)
        if why or not calls:
            draft.unlink(missing_ok=True)
            return Recorded(source=name, calls=calls, why=why or "спрашивать нечего")
        self._check(draft)
        draft.replace(path)
        return Recorded(source=name, file=path, calls=calls)

    def _check(self, draft: Path) -> None:
        text = draft.read_text("utf-8")
        secrets = (self.token.raw, *self.token.raw.split("."), self.token.sid)
        if any(secret and secret in text for secret in secrets):
            draft.unlink()
            raise Leak("В записи нашёлся токен или номер продавца: она стёрта. Сообщите об этом.")

    def _recorder(self) -> vcr.VCR:
        return vcr.VCR(
            record_mode="all",
            filter_headers=sorted(SECRET_HEADERS),
            before_record_request=_bare_request,
            before_record_response=self._bare_response,
            decode_compressed_response=True,
        )

    def _bare_response(self, response: dict[str, Any]) -> dict[str, Any]:
        headers = {name: told for name, told in response["headers"].items() if _KEPT_HEADERS.fullmatch(name)}
        body = response["body"]["string"]
        told = body.encode() if isinstance(body, str) else body
        told = blank_personal(told, SELLER_FIELDS)
        told = blank_personal(told)
        if self.token.sid:
            told = told.replace(self.token.sid.encode(), b"")
        return {**response, "headers": headers, "body": {"string": told}}

    def _limits(self) -> Mapping[str, Any]:
        return wb_limits(self.token.type, self.pace)

    def _sources(self, client: WbClient) -> list[Source]:
        pause = WbPolicy().poll_pause / self.pace
        policy = WbPolicy(
            token_type=self.token.type, day_timezone=self.day_timezone, poll_pause=max(pause, 0.02)
        )
        return wb_sources(client, policy)

    @contextmanager
    def _client(self) -> Iterator[WbClient]:
        client = open_wb(
            self.token.raw,
            address=self.address,
            budget=MemoryRateBudget(self.clock, self._limits()),
            clock=self.clock,
            breakers=Breakers(self.clock),
            max_wait=LONGEST_WAIT,
        )
        with client.transport:
            yield client


def _ask(source: Source, d: date) -> None:
    """A few pages of the day, read once to see that they can be."""
    # History is told of the days before.
    for unit in (source.units(d, d) or source.units(d - timedelta(days=3), d))[-1:]:
        pages = list(islice(source.fetch(unit, ""), PAGES))
        source.normalise(unit, pages)


def _bare_request(request: Request) -> Request:
    """Where it would go at Wildberries, without a header."""
    request.headers.clear()
    request.uri = _SANDBOX.sub(r"https://\1.wildberries.ru", request.uri)
    return request


def note(recorded: list[Recorded], token: WbToken, at: datetime) -> str:
    """What lies in the folder and where it came from (README.md beside the recordings)."""
    kind = token.type.name.lower()
    lines = [
        "# Recordings of `./ambar record`",
        "",
        f"Made with a real token ({kind}) on {at:%d %b %Y}. No token, no headers but the rate limits; "
        "personal fields and the seller's names and numbers are null. Articles and figures are the "
        "seller's own.",
        "",
        "| File | Source | Calls | Body |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{each.file.name}` | {each.source} | {each.calls} | recorded |"
        for each in recorded
        if each.file is not None
    ]
    return "\n".join(lines) + "\n"
