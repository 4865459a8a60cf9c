"""Whatever befalls a night at Wildberries, its facts are those of a night that nothing befell.

Every test has a new organisation at the same seller, and what it knows in the end is laid beside what
the module's own shop knows, table by table, by natural keys.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import AmbarError
from app.core.trace import new_trace
from app.db.install import Urls
from app.db.session import Database
from app.marketplaces.source import Normalised, Page, Source, Unit
from app.queue.port import ClaimedJob, YieldUntil
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.wb.tokens import BASE, BITS, PERSONAL, Tokens
from app.sandbox.world import World
from app.services.night import Night
from app.services.work import CollectWork
from tests.storm.books import State, differences, facts_of
from tests.support.faults import (
    Backwards,
    Killed,
    Life,
    Mortal,
    Remembering,
    Storm,
    Stuttering,
    Watched,
    method_of,
    mortal,
    odd_night,
    reversed_rows,
    shortened,
    soaked,
    twisted,
    twists,
    without,
)
from tests.support.shop import Shop, open_shop, quiet
from tests.support.tap import Answer, Exchange, Tap, tapped

DAYS = 9
"""A closed week, told by its weekly report, and an open one."""
MOSCOW = ZoneInfo("Europe/Moscow")
MOST_PASSES = 200


@dataclass(frozen=True, slots=True, repr=False)
class Good:
    """An undisturbed night: what is known after it, how many pages it took, and what they were.

    Without a repr, which pytest would spend a minute on when a test fails.
    """

    facts: State
    pages: int
    told: list[tuple[Source, Unit, list[Page]]]


@pytest.fixture(scope="module")
def server() -> SandboxServer:
    return SandboxServer(World(seed=3, skus=10, days=DAYS), pace=NO_LIMITS)


@pytest.fixture(scope="module")
def tap(server: SandboxServer) -> Iterator[Tap]:
    tap = tapped(server)
    with server:
        yield tap


Opened = Callable[[int], Shop]


@pytest.fixture(scope="module")
def opened(db: Database, urls: Urls, folder: Any, server: SandboxServer, tap: Tap) -> Iterator[Opened]:
    """A new organisation at the seller, with a token of that type and of every category."""
    houses = []

    def opening(acc: int) -> Shop:
        token = Tokens(server.world).issue(acc=acc, scopes=tuple(BITS))
        house = open_shop(db, urls, folder, server, marketplaces=("WB",), wb_token=token)
        houses.append(house)
        shop = house.__enter__()
        tap.leave()
        shop.heal()
        tap.taken()
        return shop

    yield opening
    for house in houses:
        house.__exit__(None, None, None)


@pytest.fixture(scope="module")
def good(opened: Opened, urls: Urls) -> Good:
    return _good(opened(PERSONAL), urls)


@pytest.fixture(scope="module")
def good_base(opened: Opened, urls: Urls) -> Good:
    return _good(opened(BASE), urls)


def _good(shop: Shop, urls: Urls) -> Good:
    life, told = Life(10**9), []
    night = odd_night(shop, lambda source: Mortal(Remembering(source, told), life))
    report = night.run(shop.tenant_id, shop.d, new_trace(), quiet, days=DAYS)
    assert (report.errors, report.wait_until) == ({}, None)
    return Good(facts_of(urls.admin, shop.tenant_id), life.seen, told)


@pytest.fixture
def victim(opened: Opened, good: Good) -> Shop:
    return opened(PERSONAL)


@pytest.fixture
def same(urls: Urls, good: Good) -> Callable[[Shop], None]:
    return lambda shop: _same(urls, shop, good)


def _same(urls: Urls, shop: Shop, good: Good) -> None:
    # Not an assertion: to explain one of this size takes a minute.
    if wrong := differences(facts_of(urls.admin, shop.tenant_id), good.facts):
        pytest.fail("\n".join(f"{table}: {rows}"[:600] for table, rows in wrong.items()))


def run(shop: Shop, night: Night | None = None, trace: str = "") -> dict[str, str]:
    """A night; what failed in it."""
    night = night or shop.house.night
    return night.run(shop.tenant_id, shop.d, trace or new_trace(), quiet, days=DAYS).errors


Same = Callable[[Shop], None]


def test_the_nights_are_worth_comparing(good: Good) -> None:
    assert good.pages >= 15
    assert {"settlement_line", "sale_event", "buyer_order", "daily_stock"} <= {
        name for name, rows in good.facts.items() if rows
    }


# Deaths


def deaths(share: int) -> list[Any]:
    """After each page; a few of them always, all of them in a soak."""
    soak = pytest.mark.soak
    return [n if n % share == 1 else pytest.param(n, marks=soak) for n in range(40)]


@pytest.mark.parametrize("page", deaths(20))
@pytest.mark.parametrize("before", [False, True], ids=["kept", "lost"])
def test_a_night_killed_at_a_page_goes_on(
    victim: Shop, same: Same, good: Good, page: int, before: bool
) -> None:
    if page >= good.pages:
        pytest.skip(f"a night has {good.pages} pages")
    with pytest.raises(Killed):
        run(victim, mortal(victim, page, before=before))
    assert run(victim) == {}
    same(victim)


def test_a_night_on_a_base_token_killed_at_every_page_goes_on(
    opened: Opened, good_base: Good, urls: Urls
) -> None:
    shop, died = opened(BASE), 0
    while died < MOST_PASSES:
        try:
            assert run(shop, mortal(shop, 0), "one-job") == {}
            break
        except Killed:
            died += 1
    assert died >= good_base.pages
    _same(urls, shop, good_base)


# Pages that come twice, days that come in another order


@pytest.mark.parametrize("odd", [Stuttering, Backwards])
def test_pages_twice_and_days_backwards_are_the_same_night(
    victim: Shop, same: Same, odd: Callable[[Source], Any]
) -> None:
    assert run(victim, odd_night(victim, odd)) == {}
    same(victim)


def test_rows_in_another_order_are_the_same_rows(victim: Shop, same: Same, tap: Tap) -> None:
    tap.spoil = reversed_rows
    assert run(victim) == {}
    same(victim)


# Refusals


def job(shop: Shop, trace: str) -> ClaimedJob:
    payload = {"d": shop.d.isoformat(), "days": DAYS}
    return ClaimedJob(
        id=1,
        tenant_id=shop.tenant_id,
        job_type="collect",
        payload=payload,
        attempt=1,
        max_attempt=5,
        lease_token="lease",
        trace_id=trace,
    )


@pytest.mark.parametrize("seed", [1, *soaked(*range(2, 12))])
def test_a_storm_of_429_is_waited_out_and_nobody_is_asked_twice(
    victim: Shop, same: Same, tap: Tap, seed: int
) -> None:
    storm = Storm(random.Random(seed), lambda: victim.wall.now().timestamp())
    work = CollectWork(night=victim.house.night, teller=victim.house.teller)
    tap.instead = storm
    for _ in range(MOST_PASSES):
        try:
            work(job(victim, f"storm-{seed}"), quiet)
            break
        except YieldUntil as told:
            passed = Counter(method_of(seen) for seen in tap.taken() if seen.status == 429)
            assert max(passed.values(), default=0) <= 1, "refused, and asked again in the same pass"
            # It may be open again by now: a pass takes seconds, and the shortest wait is one.
            ends = [datetime.fromtimestamp(end, MOSCOW) for end in storm.until.values()]
            near = [end for end in ends if abs(told.at - end) < timedelta(seconds=2)]
            assert near, "it yields until the marketplace opens again"
            victim.wall.skip(max(told.at - victim.wall.now(), timedelta()) + timedelta(milliseconds=1))
    assert storm.refused > 10
    assert storm.early == []
    same(victim)


# Reports that are gone


def _gone(kind: str) -> Callable[[Exchange], Answer | None]:
    """Each report's first status says so, or is not found; or its file is not there."""
    told: set[str] = set()

    def answer(asked: Exchange) -> Answer | None:
        step = asked.path.rpartition("/")[2]
        method = method_of(asked)
        if "/tasks/" not in asked.path or step != ("download" if kind == "file" else "status"):
            return None
        if method in told:
            return None
        told.add(method)
        if kind in ("purged", "canceled"):
            body = {"data": {"id": asked.path.split("/")[-2], "status": kind}}
            return Answer(200, json.dumps(body).encode())
        return Answer(404, b'{"title": "Not Found", "detail": "not found"}')

    return answer


@pytest.mark.parametrize("kind", ["purged", *soaked("canceled", "missing", "file")])
def test_a_report_that_is_gone_is_ordered_anew(
    opened: Opened, good_base: Good, urls: Urls, tap: Tap, kind: str
) -> None:
    shop = opened(BASE)
    tap.instead = _gone(kind)
    failed = run(shop)
    assert failed
    assert all("\n" not in told and told.endswith(".") for told in failed.values())
    shop.heal()
    assert run(shop) == {}
    _same(urls, shop, good_base)


def test_a_report_that_expires_while_nobody_was_there_is_ordered_anew(
    opened: Opened, good_base: Good, urls: Urls, tap: Tap
) -> None:
    shop = opened(BASE)
    for page in range(MOST_PASSES):
        with pytest.raises(Killed):
            run(shop, mortal(shop, 0), "one-job")
        if any(step.path.endswith("warehouse_remains") for step in tap.heard):
            break
        assert page < MOST_PASSES - 1
    tap.instead = _gone("missing")
    assert "wb.stock" not in run(shop, trace="one-job")
    shop.heal()
    assert run(shop, trace="one-job") == {}
    _same(urls, shop, good_base)


# Clocks


@pytest.mark.parametrize("moment", ["00:00:01", "02:59:59", *soaked("03:00:01", "23:50:00")])
def test_midnight_is_moscows(victim: Shop, same: Same, moment: str) -> None:
    """Three in the morning in Moscow is midnight in UTC."""
    now = victim.house.clock.now()
    at = datetime.combine(now.astimezone(MOSCOW).date(), time.fromisoformat(moment), MOSCOW)
    victim.house.clock.skip(at - now)
    assert run(victim) == {}
    same(victim)


@pytest.mark.parametrize(
    ("clock", "hours"), [("clock", 1), ("wall", -1), *soaked(("clock", -1), ("wall", 1))]
)
def test_a_clock_that_is_set_in_mid_night_changes_nothing(
    victim: Shop, same: Same, good: Good, clock: str, hours: int
) -> None:
    pages = 0

    def at_page() -> None:
        nonlocal pages
        pages += 1
        if pages == good.pages // 2:
            (victim.wall if clock == "wall" else victim.house.clock).skip(timedelta(hours=hours))

    night = odd_night(victim, lambda source: Watched(source, at_page))
    for _ in range(MOST_PASSES):
        report = night.run(victim.tenant_id, victim.d, "clock", quiet, days=DAYS)
        failed, wait = report.errors, report.wait_until
        assert failed == {}
        if wait is None:
            break
        victim.wall.skip(max(wait - victim.wall.now(), timedelta()) + timedelta(milliseconds=1))
    same(victim)


# Fields of another type


def _counts(told: Normalised) -> Counter[str]:
    """Every row, by its kind; what could not be placed apart."""
    kinds = (name for name in told.__slots__ if name not in ("unplaced", "commissions"))
    rows = Counter(f"{kind}: {row}" for kind in kinds for row in getattr(told, kind))
    # The rates of all categories are one rule, a category is what a row of the reply tells.
    for rule in told.commissions:
        told_of = json.loads(rule.rule_json)["subjects"].items()
        rows.update(f"commissions: {rule.dt_from} {subject}: {rates}" for subject, rates in told_of)
    return rows


def _read(source: Source, unit: Unit, pages: list[Page], n: int, told: Any) -> Normalised:
    """The unit, if page ``n`` had said that."""
    changed = pages[n]._replace(body=json.dumps(told, ensure_ascii=False).encode())
    return source.normalise(unit, [*pages[:n], changed, *pages[n + 1 :]])


def _short(body: bytes) -> bytes:
    """Two rows of every list."""
    if not body.startswith((b"[", b"{")):
        return body
    return json.dumps(shortened(json.loads(body), 2), ensure_ascii=False).encode()


def test_a_field_of_another_type_spoils_its_own_row_at_most(good: Good) -> None:
    """Every field of every reply, as everything that it is not.

    The same figure as a word changes nothing. Else the row is as it was, or reads otherwise, or stands
    with «не разнесено» – and every other row is untouched.
    """
    wrong: list[str] = []
    tried = 0
    seen: set[tuple[str, str]] = set()
    for source, unit, whole in good.told:
        pages = [page._replace(body=_short(page.body)) for page in whole]
        for n, page in enumerate(pages):
            if (source.name, page.key.path) in seen or not page.body.startswith((b"[", b"{")):
                continue
            seen.add((source.name, page.key.path))
            body = json.loads(page.body)

            read = partial(_read, source, unit, pages, n)

            known: dict[Any, Counter[str]] = {}
            as_was = _counts(read(body))
            for twist in twists(body):
                tried += 1
                about = f"{source.name} {twist.field}: {twist.was!r} → {twist.became!r}"
                try:
                    told = read(twisted(body, twist))
                except AmbarError as error:
                    if twist.row is not None:
                        wrong.append(f"{about}: the whole page is refused: {error}")
                    continue
                except Exception as error:
                    wrong.append(f"{about}: {error!r}")
                    continue
                now = _counts(told)
                if twist.keeps_its_value and (now != as_was or told.unplaced):
                    wrong.append(f"{about}: read otherwise")
                if twist.row is not None:
                    if twist.row not in known:
                        known[twist.row] = _counts(read(without(body, twist.row)))
                    if lost := known[twist.row] - now:
                        wrong.append(f"{about}: harmed {next(iter(lost))[:200]}")
    assert wrong == []
    assert tried > 1000
