"""Who looks after the processes, with small real children: they die, hang, refuse, dawdle, and are many."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from app.cli.supervisor import LONGEST_PAUSE, Supervisor
from app.core.notify import Notifier
from tests.support.listener import ear

READY = """
import os, signal, socket, sys, time
door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def say(word): door.sendto(word.encode(), os.environ["NOTIFY_SOCKET"])
say("READY=1")
"""
LIVE = READY + "while True: time.sleep(0.1); say('WATCHDOG=1')"
HANG = READY + "time.sleep(60)"
STUBBORN = (
    READY + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(0.1); say('WATCHDOG=1')"
)
DIE, REFUSE = "raise SystemExit(3)", "raise SystemExit(78)"


def child(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", program]


class Story:
    """Runs a supervisor in this thread, and tells it to stop when ``over`` says so."""

    def __init__(self) -> None:
        self.logs: list[dict[str, object]] = []
        self.took = 0.0
        self._told_at, self._reached = 0.0, False

    def play(self, supervisor: Supervisor, over: Callable[[], bool]) -> int:
        def end_it() -> None:
            deadline = time.monotonic() + 15
            while not (reached := over()) and time.monotonic() < deadline:
                time.sleep(0.01)
            self._reached = reached
            self._told_at = time.monotonic()
            os.kill(os.getpid(), signal.SIGTERM)

        told = threading.Thread(target=end_it, daemon=True)
        told.start()
        with capture_logs() as self.logs:  # type: ignore[assignment]
            code = supervisor.run()
        told.join(20)  # its signal must not meet the next test
        assert self._reached, self.logs
        self.took = time.monotonic() - self._told_at
        return code

    def told(self, event: str) -> list[dict[str, object]]:
        return [entry for entry in self.logs if entry["event"] == event]


@pytest.fixture
def story() -> Iterator[Story]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Story()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_child_that_dies_comes_back_after_pauses_that_grow(story: Story) -> None:
    supervisor = Supervisor({"bot": child(DIE), "worker": child(LIVE)}, first_pause=0.02)
    assert story.play(supervisor, lambda: len(story.told("child_died")) >= 4) == 0
    died = story.told("child_died")
    assert [entry["pause"] for entry in died[:4]] == [0.02, 0.04, 0.08, 0.16]
    assert {(entry["child"], entry["code"]) for entry in died} == {("bot", 3)}
    assert len([each for each in story.told("child_started") if each["child"] == "worker"]) == 1


def test_a_child_that_hangs_is_found_killed_and_started_anew(story: Story) -> None:
    supervisor = Supervisor({"bot": child(HANG), "worker": child(LIVE)}, watchdog=1.5, first_pause=0.01)
    assert story.play(supervisor, lambda: len(story.told("child_ready")) >= 3) == 0
    assert [entry["child"] for entry in story.told("child_silent")] == ["bot"]
    assert [entry["code"] for entry in story.told("child_died")] == [-signal.SIGKILL]


def test_a_child_that_its_settings_stop_is_not_tried_in_a_hurry_and_holds_nobody_up(story: Story) -> None:
    supervisor = Supervisor({"web": child(REFUSE), "worker": child(LIVE)}, first_pause=0.01)

    def seen() -> bool:
        return bool(story.told("child_refused_its_settings") and story.told("child_ready"))

    with ear() as systemd:
        supervisor._notifier = Notifier(systemd.address)
        assert story.play(supervisor, seen) == 0
        said = [line for each in systemd.listen() for line in each]
    assert [entry["pause"] for entry in story.told("child_refused_its_settings")] == [LONGEST_PAUSE]
    assert len([each for each in story.told("child_started") if each["child"] == "web"]) == 1
    assert "STATUS=web: не запускается: настройки, worker: работает" in said


def test_where_nothing_can_start_the_supervisor_says_so_and_ends(story: Story) -> None:
    supervisor = Supervisor({"bot": child(REFUSE), "worker": child(REFUSE)})
    assert story.play(supervisor, lambda: bool(story.told("nothing_can_start"))) == 78


def test_sigterm_waits_for_who_finishes_and_kills_who_does_not(story: Story) -> None:
    finish = LIVE.replace(
        "while True", "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.4), sys.exit()))\nwhile True"
    )
    supervisor = Supervisor({"bot": child(finish), "worker": child(STUBBORN)}, patience=1.0)
    assert story.play(supervisor, lambda: len(story.told("child_ready")) == 2) == 0
    assert [entry["child"] for entry in story.told("child_killed")] == ["worker"]
    assert story.took >= 1.0


def test_systemd_is_told_that_we_are_ready_that_we_live_and_that_we_stop(story: Story) -> None:
    with ear() as systemd:
        supervisor = Supervisor({"worker": child(LIVE)}, notifier=Notifier(systemd.address, watchdog=0.6))
        signs = lambda: systemd.listen().count(["WATCHDOG=1"]) >= 3  # noqa: E731
        assert story.play(supervisor, signs) == 0
        first, *_, last = systemd.listen()
    assert first[0] == "READY=1"
    assert last[0] == "STOPPING=1"
