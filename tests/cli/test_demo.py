"""``ambar demo`` as a newcomer meets it: a first start, a second one, a day later."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.paths import repo_root


def demo(data: Path, *arguments: str) -> str:
    """What a run of the demo prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(repo_root()),
        "AMBAR_DATA": str(data),
        "AMBAR_ENV_FILE": "/nonexistent",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        [sys.executable, "-m", "app", "demo", "--skus", "12", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_a_first_start_shows_the_shop_and_another_day_brings_a_night(tmp_path: Path) -> None:
    first = demo(tmp_path, "--say", "/pnl 7", "--say", "/supply")
    assert "ДЕМО" in first
    assert "К выплате" in first
    assert "Поставка" in first
    assert "Готово" in first

    later = demo(tmp_path, "--advance", "1", "--say", "/pnl 7")
    assert "21.11.2026" in later
    assert "14.11–20.11" in later


@pytest.mark.soak
def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    first = demo(tmp_path, "--say", "/pnl 7")
    again = demo(tmp_path, "--say", "/pnl 7")
    assert "ни одна строка" in again
    assert _answer(again, "К выплате") == _answer(first, "К выплате")


def _answer(said: str, label: str) -> str:
    """The line of a figure."""
    return next(line for line in said.splitlines() if label in line)
