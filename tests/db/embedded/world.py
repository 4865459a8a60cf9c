"""What the tests of the embedded server look at: its files, its process, its answers."""

from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.db.embedded import EmbeddedServer

REPOSITORY = Path(__file__).resolve().parents[3]


def clean_up(data: Path) -> None:
    if cluster_of(data) is not None:
        server = EmbeddedServer(data, fast=True)
        server.start()
        server.destroy()


def cluster_of(data: Path) -> Path | None:
    """PGDATA, beside the data folder or where its signpost says."""
    signpost = data / "postgres-location.txt"
    home = data / "postgres"
    if signpost.exists():
        home = Path(signpost.read_text(encoding="utf-8").splitlines()[0])
    return home / "data" if (home / "data").exists() else None


def postmaster(data: Path) -> int:
    cluster = cluster_of(data)
    assert cluster is not None
    return int((cluster / "postmaster.pid").read_text().splitlines()[0])


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ask(server: EmbeddedServer, question: str, database: str = "postgres") -> object:
    engine = create_engine(server.url(database), poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(question))
        return result.scalar() if result.returns_rows else None
