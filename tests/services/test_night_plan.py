"""A night's order, whose turn it is, and when it says that it will be finished."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core.trace import new_trace
from app.db.install import Urls
from app.db.session import Database
from app.marketplaces.source import Source
from app.marketplaces.transport.budget import Limit
from app.queue.port import ClaimedJob, YieldUntil
from app.repositories.accounts import StoredAccount
from app.repositories.rate_budget import Standing
from app.repositories.workload import Listed
from app.sandbox.server import SandboxServer
from app.sandbox.wb.tokens import BASE
from app.services.ingestion.forecast import calls_of, finish_at, told
from app.services.ingestion.gateway import Gateway
from app.services.ingestion.plan import in_order
from app.services.ingestion.turn import LOOK_AGAIN, TERM, Turn
from app.services.night import Night
from app.services.work import CollectWork
from tests.support.shop import Shop, open_shop, quiet, sandbox

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOSCOW = ZoneInfo("Europe/Moscow")
FEW = ("wb.cards", "wb.sales", "wb.orders", "wb.finance")


@dataclass(frozen=True, slots=True, kw_only=True)
class FewSources(Gateway):
    """Opens cabinets that have these alone, the last first."""

    names: tuple[str, ...] = FEW

    @contextmanager
    def sources(self, account: StoredAccount) -> Iterator[list[Source]]:
        with Gateway.sources(self, account) as sources:
            yield [source for source in reversed(sources) if source.name in self.names]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=10, days=4) as server:
        yield server


@pytest.fixture(scope="module")
def slow(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    """A cabinet with a base token whose budgets are the real ones."""
    with open_shop(db, urls, folder, server, marketplaces=("WB",)) as shop:
        token = shop.control.get("/sandbox/token", params={"acc": BASE}).json()["token"]
    with open_shop(db, urls, folder, server, wb_token=token, marketplaces=("WB",), api_pace=1.0) as shop:
        shop.heal()
        house = shop.house
        gateway = FewSources(
            db=db,
            settings=house.settings,
            vault=house.vault,
            clock=house.clock,
            wall_clock=shop.wall,
        )
        night = Night(db=db, settings=house.settings, clock=house.clock, gateway=gateway)
        shop.house = replace(house, gateway=gateway, night=night)
        yield shop


def test_names_come_first_then_what_slides_away(slow: Shop) -> None:
    @dataclass
    class Named:
        name: str

    names = ("wb.reviews", "wb.finance", "wb.sales", "wb.ads", "wb.stock", "wb.orders", "wb.cards")
    sources: Sequence[Named] = [Named(name) for name in names]
    told_in = [source.name for source in in_order(sources)]  # type: ignore[arg-type]
    assert told_in == ["wb.cards", "wb.stock", "wb.orders", "wb.sales", "wb.finance", "wb.ads", "wb.reviews"]


def test_the_longest_wait_is_the_forecast() -> None:
    limits = {"wb.sales": Limit(7200), "wb.fullstats": Limit(3600), "wb.cards": Limit(0.6, 5)}
    fresh = {"wb.cards": 50, "wb.fullstats": 1, "wb.sales": 1}
    assert finish_at(fresh, limits, {}, NOW) == NOW + timedelta(seconds=27)
    assert finish_at({"wb.fullstats": 4}, limits, {}, NOW) == NOW + 3 * HOUR
    spent = {"wb.sales": Standing(0.0, NOW - HOUR, None), "wb.fullstats": Standing(0.0, NOW, NOW + 5 * HOUR)}
    assert finish_at({"wb.sales": 1}, limits, spent, NOW) == NOW + HOUR
    assert finish_at({"wb.fullstats": 2}, limits, spent, NOW) == NOW + 6 * HOUR, (
        "closed by a header, then one"
    )
    assert finish_at({}, limits, spent, NOW) == NOW


def test_calls_are_counted_by_what_they_speak_of() -> None:
    base = dict.fromkeys(("wb.fullstats", "wb.adverts", "wb.campaigns", "wb.cards", "wb.sales"), Limit(60))
    size = Listed(cards=250, campaigns=120)
    assert calls_of("wb.ads", 2, size, base) == {"wb.campaigns": 2, "wb.adverts": 6, "wb.fullstats": 6}
    assert calls_of("wb.cards", 1, size, base) == {"wb.cards": 3}
    assert calls_of("wb.sales", 1, size, base) == {"wb.sales": 1}
    assert calls_of("wb.sales", 0, size, base) == {}
    assert calls_of("ozon.catalogue", 1, size, {"ozon.stock": Limit(1)}) == {}


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW + timedelta(hours=2, minutes=36), "Закончит около 05:40"),
        (NOW + timedelta(hours=2, minutes=40), "Закончит около 05:40"),
        (NOW + timedelta(hours=24), "Закончит около 03:00 21.11"),
    ],
)
def test_the_forecast_is_said_in_the_readers_time(at: datetime, words: str) -> None:
    assert told(at, NOW, MOSCOW) == words


def test_a_base_token_says_when_its_night_will_be_over(slow: Shop) -> None:
    """Its first history needs finance thrice (a cabinet so young has no weekly report, so the daily ones
    are asked for besides), which may be asked twice in 24 hours, 12 apart."""
    work = CollectWork(night=slow.house.night, teller=slow.house.teller)
    job = ClaimedJob(
        id=1,
        job_type="collect",
        payload={"d": slow.d.isoformat()},
        tenant_id=slow.tenant_id,
        trace_id=new_trace(),
        attempt=1,
        max_attempt=5,
        lease_token="x",
    )
    said: list[str] = []
    slow.heard()
    with pytest.raises(YieldUntil):
        work(job, lambda stage, *_: said.append(stage))
    asked = [path.rsplit("/", 1)[-1] for path in slow.heard()]
    assert asked == ["list", "orders", "sales", "detailed"]
    zone = ZoneInfo(slow.house.settings.app_timezone)
    ends = told(slow.wall.now() + 24 * HOUR, slow.wall.now(), zone)
    assert said[-1] == f"Ждём площадку: лимит запросов. {ends}"
    slow.wall.skip(12 * HOUR)
    work(job, lambda *_: None)  # the third call would be the next night's
    assert [path.rsplit("/", 1)[-1] for path in slow.heard()] == ["detailed"]


def test_a_night_says_how_long_it_will_take_before_it_begins(slow: Shop) -> None:
    slow.heal()
    slow.heard()
    finish = slow.house.night.forecast(slow.tenant_id, slow.d, "backfill", 400)
    assert finish is not None
    assert timedelta(hours=11) < finish - slow.wall.now() <= timedelta(hours=12)
    assert slow.heard() == [], "nobody was asked"


def test_two_at_one_cabinet_take_turns(slow: Shop) -> None:
    slow.heal()
    slow.heard()
    night, name = slow.house.night, f"collect:{slow.tenant_id}:{slow.accounts['WB']}"
    other = Turn(db=slow.db, clock=slow.wall, cabinet="Кабинет WB", name=name, holder="job")
    with other.taken():
        report = night.run(slow.tenant_id, slow.d, "by hand", quiet, only=lambda name: name == "wb.cards")
        (busy,) = report.sources.values()
        assert busy.is_busy
        assert busy.note.startswith("Кабинет «Кабинет WB» сейчас собирает другая задача")
        assert report.errors == {}
        assert report.wait_until is not None
        assert report.wait_until - slow.wall.now() <= LOOK_AGAIN
        assert slow.heard() == []
        assert night.run(slow.tenant_id, slow.d, "job", quiet, only=lambda name: name == "wb.cards").rows
    assert (
        night.run(slow.tenant_id, slow.d, "by hand", quiet, only=lambda name: name == "wb.cards").errors == {}
    )


def test_a_silent_holder_loses_its_turn(slow: Shop) -> None:
    first = Turn(db=slow.db, clock=slow.wall, cabinet="К", name="collect:x", holder="a")
    second = Turn(db=slow.db, clock=slow.wall, cabinet="К", name="collect:x", holder="b")
    with first.taken():
        slow.wall.skip(TERM + timedelta(seconds=1))
        with second.taken(), pytest.raises(Exception, match="другая задача"):
            first.beat()
