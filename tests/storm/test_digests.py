"""Digests for thousands through the strict server, on a bad day: within the limits, none twice, none lost.

The rule of what may come twice: only a message whose answer was lost on the way back. Nobody can
know that it stands in the chat, so it is sent again: copies = 1 + answers lost.
"""

import gc
import random
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from app.bot.app import BotDeps, build_bot, build_dispatcher
from app.bot.delivery import TelegramDelivery
from app.bot.desk import Office
from app.bot.limiter import CHATS_KEPT, OutgoingLimiter
from app.bot.serve import RELAY_HANDS
from app.core.config import Settings
from app.core.crypto import Vault
from app.db.session import Database
from app.queue.port import Event
from app.queue.postgres import PostgresQueue
from app.queue.relay import Relay
from app.services.tell import TELEGRAM
from tests.botapi import BotApi
from tests.botapi.server import TOKEN
from tests.storm.conftest import Tell
from tests.storm.crowd import BadDay, Crowd, gather_crowd
from tests.storm.virtual import Hands, HeldLoop, LoopClock, hurry

TELEGRAMS_RATE = 30


class Counted:
    """The bot as the delivery sees it: while it sends, the hand that asked for it only waits."""

    def __init__(self, bot, hands: Hands) -> None:
        self._bot, self._hands = bot, hands

    async def send_message(self, *args, **kwargs):
        return await self._hands.waiting(self._bot.send_message(*args, **kwargs))


class Story:
    """A relay with its hands between a full outbox and the server."""

    def __init__(
        self, db: Database, settings: Settings, events: int, halt: tuple[float, float], seed: int
    ) -> None:
        self.db, self.settings, self.events = db, settings, events
        self.chance = random.Random(seed)
        self.weather = BadDay(random.Random(seed + 1), halt)
        self.crowd = Crowd()
        self.sent: dict[int, list[str]] = {}
        self.last = 0.0
        self.held_before = held()
        self.held_most = 0
        self.limiter: OutgoingLimiter

    async def tell(self, loop: HeldLoop) -> None:
        hands, clock = Hands(loop), LoopClock(loop)
        deps = BotDeps(
            db=self.db, settings=self.settings, clock=clock, vault=Vault(bytes(32)),
            queue=PostgresQueue(clock=clock), checker=lambda *_: None,
        )  # fmt: skip
        office: Office = build_dispatcher(deps)["office"]
        loop.is_held = lambda: hands.is_working() or office.threads.borrowed_tokens > 0
        async with BotApi(clock=clock, weather=self.weather) as api:
            api.forgive("403")  # counted by the weather: see _nobody_gone_is_called_again
            api.forgive("chat not found")
            self.crowd = gather_crowd(self.db, api, self.events, self.chance)
            bot = build_bot(TOKEN, office=office, api_base=api.url)
            (self.limiter,) = (m for m in bot.session.middleware if isinstance(m, OutgoingLimiter))
            delivery = TelegramDelivery(bot=Counted(bot, hands), office=office, loop=loop)
            relay = Relay(self.db, {TELEGRAM: delivery}, clock)

            def hand() -> None:
                while True:
                    if relay.run_once():
                        self._look_at_memory()
                    elif self.left() == 0:
                        return
                    else:
                        hands.rest(0.5)

            try:
                await hands.work(hand, RELAY_HANDS)
            finally:
                await bot.session.close()
            self.last = loop.seconds
            for chat in api.world.chats.values():
                self.sent[chat.id] = [message.content.text for message in chat.messages]

    def left(self) -> int:
        with self.db.platform() as tx:
            return int(tx.run("SELECT count(*) FROM outbox_event WHERE published_at IS NULL").scalar_one())

    def _look_at_memory(self) -> None:
        if self.chance.random() < 0.02:
            self.held_most = max(self.held_most, held() - self.held_before)


def held() -> int:
    """Events that somebody in this process holds."""
    gc.collect()
    return sum(1 for each in gc.get_objects() if type(each) is Event)


def told(story: Story) -> Counter[tuple[int, str]]:
    """Copies by chat and event: which of the expected names is in the text."""
    copies: Counter[tuple[int, str]] = Counter()
    for chat, texts in story.sent.items():
        for text in texts:
            named = [words for words in story.crowd.expected[chat] if text.startswith(words) or words in text]
            copies[chat, max(named, key=len)] += 1
    return copies


def check(story: Story) -> None:
    crowd, weather, copies = story.crowd, story.weather, told(story)
    lost = Counter()
    for line, times in weather.lost.items():
        chat, _, text = line.partition(" ")
        named = [words for words in crowd.expected[int(chat)] if words in text]
        lost[int(chat), max(named, key=len)] += times
    wanted = Counter({(chat, words): 1 for chat, texts in crowd.readers.items() for words in texts}) + lost
    assert copies == wanted, f"lost: {list(wanted - copies)[:5]}, too many: {list(copies - wanted)[:5]}"
    _nobody_gone_is_called_again(story)
    _alerts_keep_their_order(story)
    with story.db.platform() as tx:
        marked = set(tx.run("SELECT telegram_id FROM app_user WHERE blocked_at IS NOT NULL").scalars())
        again = tx.run("SELECT count(*) FROM outbox_event WHERE attempts > 1").scalar_one()
    assert marked == crowd.gone
    assert again == len(lost), "an order to wait was counted as a failure"
    # three refusals tell, and every other hand may have begun a call meanwhile
    assert weather.in_halts <= 3 + RELAY_HANDS, "the bot went on calling while it was halted"


def _nobody_gone_is_called_again(story: Story) -> None:
    """Calls already on their way when the first refusal came back could not know."""
    late = {chat: at for chat, at in story.weather.refusals.items() if at[-1] - at[0] > 1.0}
    assert late == {}
    assert set(story.weather.refusals) == story.crowd.gone


def _alerts_keep_their_order(story: Story) -> None:
    for texts in story.sent.values():
        numbers = [text.partition("тревога ")[2][:1] for text in texts if "тревога" in text]
        assert numbers == sorted(numbers)


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the first 95 in a hundred messages (the last ones wait for their own ``retry_after``), the halt
    left out: virtual seconds, and how many times that is what Telegram's 30 a second would take."""

    seconds: float
    ratio: float

    @classmethod
    def of(cls, story: Story) -> "Pace":
        taken = sorted(story.weather.taken)
        count = int(len(taken) * 0.95)
        start, end = story.weather.halt
        # whoever was told to wait during the halt comes back up to a second and a half after its end
        seconds = taken[count] - (end + 1.5 - start)
        return cls(seconds, seconds / (count / TELEGRAMS_RATE))


def report(story: Story, real: float) -> str:
    weather, pace = story.weather, Pace.of(story)
    return (
        f"{story.crowd.events} events, {len(weather.taken)} messages in {story.last:.0f} virtual seconds"
        f" ({pace.ratio:.2f} of the ideal), {weather.calls} calls, {weather.floods} told to wait,"
        f" {weather.in_halts} called during the halt, {sum(weather.lost.values())} answers lost,"
        f" {len(story.crowd.blocked)} blocked, {len(story.crowd.missing)} missing; {real:.1f} real seconds"
    )


@pytest.mark.parametrize(
    ("events", "halt"),
    [(400, (4.0, 12.0)), pytest.param(10_000, (60.0, 90.0), marks=pytest.mark.soak)],
)
def test_digests_of_a_bad_day(
    db: Database, settings: Settings, events: int, halt: tuple[float, float], seed: int, tell: Tell
) -> None:
    story, started = Story(db, settings, events, halt, seed), time.monotonic()
    hurry(story.tell)
    tell(report(story, time.monotonic() - started))
    check(story)
    # 25 a second of 30, and what orders to wait cost; one hand after another would need 3 times the ideal
    assert Pace.of(story).ratio < (1.3 if events > 1_000 else 1.5)
    # what the relay holds does not grow with the outbox
    assert story.held_most <= 2 * 20 * RELAY_HANDS
    assert len(story.limiter._chats) <= CHATS_KEPT
    assert len(story.limiter._closed) <= CHATS_KEPT
