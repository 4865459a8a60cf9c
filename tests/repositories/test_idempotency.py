"""The same request twice: done once, answered twice. Another request under its key: refused."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, text

from app.core.clock import FixedClock
from app.core.errors import Conflict, NotNow
from app.db.install import Urls
from app.db.session import TenantTx
from app.repositories import idempotency as keys
from app.services.idempotency import Answer, Once, forget_expired, run_idempotent
from tests.repositories.conftest import Org
from tests.support.databases import superuser
from tests.support.shop import until

TTL = timedelta(hours=24)
REQUEST = {"article": "KRS-42", "price": "350"}


@dataclass(slots=True)
class Deed:
    """Writes a row each time it is done, and counts."""

    times: int = 0
    seen: list[str] = field(default_factory=list)

    def __call__(self, tx: TenantTx) -> dict[str, int]:
        self.times += 1
        tx.run(
            "INSERT INTO warehouse (tenant_id, marketplace, code) VALUES (:tenant_id, 'WB', :n)",
            n=str(self.times),
        )
        return {"times": self.times}


@pytest.fixture
def deed() -> Deed:
    return Deed()


def ask(org: Org, deed: Deed, now: datetime, **other: Any) -> Answer:
    """The request, but for what is ``other``."""
    told = {"operation": "set", "key": "k", "request": REQUEST, **other}
    with org.tx(told.pop("trace", "trace-1")) as tx:
        return run_idempotent(tx, do=lambda: deed(tx), now=now, ttl=TTL, **told)


def rows(org: Org) -> int:
    with org.tx() as tx:
        return int(tx.run("SELECT count(*) FROM warehouse WHERE tenant_id = :tenant_id").scalar_one())


def test_a_repeated_request_gets_the_first_answer_and_changes_nothing(
    mine: Org, deed: Deed, clock: FixedClock
) -> None:
    first = ask(mine, deed, clock.now(), trace="trace-1")
    again = ask(mine, deed, clock.now(), trace="trace-2")
    assert first == Answer(response={"times": 1}, trace_id="trace-1", is_repeat=False)
    assert again == Answer(response={"times": 1}, trace_id="trace-1", is_repeat=True)
    assert rows(mine) == 1


def test_another_request_under_the_same_key_is_refused(mine: Org, deed: Deed, clock: FixedClock) -> None:
    ask(mine, deed, clock.now())
    with pytest.raises(Conflict, match="другая просьба"):
        ask(mine, deed, clock.now(), request={**REQUEST, "price": "351"})
    assert rows(mine) == 1


def test_the_order_of_a_requests_fields_makes_no_other_request(
    mine: Org, deed: Deed, clock: FixedClock
) -> None:
    ask(mine, deed, clock.now())
    assert ask(mine, deed, clock.now(), request=dict(reversed(REQUEST.items()))).is_repeat


@pytest.mark.parametrize("other", [{"key": "k2"}, {"operation": "undo"}])
def test_another_key_or_operation_is_another_deed(
    mine: Org, deed: Deed, clock: FixedClock, other: dict[str, str]
) -> None:
    ask(mine, deed, clock.now())
    assert not ask(mine, deed, clock.now(), **other).is_repeat
    assert rows(mine) == 2


def test_two_organisations_may_have_one_key(mine: Org, theirs: Org, deed: Deed, clock: FixedClock) -> None:
    ask(mine, deed, clock.now())
    assert not ask(theirs, deed, clock.now()).is_repeat
    assert (rows(mine), rows(theirs)) == (1, 1)


def test_a_key_whose_time_is_over_is_free_for_any_request(mine: Org, deed: Deed, clock: FixedClock) -> None:
    ask(mine, deed, clock.now())
    clock.advance(TTL - timedelta(seconds=1))
    assert ask(mine, deed, clock.now()).is_repeat
    clock.advance(timedelta(seconds=1))
    anew = ask(mine, deed, clock.now(), request={"other": "1"}, trace="trace-9")
    assert anew == Answer(response={"times": 2}, trace_id="trace-9", is_repeat=False)
    assert ask(mine, deed, clock.now(), request={"other": "1"}).trace_id == "trace-9"


def test_a_deed_that_failed_leaves_the_key_free(mine: Org, deed: Deed, clock: FixedClock) -> None:
    with suppress(ZeroDivisionError), mine.tx() as tx:
        run_idempotent(tx, "set", "k", REQUEST, lambda: {"x": 1 // 0}, now=clock.now(), ttl=TTL)
    assert not ask(mine, deed, clock.now()).is_repeat


def test_of_two_equal_requests_at_once_one_is_done_and_the_other_gets_its_answer(
    urls: Urls, mine: Org, deed: Deed, clock: FixedClock
) -> None:
    """Two connections: the second is seen waiting for the first before that one may end."""
    with ThreadPoolExecutor(2) as threads:
        first, second = _race(urls, mine, deed, clock.now(), threads, fails=False)
    assert (first.result().is_repeat, second.result().is_repeat) == (False, True)
    assert second.result().response == {"times": 1}
    assert second.result().trace_id == "first"
    assert rows(mine) == 1


def test_where_the_first_of_two_fails_the_other_does_it(
    urls: Urls, mine: Org, deed: Deed, clock: FixedClock
) -> None:
    with ThreadPoolExecutor(2) as threads:
        first, second = _race(urls, mine, deed, clock.now(), threads, fails=True)
        assert isinstance(first.exception(), ZeroDivisionError)
    assert not second.result().is_repeat
    assert rows(mine) == 1


def _race(
    urls: Urls, org: Org, deed: Deed, now: datetime, threads: ThreadPoolExecutor, *, fails: bool
) -> tuple[Future[Answer], Future[Answer]]:
    at_work, may_end = threading.Event(), threading.Event()

    def slow() -> Answer:
        with org.tx("first") as tx:

            def do() -> dict[str, int]:
                done = deed(tx)
                at_work.set()
                assert may_end.wait(10)
                return {"x": 1 // 0} if fails else done

            return run_idempotent(tx, "set", "k", REQUEST, do, now=now, ttl=TTL)

    first = threads.submit(slow)
    assert at_work.wait(10)
    second = threads.submit(ask, org, deed, now, trace="second")
    try:
        with superuser(urls.admin) as admin:
            until(lambda: _waits(admin))
    finally:
        may_end.set()
    return first, second


def _waits(admin: Connection) -> bool:
    """Does a transaction of the second request wait for a lock? Only a superuser may see that."""
    asked = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'ambar second' AND wait_event_type = 'Lock')"
    )
    return bool(admin.scalar(text(asked)))


def test_whoever_waits_too_long_is_told_so(mine: Org, deed: Deed, clock: FixedClock) -> None:
    with mine.tx("first") as first:
        run_idempotent(first, "set", "k", REQUEST, dict, now=clock.now(), ttl=TTL)
        with pytest.raises(NotNow, match="как раз выполняется"):
            _impatient(mine, clock.now())


def _impatient(org: Org, now: datetime) -> None:
    with org.tx("second") as tx:
        tx.run("SET LOCAL lock_timeout = '50ms'")
        run_idempotent(tx, "set", "k", REQUEST, dict, now=now, ttl=TTL)


def test_only_what_is_over_is_forgotten_and_only_ones_own(
    mine: Org, theirs: Org, deed: Deed, clock: FixedClock
) -> None:
    ask(mine, deed, clock.now())
    ask(theirs, deed, clock.now())
    clock.advance(timedelta(hours=1))
    ask(mine, deed, clock.now(), key="later")
    clock.advance(TTL - timedelta(hours=1))
    with mine.tx() as tx:
        assert forget_expired(tx, clock.now()) == 1
        assert keys.find_answer(tx, "set", "later", clock.now()) is not None
    with theirs.tx() as tx:
        assert tx.run("SELECT count(*) FROM idempotency_key").scalar() == 1


@dataclass(frozen=True, slots=True)
class Order:
    """A request with a secret, and with something that is learnt anew each time."""

    article: str
    learnt: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """What the case answers: nothing that JSON knows by itself."""

    price: Decimal | None
    at: datetime
    tags: tuple[str, ...]


@dataclass(slots=True)
class Case:
    at: datetime
    times: int = 0

    def __call__(self, tx: TenantTx, order: Order) -> Done:
        self.times += 1
        return Done(Decimal("350.10"), self.at, (order.article, str(self.times)))


def test_an_answer_comes_back_as_it_was_given(mine: Org, clock: FixedClock) -> None:
    once = Once(case=(case := Case(clock.now())), answers=Done, clock=clock, ttl=TTL)
    with mine.tx() as tx:
        first = once(tx, Order("a"), "k")
    with mine.tx() as tx:
        assert once(tx, Order("a"), "k") == first == once.answered(tx, "k")
        assert once.answered(tx, "other") is None
    assert case.times == 1
    with mine.tx() as tx:
        assert once(tx, Order("a")).tags == ("a", "2"), "without a key it is just done"


def test_a_secret_and_what_is_learnt_anew_are_no_part_of_a_request(mine: Org, clock: FixedClock) -> None:
    once = Once(case=Case(clock.now()), answers=Done, clock=clock, ttl=TTL, names=("article",))
    with mine.tx() as tx:
        once(tx, Order("a", "was", "secret-1"), "k")
        once(tx, Order("a", "is", "secret-2"), "k")
        stored = tx.run(
            "SELECT convert_from(request_hash, 'LATIN1') || response::text FROM idempotency_key"
        ).scalars()
        assert not any("secret" in each for each in stored)
        with pytest.raises(Conflict):
            once(tx, Order("b"), "k")
