"""kill -9 of any process at random moments of a night: its end is that of an undisturbed one.

Real processes over a real database, a sandbox of many sellers and the strict Bot API server. Besides
kills: connections cut by the server, and processes that freeze for longer than their lease and then go on.

The rule of what may be told twice: a relay that dies between Telegram's answer and its mark tells it
again, so there are at most as many second copies as hands of the relay were cut off.
"""

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from app.bot.serve import RELAY_HANDS
from app.db.install import Urls
from app.db.session import Database
from app.queue.retry import is_database_away
from tests.botapi import BotApi, VirtualClock
from tests.storm.books import State, differences, state_of
from tests.storm.conftest import Tell
from tests.storm.household import LEASE_SECONDS, Household, Member, cut_connections
from tests.storm.town import Town, copy_of, events_of, found_town, is_safe, messages_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of a storm. ``freezes``: workers that stand still for longer than their lease; ``cuts``: times that
    half of the database's connections go away. ``minutes``: it has failed if it takes longer."""

    sellers: int
    skus: int
    kills: int
    freezes: int
    cuts: int
    minutes: int


ASKED = "SELECT state, count(*) AS n FROM job WHERE job_type <> 'dw' GROUP BY state"
"""The copy for analytics is refreshed when its five minutes are over; nobody waits for that here."""

SAMPLE = Size(sellers=2, skus=2, kills=2, freezes=1, cuts=0, minutes=4)
FULL = Size(sellers=50, skus=4, kills=100, freezes=8, cuts=8, minutes=60)


@dataclass(slots=True)
class Ended:
    """How a night ended."""

    state: State
    events: Counter[str]
    messages: Counter[tuple[int, str]]
    jobs: Counter[str]
    seconds: float
    kills: Counter[str] = field(default_factory=Counter)


class Night:
    """One night of the town over one database."""

    def __init__(self, town: Town, urls: Urls, size: Size, folder: Path) -> None:
        self.town, self.urls, self.size, self.folder = town, urls, size, folder
        self.db = Database(urls.app, pool_size=2)
        self._jobs: Counter[str] = Counter()
        folder.mkdir()

    async def run(self, workers: int, seed: int | None = None) -> Ended:
        """With ``seed`` a killer is about."""
        started = time.monotonic()
        async with BotApi(clock=VirtualClock(flows=True)) as api:
            # a relay that was just born cannot know what its predecessor sent a second ago
            api.forgive("429")
            self.town.settle_at(api)
            self.town.ask_for_the_night(self.db)
            environment = self.town.environment(self.urls, api.url, api.token)
            async with Household(environment, self.folder) as house, asyncio.timeout(self.size.minutes * 60):
                house.add("relay", "relay")
                for number in range(workers):
                    house.add(f"worker-{number}", "worker", "--no-scheduler")
                killer = None if seed is None else asyncio.create_task(self._kill(house, random.Random(seed)))
                try:
                    while await asyncio.to_thread(self._is_on):
                        house.check()
                        if killer is not None and killer.done():
                            killer.result()
                        await asyncio.sleep(0.1)
                finally:
                    if killer is not None:
                        killer.cancel()
                        with suppress(asyncio.CancelledError):
                            await killer
                kills = house.deaths.copy()
            messages = messages_of(api)
        self.db.close()
        admin = self.urls.admin
        return Ended(
            state_of(admin), events_of(admin), messages, self._jobs, time.monotonic() - started, kills
        )

    def _is_on(self) -> bool:
        """Is there anything still to be done or told?"""
        try:
            return self._look()
        except DBAPIError as error:
            if not is_database_away(error):
                raise
            return True  # our own connection was among those cut

    def _look(self) -> bool:
        with self.db.platform() as tx:
            self._jobs = Counter({row.state: row.n for row in tx.run(ASKED)})
            untold = tx.run(
                "SELECT count(*) FROM outbox_event WHERE topic = 'telegram' AND published_at IS NULL"
            )
            return self._jobs["todo"] + self._jobs["doing"] + untold.scalar_one() > 0

    async def _kill(self, house: Household, chance: random.Random) -> None:
        """Keeps step with the work: the blows are spread over the whole night, and are over before it."""
        blows = ["kill"] * self.size.kills + ["freeze"] * self.size.freezes + ["cut"] * self.size.cuts
        chance.shuffle(blows)
        freezes = []
        for number, blow in enumerate(blows):
            victim = None
            while victim is None:
                struck, done = number / len(blows), self._jobs["done"] / self.size.sellers
                await asyncio.sleep(chance.uniform(0.0, 0.3 if struck < done else 2.5))
                if struck <= done + 2 / self.size.sellers:
                    victim = _victim(house, chance, relays=blow == "kill")
            if blow == "cut":
                await cut_connections(self.urls.admin, chance)
            elif blow == "freeze":
                # longer than its lease: somebody else takes up its jobs, and then it wakes
                asleep = LEASE_SECONDS * chance.uniform(1.1, 2)
                freezes.append(asyncio.create_task(house.freeze(victim, asleep)))
                await asyncio.sleep(0)  # it stands still before the next blow looks for a victim
            else:
                await house.kill(victim)
        await asyncio.gather(*freezes)


def _victim(house: Household, chance: random.Random, *, relays: bool) -> Member | None:
    """Mostly somebody who works; now and then one that has only just been started."""
    standing = [each for each in house.members if each.is_alive and not each.is_frozen]
    if chance.random() > 0.05:
        standing = [each for each in standing if each.is_up]
    kind = "relay" if relays and chance.random() < 0.3 else "worker"
    found = [each for each in standing if each.command[0] == kind]
    return chance.choice(found) if found else None


@pytest.mark.parametrize("size", [SAMPLE, pytest.param(FULL, marks=pytest.mark.soak)])
async def test_a_night_of_kills_ends_like_an_undisturbed_one(
    urls: Urls, tmp_path: Path, size: Size, seed: int, tell: Tell
) -> None:
    if not is_safe(size.minutes):
        pytest.skip("до полуночи по Москве слишком близко: процессы живут по часам машины, и день сменится")
    with found_town(urls, tmp_path, size.sellers, size.skus, seed) as town, copy_of(urls) as twin:
        calm = await Night(town, twin, size, tmp_path / "calm").run(workers=1)
        storm = await Night(town, urls, size, tmp_path / "storm").run(workers=2, seed=seed)
    twice = storm.messages - calm.messages
    tell(
        f"{size.sellers} sellers, {storm.state['settlement_line'].total()} settlement lines; killed"
        f" {dict(storm.kills)}; {storm.messages.total()} messages, {twice.total()} of them second copies;"
        f" {storm.seconds:.0f} s against {calm.seconds:.0f} s undisturbed"
    )
    assert calm.jobs == storm.jobs == Counter(done=size.sellers)
    found = differences(storm.state, calm.state)
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)
    assert storm.state["recalc_pending"] == Counter()
    assert storm.events == calm.events
    assert calm.messages.total() == 2 * size.sellers, "a digest for the owner and the analyst of each"
    assert set(calm.messages.values()) == {1}
    assert calm.messages - storm.messages == Counter(), "lost"
    assert set(twice) <= set(calm.messages), "something was told that an undisturbed night does not tell"
    assert twice.total() <= RELAY_HANDS * storm.kills["relay"]
    struck = storm.kills["worker"] + storm.kills["relay"]
    assert struck >= size.kills / 2, "the night was over before most of the storm"
    assert storm.kills["frozen"] == size.freezes
