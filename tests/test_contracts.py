"""What holds for the whole tree: which way imports run, what is printed, what is left in a file."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.paths import repo_root

ROOT = repo_root()
APP = ROOT / "app"
PURE = sys.stdlib_module_names | {"polars", "app.domain"}
PRINTS = ("app/cli/",)
LONGEST = 400
"""Lines of a file that one still reads in one go; STYLE.md aims at 100–300."""

OURS = (
    "app",
    "benchmarks",
    "cassettes",
    "compose",
    "migrations",
    "scripts",
    "systemd",
    "tests",
    ".github",
    ".ci",
)


def sources(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
    assert found
    return found


def test_imports_run_one_way() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_the_other_way_is_noticed(tmp_path: Path) -> None:
    """Each contract is broken once, in a copy."""
    shutil.copytree(APP, tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    stray = {
        "services": "import app.bot",
        "sandbox": "import app.domain.money",
        "domain": "import app.core.clock",
        "marketplaces": "import sqlalchemy",
        "bot": "import app.db.models",
        "web": "import app.repositories.vitals",
        "scheduler": "import aiogram",
    }
    for package, line in stray.items():
        (tmp_path / "app" / package / "stray.py").write_text(line + "\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"0 kept, {len(stray)} broken" in done.stdout, done.stdout + done.stderr


def test_a_new_folder_must_find_its_layer(tmp_path: Path) -> None:
    shutil.copytree(APP, tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "app" / "stray").mkdir()
    (tmp_path / "app" / "stray" / "__init__.py").touch()
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "stray" in done.stdout


def lint_imports(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--no-cache",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "120"},
        capture_output=True,
        text=True,
    )


def imports_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)


def impure(source: str) -> list[str]:
    """Imports that the domain may not have: anything but the standard library, polars and itself."""
    return [
        name
        for name in imports_of(source)
        if name.partition(".")[0] not in PURE and not f"{name}.".startswith("app.domain.")
    ]


def test_the_domain_imports_nothing_but_the_standard_library_and_polars() -> None:
    assert {str(path): impure(path.read_text()) for path in sources(APP / "domain")} == {
        str(path): [] for path in sources(APP / "domain")
    }


@pytest.mark.parametrize(
    "line", ["import numpy", "from app.core import clock", "import app.db", "import polarsx as p"]
)
def test_an_impure_import_is_noticed(line: str) -> None:
    assert impure(f"def f():\n    {line}\n") != []


def test_imports_are_absolute_everywhere() -> None:
    for path in sources(APP):
        list(imports_of(path.read_text()))


def prints(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def test_only_the_command_line_prints() -> None:
    """Everything else logs or answers: a service's standard output is read by nobody."""
    assert prints("print('x')") == [1]
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sources(APP)
        if not str(path.relative_to(ROOT)).startswith(PRINTS) and (lines := prints(path.read_text()))
    }
    assert found == {}


def test_a_file_is_read_in_one_go() -> None:
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(APP)
        if (lines := len(path.read_text().splitlines())) > LONGEST
    }
    assert too_long == {}, "find the second idea in it and give it a file"


def test_no_path_of_this_machine_is_in_a_file() -> None:
    """Wherever the suite runs, the folder that it runs in is in no file: each author's machine tells."""
    if len(ROOT.parts) < 3:
        pytest.skip("папка репозитория лежит в корне: её имя слишком обычное, чтобы искать его в файлах")
    ours = [path for path in ROOT.iterdir() if path.is_file() and path.name not in (".env", ".coverage")]
    for folder in OURS:
        ours += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    needle = str(ROOT).encode()
    read = [path for path in ours if "__pycache__" not in path.parts]
    assert len(read) > 100
    assert [str(path) for path in read if needle in path.read_bytes()] == []
