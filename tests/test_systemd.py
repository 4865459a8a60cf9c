"""The units as systemd itself reads them: valid, closed, and in step with the program they start."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from app.cli import build
from app.cli.life import LAST_RESORT, SETTINGS_FAULT
from app.cli.supervisor import PATIENCE
from app.core.config import Settings
from app.core.paths import MASTER_KEY, repo_root

UNITS = repo_root() / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
APART = [name for name in SERVICES if name != "ambar.service"]
MOST_EXPOSED = 2.0

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="нет systemd-analyze: юниты проверить нечем (пакет systemd)",
)
each_service = pytest.mark.parametrize("name", SERVICES)


def settled(folder: Path) -> Path:
    """A copy of the units whose program is where this one is, not in /opt."""
    copied = folder / "units"
    shutil.copytree(UNITS, copied)
    for path in copied.rglob("*.*"):
        if path.is_file():
            path.write_text(path.read_text().replace("/opt/ambar/ambar", str(repo_root() / "ambar")))
    return copied


def analyze(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def complaints(unit: Path) -> str:
    """What ``systemd-analyze verify`` has against a unit; "" = nothing."""
    done = analyze("verify", str(unit))
    return done.stderr.strip() or ("" if done.returncode == 0 else f"code {done.returncode}")


def exposure(unit: Path) -> float:
    """0 (closed) to 10."""
    done = analyze("security", "--offline=true", "--no-pager", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    return float(found.group(1))


def directives(name: str) -> dict[str, list[str]]:
    """{key: values} of a unit with its drop-ins."""
    text = (UNITS / name).read_text()
    if name.startswith("ambar-"):
        text = (UNITS / "ambar-.service.d" / "common.conf").read_text() + text
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize("name", [*SERVICES, "ambar.target"])
def test_systemd_has_nothing_against_a_unit(name: str, tmp_path: Path) -> None:
    assert complaints(settled(tmp_path) / name) == ""


@needs_systemd
@each_service
def test_a_service_is_closed_to_all_that_it_does_not_need(name: str, tmp_path: Path) -> None:
    assert exposure(settled(tmp_path) / name) <= MOST_EXPOSED


@needs_systemd
def test_an_open_service_and_a_misspelt_one_would_be_noticed(tmp_path: Path) -> None:
    units = settled(tmp_path)
    shutil.rmtree(units / "ambar-.service.d")
    assert exposure(units / "ambar-bot.service") > MOST_EXPOSED
    unit = units / "ambar.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=", "ProtectSistem="))
    assert "ProtectSistem" in complaints(unit)
    unit.write_text(unit.read_text().replace(str(repo_root() / "ambar"), "/nowhere/ambar"))
    assert "/nowhere/ambar" in complaints(unit)


@each_service
def test_a_service_starts_a_command_that_exists(name: str) -> None:
    program, command, *options = directives(name)["ExecStart"][0].split()
    assert program == "/opt/ambar/ambar"
    group = typer.main.get_command(build())
    known = group.commands[command].params  # type: ignore[attr-defined]
    assert set(options) <= {each for param in known for each in (*param.opts, *param.secondary_opts)}


@each_service
def test_a_service_is_told_ready_watched_and_given_time_to_finish(name: str) -> None:
    told = directives(name)
    assert told["Type"] == ["notify"]
    assert int(told["WatchdogSec"][0]) >= 30
    assert int(told["TimeoutStopSec"][0]) > max(PATIENCE, LAST_RESORT)
    assert told["Restart"] == ["on-failure"]
    assert told["RestartPreventExitStatus"] == [str(SETTINGS_FAULT)]


@each_service
def test_a_service_is_given_the_secrets_it_needs_and_no_others(name: str) -> None:
    given = {each.partition(":")[0] for each in directives(name).get("LoadCredential", [])}
    assert given <= {*Settings.model_fields, MASTER_KEY}
    needed = {
        "ambar.service": {"telegram_token"},  # its database and its key are in its own folder
        "ambar-bot.service": {"database_url", "telegram_token", MASTER_KEY},
        "ambar-relay.service": {"database_url", "telegram_token", MASTER_KEY},
        "ambar-worker.service": {"database_url", MASTER_KEY},
        "ambar-scheduler.service": {"database_url"},
        "ambar-web.service": {"database_url"},
    }
    assert given == needed[name]


def test_apart_each_part_of_the_work_is_done_by_one_service() -> None:
    started = {name: directives(name)["ExecStart"][0].split()[1:] for name in APART}
    assert sorted(started.values()) == [
        ["bot", "--no-relay"],
        ["relay"],
        ["scheduler"],
        ["web"],
        ["worker", "--no-scheduler"],
    ]
    target = (UNITS / "ambar.target").read_text()
    for name in APART:
        assert "ambar.target" in directives(name)["WantedBy"]
        assert name.removesuffix(".service") in target
