"""The READMEs name what exists: commands, options, settings, files; and both languages say the same."""

import re
from pathlib import Path

import pytest
import typer

from app.bot.menus import COMMANDS
from app.bot.parse import parse_cost, parse_days, parse_period, parse_window
from app.bot.parse_analytics import parse_analytics
from app.cli import build
from app.core.clock import SystemClock
from app.core.config import Settings
from app.core.paths import repo_root

ROOT = repo_root()
ENGLISH, RUSSIAN = ROOT / "README.md", ROOT / "README.ru.md"
BOTH = pytest.mark.parametrize("readme", [ENGLISH, RUSSIAN], ids=lambda path: path.name)

CALL = re.compile(r"\./ambar ([a-z][a-z-]*)")
CHAT = re.compile(r'[`"](/[a-z]+)(?=[ `"])([^`"\n]*)')
SETTING = re.compile(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+|REGISTRATION)`")
LINK = re.compile(r"\]\(([^)]+)\)")


def commands() -> dict[str, set[str]]:
    """The command line's commands, each with its options and those of its own commands."""
    group = typer.main.get_command(build())
    found = {
        name: {
            option
            for one in (command, *getattr(command, "commands", {}).values())
            for each in one.params
            for option in (*each.opts, *each.secondary_opts)
            if option.startswith("--")
        }
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    }
    # The launcher's own: it never reaches the program.
    assert '["test"]' in (ROOT / "ambar").read_text("utf-8")
    return {**found, "test": {"--prepare", "--soak"}}


def prose(text: str) -> str:
    """Without fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def fences(text: str) -> list[str]:
    """The fenced blocks, in order."""
    return re.findall(r"^```.*?^```$", text, re.DOTALL | re.MULTILINE)


def tables(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


@BOTH
def test_the_command_line_is_the_one_described(readme: Path) -> None:
    assert set(CALL.findall(readme.read_text("utf-8"))) == set(commands())


@BOTH
def test_every_option_belongs_to_its_command(readme: Path) -> None:
    known = commands()
    for span in re.findall(r"`(\./ambar [^`]+)`|^(\./ambar .+)$", readme.read_text("utf-8"), re.MULTILINE):
        words = "".join(span).split("#")[0]
        name = CALL.match(words)
        assert name, words
        assert set(re.findall(r"--[a-z][a-z-]*", words)) <= known[name[1]], words
    of_demo = [
        cell[1] for line in tables(readme.read_text("utf-8")) if (cell := re.match(r"\| `(--[a-z]+)", line))
    ]
    assert of_demo
    assert set(of_demo) == known["demo"] - {"--help"}


@BOTH
def test_the_chat_is_the_one_described(readme: Path) -> None:
    named = {command for command, _ in CHAT.findall(readme.read_text("utf-8"))}
    assert named == {f"/{each.command}" for each in COMMANDS} | {"/start"}


@BOTH
def test_what_one_may_say_is_understood(readme: Path) -> None:
    today = SystemClock().now().date().replace(year=2030)
    for command, args in CHAT.findall(readme.read_text("utf-8")):
        match command:
            case "/pnl":
                parse_days(args)
            case "/supply":
                parse_window(args)
            case "/recalc":
                parse_period(args, today)
            case "/cost" if args.strip():
                parse_cost(args, today)
            case "/analytics":
                parse_analytics(args, today)


@BOTH
def test_every_setting_named_exists_with_the_default_told(readme: Path) -> None:
    rows = [line.split("|")[1:-1] for line in tables(readme.read_text("utf-8"))]
    told = {name: row[1].strip() for row in rows for name in SETTING.findall(row[0])}
    assert len(told) > 10
    fields = Settings.model_fields
    for name, default in told.items():
        assert name.lower() in fields, name
        real = fields[name.lower()].default
        if real is not None and name != "TELEGRAM_API_BASE":
            assert str(real).lower() in default.lower(), name


def test_both_languages_have_the_same_headings() -> None:
    shapes = [
        re.findall(r"^(#+) \S", prose(readme.read_text("utf-8")), re.MULTILINE)
        for readme in (ENGLISH, RUSSIAN)
    ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 10


def test_both_languages_tell_the_same_commands_and_show_the_same_answers() -> None:
    english, russian = (readme.read_text("utf-8") for readme in (ENGLISH, RUSSIAN))
    assert len(fences(english)) == len(fences(russian))
    for ours, theirs in zip(fences(english), fences(russian), strict=True):
        if "text\n" not in ours[:9]:
            assert _bare(ours) == _bare(theirs)
        elif re.search("[а-я]", ours):  # printed by the program
            assert _uncut(ours) == _uncut(theirs)


def _bare(block: str) -> list[str]:
    """Shell lines without their comments, which are in the reader's language."""
    return [line.split(" # ")[0].rstrip() for line in block.splitlines()]


def _uncut(block: str) -> list[str]:
    return [line for line in block.splitlines() if not line.startswith("[…")]


@BOTH
def test_every_relative_link_leads_somewhere(readme: Path) -> None:
    text = readme.read_text("utf-8")
    anchors = {
        re.sub(r"[^\w -]", "", title.strip().lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    }
    links = LINK.findall(text)
    assert len(links) > 20
    for link in links:
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        assert not path or (ROOT / path).exists(), link
        assert not anchor or anchor in anchors, link


def test_the_demos_transcript_is_one_of_a_demo() -> None:
    shown = [block for block in fences(ENGLISH.read_text("utf-8")) if "╭─ Ambar" in block]
    assert shown
    for block in shown:
        screens = re.findall(r"╭─ Ambar ─+╮\n│ (\S+)", block)
        assert screens == ["ДЕМО"] * len(screens)
        asked = re.findall(r"^вы> (/\S+)", block, re.MULTILINE)
        assert len(asked) == len(screens)
