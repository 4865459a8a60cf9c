"""The catalogue that the migrations must give, as committed in ``catalogue_snapshot.json``.

Write it anew after a migration, and read the diff before you commit it:

    python -m tests.db.snapshot --write

``TEST_DATABASE_URL`` (a superuser of a throw-away server) is used instead of the embedded server.
"""

import argparse
import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path

from sqlalchemy import create_engine, make_url, pool
from sqlalchemy.engine import URL

from app.db.install import migrate
from tests.db.catalogue import Catalogue, read_catalogue
from tests.support.databases import empty_database, shown, virgin_server

SNAPSHOT = Path(__file__).with_name("catalogue_snapshot.json")


def read_snapshot() -> Catalogue:
    """What was committed."""
    found: Catalogue = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    return found


def compare(committed: Catalogue, found: Catalogue) -> list[str]:
    """What differs, a line each: ``-`` was committed and is gone, ``+`` is new."""
    lines: list[str] = []
    for section in sorted(committed.keys() | found.keys()):
        was, now = set(committed.get(section, ())), set(found.get(section, ()))
        lines += [f"- {section}: {line}" for line in sorted(was - now)]
        lines += [f"+ {section}: {line}" for line in sorted(now - was)]
    return lines


def read_migrated(server: URL) -> Catalogue:
    """What a fresh database of this server holds after all migrations."""
    with empty_database(server) as fresh:
        migrate(shown(fresh))
        with create_engine(fresh, poolclass=pool.NullPool).connect() as connection:
            return read_catalogue(connection)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="write the file anew")
    write = arguments.parse_args().write
    given = os.environ.get("TEST_DATABASE_URL")
    with nullcontext(make_url(given)) if given else virgin_server() as server:
        found = read_migrated(server)
    if write:
        SNAPSHOT.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return 0
    differences = compare(read_snapshot(), found)
    sys.stdout.write("".join(line + "\n" for line in differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
