"""The oldest PostgreSQL that we promise to run on, from the system's packages, as a throw-away server."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from app.db.embedded.account import account_for_new_cluster
from app.db.embedded.binaries import Binaries
from app.db.embedded.cluster import Cluster
from app.db.embedded.home import make_home
from tests.support.scratch import scratch

MAJOR = 15
_PLACES = (f"/usr/lib/postgresql/{MAJOR}/bin", f"/usr/pgsql-{MAJOR}/bin")


def elder_binaries() -> Binaries:
    """Its programs; the test is skipped, loudly, where there are none."""
    for place in (os.environ.get("ELDER_POSTGRES_BIN", ""), *_PLACES):
        if place and Path(place, "initdb").exists():
            told = subprocess.run([f"{place}/postgres", "-V"], capture_output=True, text=True, check=True)
            return Binaries(Path(place), told.stdout.split()[2])
    pytest.skip(f"НЕТ POSTGRESQL {MAJOR}: обещание работать на нём не проверено (apt: postgresql-{MAJOR})")


@contextmanager
def elder_server() -> Iterator[URL]:
    """The superuser's URL of a new server of that version, run as the embedded one is; gone afterwards."""
    programs = elder_binaries()
    folder = Path(tempfile.mkdtemp(prefix="ambar-elder-", dir=scratch()))
    folder.chmod(0o755)
    account = account_for_new_cluster()
    cluster = Cluster(make_home(folder, account), account, programs)
    cluster.create(sync=False)
    child = cluster.start(fast=True)
    try:
        told = cluster.connection("postgres")
        yield make_url("postgresql+psycopg2://").set(
            username=told["user"],
            password=told["password"],
            database="postgres",
            query={"host": told["host"], "port": str(told["port"])},
        )
    finally:
        cluster.stop()
        if child is not None:
            child.wait(10)
        shutil.rmtree(folder)
