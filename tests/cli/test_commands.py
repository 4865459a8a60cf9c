"""Which module knows which command: a start imports that one only."""

import gc
import subprocess
import sys

import pytest
import typer

from app.cli import COMMANDS, build, main
from app.core.paths import repo_root


def words(cli: typer.Typer) -> list[str]:
    return list(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]


def test_help_has_every_command_in_the_order_of_the_list() -> None:
    assert words(build()) == list(COMMANDS)


@pytest.mark.parametrize("module", dict.fromkeys(COMMANDS.values()))
def test_a_module_knows_the_words_it_is_listed_with(module: str) -> None:
    listed = [word for word in COMMANDS if COMMANDS[word] == module]
    for word in listed:
        assert words(build(word)) == listed


def test_an_unknown_word_is_looked_for_among_all() -> None:
    assert words(build("nightmare")) == list(COMMANDS)


def test_a_start_imports_nothing_of_the_other_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "app", "migrate", "--help"],
        cwd=repo_root(),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "app.db.install" in imported
    assert not {"app.cli.demo", "app.house", "app.db.models", "polars", "aiogram", "vcr"} & imported


def test_a_command_runs_with_the_garbage_collector_that_its_start_did_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr("app.cli.build", lambda _word: lambda prog_name: seen.append(gc.isenabled()))
    gc.disable()  # as python -m app does
    main()
    assert seen == [True]
