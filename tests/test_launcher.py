"""The launcher: a copy of it in a folder of its own, with requirements that need no network."""

import ast
import functools
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parents[1] / "ambar"
HANDS = ["-n", "auto", "--dist", "worksteal"]

MAIN = """
import importlib.metadata, os, sys
print("cwd", os.getcwd())
print("args", sys.argv[1:])
print("prefix", sys.prefix)
print("tiny", [d.version for d in importlib.metadata.distributions() if d.name == "tiny"])
print("safe", sys.flags.safe_path)
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


def start(
    root: Path, *arguments: str, cwd: Path, python: str | Path = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Start a copy of the launcher with this interpreter, and with no package index."""
    return subprocess.run(
        [python, root / "ambar", *arguments],
        cwd=cwd,
        env=surroundings() | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def surroundings() -> dict[str, str]:
    ours = ("PIP_", "AMBAR_", "COV_", "PYTEST_", "PYTHON")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | {"PIP_NO_INDEX": "1"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application of five lines that needs nothing, started once."""
    root = tmp_path_factory.mktemp("clone")
    (root / "app").mkdir()
    (root / "app" / "__init__.py").write_text("")
    (root / "app" / "__main__.py").write_text(MAIN)
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "requirements-dev.txt").write_text("# nothing\n")
    shutil.copy(LAUNCHER, root / "ambar")
    first = start(root, "test", "--prepare", cwd=root)
    assert first.returncode == 0, first.stderr
    assert "Ставлю пакеты" in first.stderr
    return root


@pytest.fixture
def project(clone: Path, tmp_path: Path) -> Path:
    """A copy of the clone and its environment: making one anew costs four seconds."""
    root = tmp_path / "мой амбар"
    shutil.copytree(clone, root, symlinks=True)
    return root


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Run:
    """Start this test's copy."""
    return functools.partial(start, project, cwd=tmp_path)


def pretending(folder: Path, code: str) -> str:
    """A folder for PYTHONPATH whose code runs before the launcher: another machine's Python."""
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(code)
    return str(folder)


def tiny_wheel(folder: Path, version: str) -> str:
    """A requirement line for a package without code, made by hand."""
    path = folder / f"tiny-{version}-py3-none-any.whl"
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return f"tiny @ {path.as_uri()}\n"


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What was told, and nothing but: no traceback, and a failure to the shell."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_it_parses_on_the_oldest_python_that_machines_still_have() -> None:
    ast.parse(LAUNCHER.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_works_from_any_folder_and_through_a_link(project: Path, run: Run, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "app").mkdir(parents=True)  # must not be taken for ours
    (elsewhere / "app" / "__main__.py").write_text("raise SystemExit('a stranger ran')")
    first = run("demo", "--say", "два слова", cwd=elsewhere)
    assert first.returncode == 0, first.stderr
    assert f"cwd {elsewhere}" in first.stdout
    assert "args ['demo', '--say', 'два слова']" in first.stdout
    assert f"prefix {project / '.venv'}" in first.stdout
    assert "safe True" in first.stdout
    assert first.stderr == "", "nothing to install, nothing to say"

    link = tmp_path / "bin" / "ambar"
    link.parent.mkdir()
    link.symlink_to(project / "ambar")
    second = subprocess.run(
        [link, "x"], cwd=elsewhere, env=surroundings(), capture_output=True, encoding="utf-8", check=False
    )
    assert "args ['x']" in second.stdout, second.stderr


def test_changed_requirements_make_the_environment_anew(project: Path, run: Run, tmp_path: Path) -> None:
    """Also for whoever has it activated: its interpreter goes while it runs the launcher."""
    stray = project / ".venv" / "what-is-no-longer-required"
    stray.touch()
    assert "tiny []" in run().stdout
    assert stray.exists()

    (project / "requirements.txt").write_text(tiny_wheel(tmp_path, "1.0"))
    assert "tiny ['1.0']" in run(python=project / ".venv" / "bin" / "python").stdout
    assert not stray.exists()


@pytest.mark.soak
def test_a_failed_installation_is_told_and_begun_again_by_one_of_two_starts(
    project: Path, run: Run, tmp_path: Path
) -> None:
    (project / "requirements.txt").write_text(tiny_wheel(tmp_path, "2.0"))
    wheel = next(tmp_path.glob("*.whl"))
    wheel.rename(tmp_path / "not yet there")
    told = one_sentence(run())
    assert "Пакеты поставить не удалось" in told
    log = Path(told.rpartition("Подробности: ")[2])
    assert wheel.name in log.read_text(encoding="utf-8")

    (tmp_path / "not yet there").rename(wheel)
    with ThreadPoolExecutor(2) as together:
        both = [start.result() for start in [together.submit(run) for _ in range(2)]]
    assert all("tiny ['2.0']" in done.stdout for done in both), both
    assert sum("Ставлю пакеты" in done.stderr for done in both) == 1, both


@pytest.mark.soak
def test_an_environment_whose_python_is_gone_is_made_anew(project: Path, run: Run) -> None:
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python3.11")
    assert run().returncode == 0


def test_the_suites_packages_come_only_when_asked_for(project: Path, run: Run, tmp_path: Path) -> None:
    (project / "requirements-dev.txt").write_text(tiny_wheel(tmp_path, "3.0"))
    assert "tiny []" in run().stdout
    assert run("test", "--prepare").returncode == 0
    assert "tiny ['3.0']" in run().stdout


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (["-k", "x"], [*HANDS, "-m", "not soak", "-k", "x"]),
        (["--soak"], [*HANDS, "-m", "soak"]),
    ],
)
def test_test_runs_pytest_in_the_repository(
    project: Path, run: Run, tmp_path: Path, asked: list[str], given: list[str]
) -> None:
    (project / "pytest.py").write_text("import os, sys; print(os.getcwd(), sys.argv[1:])")
    done = run("test", *asked, cwd=tmp_path)
    assert done.stdout.strip() == f"{project} {given}", done.stderr


def test_too_old_a_python_is_told_in_one_sentence(run: Run, tmp_path: Path) -> None:
    old = pretending(tmp_path / "old", "import sys; sys.version_info = (3, 8, 10, 'final', 0)")
    told = one_sentence(run("demo", PYTHONPATH=old, PATH=str(tmp_path / "empty")))
    assert told.startswith("Нужен Python 3.11 или новее, а здесь 3.8.10.")


def test_a_newer_python_on_the_path_is_used_instead(run: Run, project: Path, tmp_path: Path) -> None:
    old = pretending(tmp_path / "old", "import sys; sys.version_info = (3, 8, 10, 'final', 0)")
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    broken, newer = shelf / "python3.13", shelf / "python3.12"
    broken.write_text("#!/bin/sh\nexit 127\n")  # as a version manager's shim of a version not installed
    newer.write_text('#!/bin/sh\n[ "$1" = -I ] && echo True || echo "newer runs $*"\n')
    for program in (broken, newer):
        program.chmod(0o755)
    done = run("demo", "x y", PYTHONPATH=old, PATH=str(shelf))
    assert done.stdout.strip() == f"newer runs {project / 'ambar'} demo x y", done.stderr


def test_a_missing_venv_module_is_told_with_what_to_install(project: Path, run: Run, tmp_path: Path) -> None:
    shutil.rmtree(project / ".venv")
    without = pretending(tmp_path / "without", "import sys; sys.modules['ensurepip'] = None")
    assert "apt install python3-venv" in one_sentence(run("demo", PYTHONPATH=without))


def test_a_folder_of_other_things_is_not_emptied(run: Run, tmp_path: Path) -> None:
    precious = tmp_path / "documents"
    precious.mkdir()
    (precious / "thesis.txt").write_text("twenty years")
    assert "AMBAR_VENV" in one_sentence(run("demo", AMBAR_VENV=str(precious)))
    assert (precious / "thesis.txt").read_text() == "twenty years"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(run: Run, project: Path) -> None:
    shutil.rmtree(project / ".venv")
    project.chmod(0o555)
    try:
        assert "AMBAR_VENV" in one_sentence(run("demo"))
    finally:
        project.chmod(0o755)


def test_a_place_where_no_folder_can_be_made_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "AMBAR_VENV" in one_sentence(run("demo", AMBAR_VENV=str(tmp_path / "file" / "venv")))


def test_a_signal_reaches_the_application(project: Path) -> None:
    (project / "app" / "__main__.py").write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('told to stop'))\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, project / "ambar", "run"],
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as application:
        assert application.stdout is not None
        assert application.stdout.readline() == "ready\n"
        began = time.monotonic()
        application.terminate()
        assert application.communicate()[1] == "told to stop\n"
        assert time.monotonic() - began < 30
