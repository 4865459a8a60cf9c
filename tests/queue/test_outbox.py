"""What is told outside: with the deed, once, in order, until it arrives or we say aloud that it did not."""

import threading
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.core.clock import FixedClock, SystemClock
from app.core.errors import NotNow
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.port import Event, RetryAfter
from app.queue.relay import DIED, Relay
from tests.queue.conftest import Listener


def tell(db: Database, outbox: PostgresOutbox, tenant_id: int, key: str, *texts: str) -> None:
    with db.tenant(tenant_id) as tx:
        for words in texts:
            outbox.append(tx, "chat", key, {"text": words}, trace_id="t")


def pending(db: Database) -> int:
    with db.platform() as tx:
        return int(tx.run("SELECT count(*) FROM outbox_event WHERE published_at IS NULL").scalar_one())


@pytest.fixture
def relay(db: Database, clock: FixedClock, listener: Listener) -> Relay:
    return Relay(db, {"chat": listener}, clock)


def test_an_event_is_told_with_its_deed_or_not_at_all(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int
) -> None:
    def tell_and_break() -> None:
        with db.tenant(tenant) as tx:
            outbox.append(tx, "chat", "1", {"text": "не было"}, trace_id="t")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tell_and_break()
    tell(db, outbox, tenant, "1", "было")
    assert relay.run_until_idle() == 1
    assert relay.run_until_idle() == 0
    assert listener.heard == ["было"]
    (event,) = listener.events
    assert (event.tenant_id, event.topic, event.key, event.trace_id) == (tenant, "chat", "1", "t")


def test_one_name_is_told_once_by_each_tenant(
    db: Database, outbox: PostgresOutbox, tenant: int, neighbour: int
) -> None:
    def append(tenant_id: int) -> bool:
        with db.tenant(tenant_id) as tx:
            return outbox.append(tx, "chat", "1", {"text": "сводка"}, trace_id="t", uniq="digest:2026-11-19")

    assert append(tenant)
    assert not append(tenant)
    assert append(neighbour)
    assert pending(db) == 2


def test_a_later_event_of_a_key_waits_for_the_earlier_one(
    db: Database,
    outbox: PostgresOutbox,
    relay: Relay,
    listener: Listener,
    tenant: int,
    clock: FixedClock,
) -> None:
    tell(db, outbox, tenant, "1", "раз", "два")
    tell(db, outbox, tenant, "2", "чужой чат")

    def refuse(event: Event) -> None:
        if event.payload["text"] == "раз":
            raise NotNow("Telegram не отвечает.")

    listener.trouble = refuse
    relay.run_until_idle()
    assert listener.heard == ["чужой чат"]
    listener.trouble = lambda event: None
    clock.advance(timedelta(seconds=5))
    relay.run_until_idle()
    assert listener.heard == ["чужой чат", "раз", "два"]


def test_events_without_a_key_wait_for_nobody(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int
) -> None:
    tell(db, outbox, tenant, "", "раз", "два")

    def refuse(event: Event) -> None:
        if event.payload["text"] == "раз":
            raise NotNow("нет")

    listener.trouble = refuse
    relay.run_until_idle()
    assert listener.heard == ["два"]


def test_a_failed_delivery_keeps_its_error_and_rolls_nothing_back(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int
) -> None:
    tell(db, outbox, tenant, "1", "раз")

    def refuse(event: Event) -> None:
        raise NotNow("Telegram не отвечает.")

    listener.trouble = refuse
    relay.run_once()
    with db.platform() as tx:
        row = tx.run("SELECT attempts, error, published_at FROM outbox_event").one()
    assert (row.attempts, row.error, row.published_at) == (1, "Telegram не отвечает.", None)


def test_peace_that_was_asked_for_is_kept_and_costs_nothing(
    db: Database,
    outbox: PostgresOutbox,
    relay: Relay,
    listener: Listener,
    tenant: int,
    clock: FixedClock,
) -> None:
    tell(db, outbox, tenant, "1", "раз")

    def wait(event: Event) -> None:
        raise RetryAfter(35)

    listener.trouble = wait
    for _ in range(40):  # more often than failures would be allowed
        relay.run_until_idle()
        clock.advance(timedelta(seconds=35))
    listener.trouble = lambda event: None
    clock.advance(timedelta(seconds=-1))
    assert relay.run_until_idle() == 0
    clock.advance(timedelta(seconds=1))
    assert relay.run_until_idle() == 1
    assert listener.events[0].attempt == 1


def test_giving_up_is_loud_keeps_the_row_and_frees_the_key(
    db: Database, outbox: PostgresOutbox, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    relay = Relay(db, {"chat": listener}, clock, max_attempts=3)
    tell(db, outbox, tenant, "1", "раз", "два")

    def refuse(event: Event) -> None:
        if event.payload["text"] == "раз":
            raise NotNow("Чат закрыт.")

    listener.trouble = refuse
    with capture_logs() as logs:
        for _ in range(5):
            relay.run_until_idle()
            clock.advance(timedelta(hours=1))
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["event_given_up"]
    assert listener.heard == ["два"]
    with db.platform() as tx:
        row = tx.run("SELECT attempts, error FROM outbox_event WHERE published_at IS NULL").one()
    assert (row.attempts, row.error) == (3, "Чат закрыт.")


def test_a_topic_without_a_consumer_waits_for_one(
    db: Database, outbox: PostgresOutbox, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    tell(db, outbox, tenant, "1", "раз")
    assert Relay(db, {"post": listener}, clock).run_until_idle() == 0
    assert Relay(db, {"chat": listener}, clock).run_until_idle() == 1


def test_a_dead_relays_event_is_told_by_another(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    tell(db, outbox, tenant, "1", "раз", "два")

    def die(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Relay(db, {"chat": die}, clock).run_once()
    assert relay.run_until_idle() == 0  # it may still be on its way
    clock.advance(timedelta(minutes=2))
    relay.run_until_idle()
    assert listener.heard == ["раз", "два"]


def test_two_relays_tell_everything_once_and_each_key_in_order(
    db: Database, tenant: int, listener: Listener
) -> None:
    clock = SystemClock()
    outbox = PostgresOutbox(clock=clock)
    for chat in range(10):
        tell(db, outbox, tenant, str(chat), *(f"{chat}:{number}" for number in range(10)))
    relays = [Relay(db, {"chat": listener}, clock, batch=3, poll=0.01) for _ in range(2)]
    for relay in relays:
        relay.start()
    done = threading.Event()
    for _ in range(200):
        if pending(db) == 0 or done.wait(0.05):
            break
    for relay in relays:
        relay.stop()
        assert relay.join(5)
    assert len(listener.heard) == 100
    for chat in range(10):
        mine = [text for text in listener.heard if text.startswith(f"{chat}:")]
        assert mine == [f"{chat}:{number}" for number in range(10)]


def test_an_id_that_commits_late_is_not_lost(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int
) -> None:
    with db.tenant(tenant) as tx:
        outbox.append(tx, "chat", "1", {"text": "взял номер первым"}, trace_id="t")
        tell(db, outbox, tenant, "2", "раньше записан")
        relay.run_until_idle()
        assert listener.heard == ["раньше записан"]
    relay.run_until_idle()
    assert listener.heard == ["раньше записан", "взял номер первым"]


def test_what_a_slow_batch_holds_too_long_is_anybodys(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    tell(db, outbox, tenant, "", "раз", "два", "три")
    other = Listener()

    def dawdle(event: Event) -> None:
        clock.advance(timedelta(seconds=70))
        if event.payload["text"] == "два":
            Relay(db, {"chat": other}, clock).run_once()

    listener.trouble = dawdle
    assert relay.run_once() == 3
    assert listener.heard == ["раз", "два"], "what is begun is marked anew"
    assert other.heard == ["три"]
    assert {event.attempt for event in listener.events + other.events} == {1}


def test_a_mark_that_ran_out_unnoticed_is_as_good_as_ever(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    tell(db, outbox, tenant, "", "раз", "два")
    listener.trouble = lambda event: clock.advance(timedelta(minutes=3))
    assert relay.run_once() == 2
    assert listener.heard == ["раз", "два"]


def test_whatever_kills_a_relay_costs_only_the_event_in_hand_a_try(
    db: Database, outbox: PostgresOutbox, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    """Else a message that breaks the sender would end those that were only claimed beside it."""
    tell(db, outbox, tenant, "", "раз", "яд", "два")

    def die(event: Event) -> None:
        if event.payload["text"] == "яд":
            raise KeyboardInterrupt

    listener.trouble = die
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            ending(db, clock, listener).run_once()
        clock.advance(timedelta(minutes=2))
    ending(db, clock, listener).run_once()
    assert listener.heard == ["раз", "два"]
    assert pending(db) == 1


def test_stopping_finishes_the_delivery_and_frees_the_batch(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    tell(db, outbox, tenant, "", "раз", "два", "три")
    listener.trouble = lambda event: relay.stop()
    relay.run_once()
    assert listener.heard == ["раз"]
    listener.trouble = lambda event: None
    Relay(db, {"chat": listener}, clock).run_until_idle()
    assert listener.heard == ["раз", "два", "три"]
    assert {event.attempt for event in listener.events} == {1}


def ending(db: Database, clock: FixedClock, listener: Listener) -> Relay:
    """A relay that tries twice."""
    return Relay(db, {"chat": listener}, clock, max_attempts=2)


def test_an_event_whose_sender_died_at_the_last_try_ends_visibly(
    db: Database, outbox: PostgresOutbox, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    tell(db, outbox, tenant, "1", "раз", "два")

    def die(event: Event) -> None:
        raise KeyboardInterrupt

    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                Relay(db, {"chat": die}, clock, max_attempts=2).run_once()
            clock.advance(timedelta(minutes=2))
        ending(db, clock, listener).run_until_idle()
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["event_given_up"]
    assert listener.heard == ["два"]
    with db.platform() as tx:
        (ended,) = outbox.list(tx, given_up=True)
    assert (ended.tenant_id, ended.key, ended.attempts, ended.error, ended.given_up_at) == (
        tenant,
        "1",
        2,
        DIED,
        clock.now(),
    )


def test_what_was_given_up_is_told_when_somebody_asks_for_it(
    db: Database, outbox: PostgresOutbox, listener: Listener, tenant: int, clock: FixedClock
) -> None:
    tell(db, outbox, tenant, "1", "раз")

    def refuse(event: Event) -> None:
        raise NotNow("Чат закрыт.")

    listener.trouble = refuse
    relay = ending(db, clock, listener)
    relay.run_until_idle()
    clock.advance(timedelta(hours=1))
    relay.run_until_idle()
    listener.trouble = lambda event: None
    with db.platform() as tx:
        (ended,) = outbox.list(tx, given_up=True)
        assert outbox.list(tx) == [], "it ended with its last try, not when the next would be due"
        assert outbox.retry(tx, [ended.id]) == 1
        assert outbox.retry(tx, [ended.id]) == 0
        entry = tx.run("SELECT tenant_id, action FROM audit_entry ORDER BY id DESC LIMIT 1").one()
    assert tuple(entry) == (tenant, "event.retried")
    relay.run_until_idle()
    assert listener.heard == ["раз"]
    assert listener.events[0].attempt == 1
    with db.platform() as tx:
        assert outbox.list(tx, given_up=True) == []


def test_a_list_is_ones_own_and_what_is_marked_told_leaves_it(
    db: Database, outbox: PostgresOutbox, relay: Relay, listener: Listener, tenant: int, neighbour: int
) -> None:
    tell(db, outbox, tenant, "1", "раз", "два")
    tell(db, outbox, neighbour, "1", "чужое")
    with db.tenant(tenant) as tx:
        first, second = outbox.list(tx, tenant_id=neighbour)
    with db.platform() as tx:
        assert [each.tenant_id for each in outbox.list(tx)] == [tenant, tenant, neighbour]
        assert [each.tenant_id for each in outbox.list(tx, tenant_id=neighbour)] == [neighbour]
        assert outbox.mark_published(tx, [first.id]) == 1
        assert outbox.mark_published(tx, [first.id]) == 0
    with db.tenant(tenant) as tx:
        assert [each.id for each in outbox.list(tx)] == [second.id]
    relay.run_until_idle()
    assert sorted(listener.heard) == ["два", "чужое"]
