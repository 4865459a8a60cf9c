"""Every line and branch of app/domain is run by its own tests: enforced, not hoped for."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_domain_is_covered_line_and_branch(tmp_path: Path) -> None:
    """A second pytest over the domain's tests, without this file, so that it does not call itself."""
    inherited = ("COV_", "COVERAGE_", "PYTEST_")  # an outer --cov, xdist or addopts must not reach in
    environment = {name: value for name, value in os.environ.items() if not name.startswith(inherited)}
    environment["COVERAGE_FILE"] = str(tmp_path / "coverage")

    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests/domain", "tests/db/test_domain_logic.py", "-q"),
            f"--ignore={Path(__file__).relative_to(ROOT)}",
            *("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"),
            *("--cov=app.domain", "--cov-branch", "--cov-fail-under=100"),
            "--cov-report=term-missing:skip-covered",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "Required test coverage of 100% reached" in run.stdout
