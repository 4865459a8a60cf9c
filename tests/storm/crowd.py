"""Ten thousand people who expect their digests, and a Telegram that is having a bad day."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.db.session import Database
from app.services.tell import TELEGRAM
from tests.botapi import BotApi
from tests.botapi.chat import Chat
from tests.botapi.weather import HungUp, Weather
from tests.botapi.world import World
from tests.storm.virtual import START

D = date(2026, 11, 19)
FIRST_CHAT = 100_000_000
BLOCKED, NOT_FOUND, HANGS_UP, FLOODED = 0.05, 0.005, 0.005, 0.01
"""Shares of people, people, messages taken, calls."""

SEVERAL = 0.1
"""People who belong to three organisations; their digests are written far from one another."""

ALERTS = 3
"""What three of a hundred get besides, in this order."""


@dataclass(slots=True)
class Crowd:
    """Who is expected to get what: every text names its event."""

    events: int = 0
    expected: dict[int, list[str]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)

    @property
    def gone(self) -> set[int]:
        """Those who cannot be reached."""
        return self.blocked | self.missing

    @property
    def readers(self) -> dict[int, list[str]]:
        """The others."""
        gone = self.gone
        return {chat: texts for chat, texts in self.expected.items() if chat not in gone}


def gather_crowd(db: Database, api: BotApi, events: int, chance: random.Random) -> Crowd:
    """Fill the outbox with about so many events; each organisation's name tells its digest."""
    crowd = Crowd()
    tenants: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    told: list[tuple[float, dict[str, Any]]] = []
    chat = FIRST_CHAT
    while len(told) < events:
        chat += 1
        mine = crowd.expected[chat] = []
        _settle(api, crowd, chat, chance)
        share = 0.5 if chat in crowd.gone else SEVERAL  # they are not to be tried again
        for number in range(3 if chance.random() < share else 1):
            name = f"ИП №{chat}-{number}"
            tenants.append({"name": name})
            members.append({"chat": chat, "tenant": name})
            mine.append(name)
            told.append((chance.random(), {"chat": chat, "tenant": name, "kind": "digest", "words": ""}))
        if chance.random() < 0.03:
            for number, place in enumerate(sorted(chance.random() for _ in range(ALERTS))):
                words = f"{name}: тревога {number}."
                mine.append(words)
                told.append((place, {"chat": chat, "tenant": name, "kind": "alert", "words": words}))
    crowd.events = len(told)
    _write(db, tenants, members, [event for _, event in sorted(told, key=lambda each: each[0])])
    return crowd


def _settle(api: BotApi, crowd: Crowd, chat: int, chance: random.Random) -> None:
    """The person at Telegram."""
    draw = chance.random()
    if draw < NOT_FOUND:
        crowd.missing.add(chat)
        return
    api.world.chats[chat] = Chat(chat, "Читатель", open=True, blocked=draw < NOT_FOUND + BLOCKED)
    if api.world.chats[chat].blocked:
        crowd.blocked.add(chat)


def _write(
    db: Database, tenants: list[dict[str, Any]], members: list[dict[str, Any]], told: list[dict[str, Any]]
) -> None:
    with db.platform() as tx:
        for table in ("outbox_event", "membership", "app_user"):
            tx.run(f"DELETE FROM {table}")
        tx.run(
            "INSERT INTO tenant (name)"
            " SELECT name FROM jsonb_to_recordset(CAST(:rows AS jsonb)) r(name text)",
            rows=json.dumps(tenants),
        )
        tx.run(
            "INSERT INTO app_user (telegram_id, name) SELECT DISTINCT chat, 'Читатель'"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) r(chat bigint)",
            rows=json.dumps(members),
        )
        tx.run(
            "INSERT INTO membership (tenant_id, user_id, role) SELECT t.id, u.id, 'owner'"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) r(chat bigint, tenant text)"
            " JOIN tenant t ON t.name = r.tenant JOIN app_user u ON u.telegram_id = r.chat",
            rows=json.dumps(members),
        )
        tx.run(
            "INSERT INTO outbox_event"
            " (tenant_id, topic, key, payload, uniq, trace_id, next_try_at, created_at)"
            " SELECT t.id, :topic, 'chat:' || r.chat, jsonb_build_object('kind', r.kind, 'chat', r.chat,"
            " 'tenant_id', t.id, 'd', CAST(:d AS text), 'words', r.words),"
            " t.id || ':' || r.kind || ':' || r.chat || ':' || CAST(:d AS text) || ':' || r.words,"
            " 'storm', :now, :now"
            " FROM ROWS FROM (jsonb_to_recordset(CAST(:rows AS jsonb))"
            " AS (chat bigint, tenant text, kind text, words text)) WITH ORDINALITY"
            " AS r(chat, tenant, kind, words, nth) JOIN tenant t ON t.name = r.tenant ORDER BY r.nth",
            topic=TELEGRAM,
            d=D.isoformat(),
            now=START,
            rows=json.dumps(told),
        )


@dataclass(slots=True)
class BadDay(Weather):
    """A tenth of a second a call; now and then an order to wait, a line that dies, a halt of everything.

    ``halt``: from, to in the loop's seconds; within, nobody is served.
    """

    chance: random.Random
    halt: tuple[float, float]
    calls: int = 0
    taken: list[float] = field(default_factory=list)
    floods: int = 0
    in_halts: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    refusals: dict[int, list[float]] = field(default_factory=dict)

    async def before(self, world: World, method: str, params: dict[str, Any]) -> None:
        if method != "sendMessage":
            return
        await asyncio.sleep(self.chance.uniform(0.03, 0.07))
        self.calls += 1
        chat, now = params["chat_id"], asyncio.get_running_loop().time()
        if chat not in world.chats or world.chats[chat].blocked:
            self.refusals.setdefault(chat, []).append(now)
            return
        if self.halt[0] <= now < self.halt[1]:
            self.in_halts += 1
            raise world.flood.ask_for_peace(chat, int(self.halt[1] - now) + 1, forgiven=True)
        if self.chance.random() < FLOODED:
            self.floods += 1
            raise world.flood.ask_for_peace(chat, self.chance.randint(1, 40), forgiven=True)

    async def after(self, world: World, method: str, params: dict[str, Any]) -> None:
        if method != "sendMessage":
            return
        self.taken.append(asyncio.get_running_loop().time())
        if self.chance.random() < HANGS_UP:
            self.lost[f"{params['chat_id']} {params['text']}"] += 1
            raise HungUp
        await asyncio.sleep(self.chance.uniform(0.03, 0.07))
