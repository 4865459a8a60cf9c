"""Calls on the sandbox itself, under ``/sandbox/…``: its day, its tokens, its faults, its books."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np
from aiohttp import web

from app.sandbox.faults import Faults
from app.sandbox.http import body_of, reply, whole
from app.sandbox.limits import Limits
from app.sandbox.money import booked
from app.sandbox.ozon.books import ozon_page
from app.sandbox.ozon.door import KEY_LIFE_DAYS
from app.sandbox.ozon.door import Door as OzonDoor
from app.sandbox.state import StateFile
from app.sandbox.wb.books import wb_page
from app.sandbox.wb.tokens import BITS, LIFE_DAYS, PERSONAL, USUAL, Tokens
from app.sandbox.world import World

KNOWN_COSTS = 0.95
REQUESTS_KEPT = 10_000


class Perishable(Protocol):
    """What lives for a while only: cursors, reports, tokens."""

    def expire(self) -> None: ...


@dataclass(slots=True)
class Control:
    """Handlers of ``/sandbox``. Errors are 400 with ``{"error": …}``."""

    world: World
    state: StateFile
    tokens: Tokens
    limits: Limits
    faults: Faults
    perishable: tuple[Perishable, ...]
    ozon: OzonDoor
    pace: float
    heard: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the calls."""
        router.add_get("/sandbox/state", self.tell)
        router.add_post("/sandbox/advance", self.advance)
        router.add_get("/sandbox/token", self.token)
        router.add_post("/sandbox/fault", self.add_fault)
        router.add_delete("/sandbox/fault", self.clear_faults)
        router.add_get("/sandbox/books", self.books)
        router.add_get("/sandbox/costs", self.costs)
        router.add_get("/sandbox/requests", self.requests)
        router.add_post("/sandbox/expire", self.expire)
        router.add_post("/sandbox/ozon", self.stand_at_ozon)
        router.add_post("/sandbox/refill", self.refill)

    def snapshot(self) -> dict[str, Any]:
        """What ``/sandbox/state`` tells."""
        world = self.world
        return {
            "today": world.today.isoformat(),
            "now": world.now.isoformat(),
            "first_day": world.first_day.isoformat(),
            "seed": world.seed,
            "skus": world.skus,
            "days": world.days,
            "wb_token": self.tokens.issue(),
            "wb_sid": world.sid,
            "ozon_client_id": world.ozon_client_id,
            "ozon_api_key": world.ozon_api_key,
            "ozon_ads_client_id": world.ozon_ads_client_id,
            "ozon_ads_client_secret": world.ozon_ads_client_secret,
            "pace": self.pace,
        }

    async def tell(self, _request: web.Request) -> web.Response:
        return reply(self.snapshot())

    async def advance(self, request: web.Request) -> web.Response:
        days = whole((await body_of(request) or {}).get("days", 1))
        if days is None or not 0 <= days <= 400:
            return reply({"error": "days: a whole number from 0 to 400"}, 400)
        self.world.advance(days)
        self.state.save(self.world)
        return reply(self.snapshot())

    async def token(self, request: web.Request) -> web.Response:
        asked = request.query
        scopes = tuple(s for s in asked.get("scopes", ",".join(USUAL)).split(",") if s)
        try:
            acc, days = int(asked.get("acc", PERSONAL)), float(asked.get("expires_in_days", LIFE_DAYS))
            unknown = set(scopes) - set(BITS)
            if unknown:
                raise ValueError(f"scopes are of {', '.join(BITS)}")
        except ValueError as wrong:
            return reply({"error": str(wrong)}, 400)
        read_only = asked.get("readonly", "1") not in ("0", "false")
        token = self.tokens.issue(acc=acc, scopes=scopes, read_only=read_only, expires_in_days=days)
        return reply({"token": token})

    async def add_fault(self, request: web.Request) -> web.Response:
        body = await body_of(request) or {}
        try:
            self.faults.add(str(body.get("path", "")), str(body.get("kind", "")), int(body.get("times", 1)))
        except ValueError as wrong:
            return reply({"error": str(wrong)}, 400)
        return reply({"standing": len(self.faults.standing)})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self.faults.clear()
        return reply({"standing": 0})

    async def books(self, request: web.Request) -> web.Response:
        """By day and marketplace. ``from``/``to`` default to the whole history."""
        try:
            first = date.fromisoformat(request.query.get("from", self.world.first_day.isoformat()))
            last = date.fromisoformat(request.query.get("to", self.world.today.isoformat()))
        except ValueError:
            return reply({"error": "from, to: YYYY-MM-DD"}, 400)
        start, end = self.world.t(first), self.world.t(last)
        days = {
            self.world.day(t).isoformat(): {"wb": wb_page(self.world, t), "ozon": ozon_page(self.world, t)}
            for t in range(start, end + 1)
            if self.world.shown(t)
        }
        return reply({"days": days})

    async def costs(self, _request: web.Request) -> web.Response:
        """A supplier's price list, which lacks some articles as real ones do."""
        rows: list[dict[str, str]] = []
        for name, shelf in (("wb", self.world.wb.shelf), ("ozon", self.world.ozon.shelf)):
            prices: dict[str, int] = {}
            for article, cost in zip(shelf.article, shelf.cost.tolist(), strict=True):
                prices.setdefault(article, cost)
            known = np.random.default_rng([self.world.seed, 31, len(rows)]).random(len(prices)) < KNOWN_COSTS
            rows += [
                {"marketplace": name, "article": article, "cost": booked(cost)}
                for (article, cost), told in zip(prices.items(), known.tolist(), strict=True)
                if told
            ]
        return reply(rows)

    async def requests(self, request: web.Request) -> web.Response:
        """What was asked of the marketplaces, oldest first; ``clear=1`` forgets it afterwards."""
        told = list(self.heard)
        if request.query.get("clear") == "1":
            self.heard.clear()
        return reply(told)

    async def stand_at_ozon(self, request: web.Request) -> web.StreamResponse:
        """How long the seller's Ozon key lives (days) and which paths his subscription does not open."""
        asked = await body_of(request) or {}
        days, closed = whole(asked.get("key_expires_in_days", KEY_LIFE_DAYS)), asked.get("closed", [])
        if days is None or not isinstance(closed, list):
            return reply({"error": "key_expires_in_days is a number of days, closed a list of paths"}, 400)
        self.ozon.key_expires_in_days, self.ozon.closed = days, frozenset(map(str, closed))
        return reply({"key_expires_in_days": days, "closed": closed})

    async def expire(self, _request: web.Request) -> web.Response:
        """Kill cursors and report tasks, as if their time had passed."""
        for each in self.perishable:
            each.expire()
        return reply({})

    async def refill(self, _request: web.Request) -> web.Response:
        """Fill all rate buckets."""
        self.limits.refill()
        return reply({})
