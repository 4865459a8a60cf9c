"""A supervisor is told the truth: ready when ready, alive while every heart beats, silent when not."""

import os
import time

import pytest
from structlog.testing import capture_logs

from app.core.notify import Notifier
from app.core.pulse import Heart, Pulse, Watchdog, beating, on_duty
from tests.support.listener import ear


@pytest.mark.parametrize("abstract", [False, True])
def test_what_is_told_arrives_at_systemds_socket(abstract: bool) -> None:
    with ear(abstract=abstract) as supervisor:
        notifier = Notifier.of({"NOTIFY_SOCKET": supervisor.address})
        notifier.ready("Слушаю")
        notifier.alive()
        notifier.status("работ: 3")
        notifier.stopping()
        assert supervisor.listen() == [
            ["READY=1", "STATUS=Слушаю"],
            ["WATCHDOG=1"],
            ["STATUS=работ: 3"],
            ["STOPPING=1", "STATUS=Останавливаюсь"],
        ]


def test_without_a_supervisor_nothing_is_said_and_nothing_breaks() -> None:
    assert Notifier.of({}) == Notifier(None, None)
    Notifier.of({}).ready("Слушаю")
    Notifier("/nonexistent/socket", 1.0).alive()


@pytest.mark.parametrize(
    ("pid", "usec", "watchdog"),
    [
        ("", "30000000", 30.0),
        ("ours", "500000", 0.5),
        ("1", "30000000", None),  # a parent's
        ("", "0", None),
        ("", "", None),
        ("", "soon", None),
    ],
)
def test_the_watchdogs_term_is_the_one_meant_for_us(pid: str, usec: str, watchdog: float | None) -> None:
    found = Notifier.of(
        {"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid.replace("ours", str(os.getpid()))}
    )
    assert found.watchdog == watchdog


def test_one_silent_heart_silences_the_watchdog_until_it_beats_again() -> None:
    silent = {"hands": 0.0, "loop": 0.0}
    hearts = [
        Heart(name=name, silent_for=lambda name=name: silent[name], patience=10.0)  # type: ignore[misc]
        for name in silent
    ]
    with ear() as supervisor, capture_logs() as logs:
        watchdog = Watchdog(Notifier(supervisor.address, 1.0), hearts)
        assert watchdog.check()
        silent["loop"] = 10.1
        assert not watchdog.check()
        assert not watchdog.check()
        silent["loop"] = 0.0
        assert watchdog.check()
        assert supervisor.listen() == [["WATCHDOG=1"]] * 2
    assert [entry["hearts"] for entry in logs if entry["event"] == "heart_silent"] == [["loop"]]


def test_signs_of_life_come_twice_a_term_and_stop_with_the_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()
    heart = Heart(name="hand", silent_for=pulse.silent_for, patience=0.3)
    with ear() as supervisor:
        monkeypatch.setenv("NOTIFY_SOCKET", supervisor.address)
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        with on_duty("Делаю работы", [heart]):
            assert supervisor.listen(0.25)[0] == ["READY=1", "STATUS=Делаю работы"]
            assert supervisor.said.count(["WATCHDOG=1"]) >= 2
            time.sleep(0.4)  # the heart stands still
            supervisor.listen()
            before = len(supervisor.said)
            assert len(supervisor.listen(0.3)) == before
            for _ in range(50):
                pulse.beat()
                if len(supervisor.listen(0.1)) > before:
                    break
            assert supervisor.said[-1] == ["WATCHDOG=1"]
        assert supervisor.listen(0.3)[-1][0] == "STOPPING=1"


async def test_an_event_loop_that_is_stuck_has_a_silent_heart() -> None:
    async with beating() as heart:
        assert heart.is_alive
        assert heart.silent_for() < 0.5
        time.sleep(0.6)  # what a handler must never do
        assert heart.silent_for() > 0.5
