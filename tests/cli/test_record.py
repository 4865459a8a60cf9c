"""``ambar record`` against the sandbox: what it says first, what it writes, and what must never be in it."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import structlog
import vcr
import yaml
from typer.testing import CliRunner, Result

from app.cli import build
from app.cli.record import TOKEN_VARIABLE
from app.core.clock import FixedClock, SystemClock, business_day
from app.core.config import get_settings
from app.core.errors import AmbarError
from app.core.redact import SECRET_HEADERS
from app.marketplaces.transport import Breakers, MemoryRateBudget
from app.marketplaces.wb.client import open_wb
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import read_token
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.wb.tokens import Tokens
from app.sandbox.world import World
from app.services.recording import Leak, Recorder
from tests.marketplaces.replay import CASSETTES

Ambar = Callable[..., Result]


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, skus=6, days=10, today=business_day(SystemClock().now(), "Europe/Moscow"))


@pytest.fixture(scope="module")
def token(world: World) -> str:
    return Tokens(world).issue()


@pytest.fixture(scope="module")
def ambar(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ambar]:
    """Runs the command against a sandbox."""
    before = structlog.get_config()
    with SandboxServer(world, pace=NO_LIMITS) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WB_API_URL", server.wb_api_url)
        patch.setenv("API_PACE", str(NO_LIMITS))
        patch.setenv("AMBAR_DATA", str(tmp_path_factory.mktemp("data")))
        patch.delenv(TOKEN_VARIABLE, raising=False)
        get_settings.cache_clear()

        def run(*arguments: str, typed: str = "", **environment: str) -> Result:
            return CliRunner().invoke(build(), ["record", *arguments], input=typed, env=environment)

        yield run
    get_settings.cache_clear()
    structlog.configure(**before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recorded")


@pytest.fixture(scope="module")
def said(ambar: Ambar, folder: Path, token: str) -> str:
    done = ambar("--to", str(folder), typed=f"{token}\ny\n")
    assert done.exit_code == 0, done.output
    return done.output


def test_it_says_what_it_will_call_and_how_long_before_it_begins(said: str) -> None:
    before, _, _ = said.partition("Начать")
    assert "Спросим по одному дню" in before
    assert "продажи WB: 1" in before
    assert "Займёт не меньше" in before
    assert ".yaml" not in before


def test_the_token_is_nowhere(said: str, folder: Path, token: str, world: World) -> None:
    assert token not in said
    files = sorted(folder.iterdir())
    assert len(files) > 10
    for path in files:
        text = path.read_text("utf-8")
        for secret in (token, *token.split("."), world.sid):
            assert secret not in text, path.name
        assert "127.0.0.1" not in text, path.name
    for path in folder.glob("*.yaml"):
        for one in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
            assert one["request"]["headers"] == {}, path.name
            names = {name.lower() for name in one["response"]["headers"]}
            assert not names & SECRET_HEADERS, path.name
            assert all(name == "content-type" or "rate" in name or "retry" in name for name in names)


def test_every_file_is_named_in_the_note_beside_it(said: str, folder: Path) -> None:
    told = (folder / "README.md").read_text("utf-8")
    recorded = sorted(path.name for path in folder.glob("*.yaml"))
    assert {"sales.yaml", "finance.yaml", "connect.yaml", "stock.yaml"} <= set(recorded)
    for name in recorded:
        assert f"`{name}`" in told
        assert name in said


def test_names_and_numbers_of_the_seller_are_blank(said: str, folder: Path) -> None:
    (one,) = yaml.safe_load((folder / "connect.yaml").read_text("utf-8"))["interactions"]
    told = json.loads(one["response"]["body"]["string"])
    assert told["sid"] is None
    assert told["tradeMark"] is None


def test_a_recording_plays_back_as_our_own_night_would_ask(
    said: str,
    folder: Path,
    token: str,
    world: World,
) -> None:
    clock = FixedClock(world.now)
    client = open_wb(
        "nothing",
        address="https://{host}.wildberries.ru",
        budget=MemoryRateBudget(clock, {}),
        clock=clock,
        breakers=Breakers(clock),
    )
    kind = read_token(token, world.now).type
    (sales,) = (each for each in wb_sources(client, WbPolicy(token_type=kind)) if each.name == "wb.sales")
    d = datetime.fromisoformat(f"{world.today}T00:00:00").date()
    player = vcr.VCR(record_mode="none", match_on=["method", "host", "path"])
    with client.transport, player.use_cassette(str(folder / "sales.yaml")):
        unit = sales.units(d, d)[-1]
        assert sales.normalise(unit, list(sales.fetch(unit, ""))).sales


def test_a_token_comes_by_the_environment_too_and_no_is_no(ambar: Ambar, tmp_path: Path, token: str) -> None:
    done = ambar("--to", str(tmp_path / "new"), typed="n\n", **{TOKEN_VARIABLE: token})
    assert done.exit_code == 1
    assert "Спросим" in done.output
    assert "Токен Wildberries" not in done.output
    assert not (tmp_path / "new").exists()
    assert TOKEN_VARIABLE not in os.environ


def test_what_is_no_token_ends_in_a_sentence(ambar: Ambar, tmp_path: Path) -> None:
    done = ambar("--to", str(tmp_path / "new"), typed="abc\n")
    assert isinstance(done.exception, AmbarError)
    assert "abc" not in str(done.exception)


def test_a_recording_with_a_secret_in_it_does_not_stay(tmp_path: Path, token: str, world: World) -> None:
    told = read_token(token, world.now)
    recorder = Recorder(token=told, address="", folder=tmp_path, clock=SystemClock())
    draft = tmp_path / "sales.draft"
    draft.write_text(f"body: {token.split('.')[1]}", "utf-8")
    with pytest.raises(Leak):
        recorder._check(draft)
    assert list(tmp_path.iterdir()) == []


def test_every_file_in_cassettes_says_where_its_body_came_from() -> None:
    note = (CASSETTES / "README.md").read_text("utf-8")
    table = [line.split("|")[1:-1] for line in note.splitlines() if line.startswith("| `")]
    named = {line[0].strip(" `"): line for line in table}
    there = {str(path.relative_to(CASSETTES)) for path in CASSETTES.rglob("*.yaml")}
    there = {name for name in there if not name.startswith("wb/recorded/")}
    assert set(named) == there
    for name, line in named.items():
        assert any(word in line[2] for word in ("official", "real", "recorded")), name
