"""SQL by name: ``-- name: x`` begins a statement, the comment lines under it say what it is for."""

from collections.abc import Mapping
from pathlib import Path

_NAME = "-- name: "


def load_sql(path: Path) -> Mapping[str, str]:
    """The statements of a file, without comments (a colon there would read as a parameter).

    Raises:
        ValueError: text before the first name, or a name given twice.
    """
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(_NAME):
            name = line.removeprefix(_NAME).strip()
            if name in found:
                raise ValueError(f"{path.name}: {name} twice")
            lines = found[name] = []
        elif line.strip() and not line.lstrip().startswith("--"):
            if lines is None:
                raise ValueError(f"{path.name}: a statement without a name")
            lines.append(line)
    return {name: "\n".join(body) for name, body in found.items()}
