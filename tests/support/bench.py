"""Where nights are disturbed: a seller at one marketplace, behind a tap.

Every organisation opened here is a new one at that seller, and what it knows in the end must be what one
knows that nothing befell: table by table, by natural keys.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from app.core.trace import new_trace
from app.db.install import Urls
from app.db.session import Database
from app.queue.port import ClaimedJob, YieldUntil
from app.sandbox.server import SandboxServer
from app.sandbox.wb.tokens import BITS, PERSONAL, Tokens
from app.services.night import Night
from app.services.work import CollectWork
from tests.storm.books import State, differences, facts_of
from tests.support.faults import Killed, Life, Mortal, mortal, odd_night
from tests.support.shop import Shop, open_shop, quiet
from tests.support.tap import Exchange, Tap

MOSCOW = ZoneInfo("Europe/Moscow")
MOST_PASSES = 400
WELL = timedelta(milliseconds=1)


BESIDE = {
    "places": "SELECT marketplace, code, name, region, is_own, cluster_id, cluster FROM warehouse"
    " WHERE tenant_id = :tenant_id",
    "key": "SELECT marketplace, expires_at, scopes, info FROM marketplace_account"
    " WHERE tenant_id = :tenant_id",
}
"""What a night learns beside facts: places and their clusters, whose the key is and how long it lives."""


class Good(NamedTuple):
    """An undisturbed night: what is known after it, how many pages it took, rows by source."""

    facts: State
    pages: int
    rows: dict[str, int]

    def __repr__(self) -> str:
        return "Good()"  # pytest would spend a minute on it when a test fails


@dataclass(slots=True, kw_only=True)
class Bench:
    """One seller. ``acc``: the type of the organisations' tokens, of Wildberries'; ``only``: the sources of
    their nights, all unless told."""

    marketplace: str
    days: int
    db: Database
    urls: Urls
    folder: Path
    server: SandboxServer
    tap: Tap
    acc: int = PERSONAL
    only: frozenset[str] | None = None
    _houses: ExitStack = field(default_factory=ExitStack, repr=False)
    _good: Good | None = field(default=None, repr=False)

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._houses.close()

    def victim(self) -> Shop:
        """A new organisation at the seller. The undisturbed one has lived before it, in peace."""
        assert self.good
        return self.opened()

    def opened(self) -> Shop:
        """A new organisation at the seller; the marketplace is well."""
        token = Tokens(self.server.world).issue(acc=self.acc, scopes=tuple(BITS))
        shop = self._houses.enter_context(
            open_shop(
                self.db,
                self.urls,
                self.folder,
                self.server,
                marketplaces=(self.marketplace,),
                wb_token=token,
                only=self.only,
            )
        )
        self.tap.leave()
        shop.heal()
        self.tap.taken()
        return shop

    @property
    def good(self) -> Good:
        """What nothing befell."""
        if self._good is None:
            shop, life = self.opened(), Life(10**9)
            night = odd_night(shop, lambda source: Mortal(source, life))
            report = night.run(shop.tenant_id, shop.d, new_trace(), quiet, days=self.days)
            assert (report.errors, report.closed, report.wait_until) == ({}, {}, None)
            self._good = Good(self._known(shop), life.seen, report.rows)
        return self._good

    def run(self, shop: Shop, night: Night | None = None, trace: str = "") -> dict[str, str]:
        """A night; what failed in it."""
        night = night or shop.house.night
        report = night.run(shop.tenant_id, shop.d, trace or new_trace(), quiet, days=self.days)
        assert report.closed == {}, "whatever befell it, the marketplace offers everything"
        return report.errors

    def run_patiently(self, shop: Shop, night: Night | None = None, trace: str = "patient") -> int:
        """A night and as many passes more as it asks for, each at its time; how many they were."""
        night = night or shop.house.night
        for passed in range(MOST_PASSES):
            report = night.run(shop.tenant_id, shop.d, trace, quiet, days=self.days)
            assert (report.errors, report.closed) == ({}, {})
            if report.wait_until is None:
                return passed + 1
            shop.wall.skip(max(report.wait_until - shop.wall.now(), timedelta()) + WELL)
        pytest.fail("it never ends")

    def run_dying(self, shop: Shop, pages: int, *, before: bool = False, trace: str = "one-job") -> int:
        """One job that dies again and again, with so many pages to live each time; how often it died."""
        for died in range(MOST_PASSES):
            try:
                assert self.run(shop, mortal(shop, pages, before=before), trace) == {}
                return died
            except Killed:
                continue
        pytest.fail("it never gets past some page")

    def work(self, shop: Shop, trace: str, passes: Callable[[YieldUntil], None]) -> int:
        """The night as a job, which yields and is claimed again in time; ``passes`` is told each time. How
        many passes it took."""
        work = CollectWork(night=shop.house.night, teller=shop.house.teller)
        for passed in range(MOST_PASSES):
            try:
                work(self._job(shop, trace), quiet)
                return passed + 1
            except YieldUntil as told:
                passes(told)
                shop.wall.skip(max(told.at - shop.wall.now(), timedelta()) + WELL)
        pytest.fail("it never ends")

    def _job(self, shop: Shop, trace: str) -> ClaimedJob:
        return ClaimedJob(
            id=1,
            tenant_id=shop.tenant_id,
            job_type="collect",
            payload={"d": shop.d.isoformat(), "days": self.days},
            attempt=1,
            max_attempt=5,
            lease_token="lease",
            trace_id=trace,
        )

    def check(self, shop: Shop) -> None:
        """It knows what the undisturbed one knows."""
        # Not an assertion: to explain one of this size takes a minute.
        if wrong := differences(self._known(shop), self.good.facts):
            pytest.fail("\n".join(f"{table}: {rows}"[:600] for table, rows in wrong.items()))

    def _known(self, shop: Shop) -> State:
        beside = {name: Counter(str(tuple(row)) for row in shop.rows(sql)) for name, sql in BESIDE.items()}
        facts = facts_of(self.urls.admin, shop.tenant_id)
        return facts | beside | {"coverage": Counter(map(_covered, facts["coverage"].elements()))}

    def heard(self) -> list[Exchange]:
        """What went over the wire since the last time."""
        return self.tap.taken()


def _covered(row: str) -> str:
    """A day that is complete. Ozon's advertising is told by one call while it is yesterday and by a report
    afterwards, which has a row more for each kind of page: of it the rows do not count."""
    told = json.loads(row)
    return json.dumps(told | {"rows": None}) if told["source"] == "ozon.ads" else row


def moscow(moment: float) -> datetime:
    """An instant of a shop's wall clock."""
    return datetime.fromtimestamp(moment, MOSCOW)
