"""The schema's way back: where a database stands, and what a step back would take with it."""

from dataclasses import dataclass

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool, text

from app.core.errors import BadInput
from app.db.install import alembic_config
from app.db.roles import OWNER


@dataclass(frozen=True, slots=True)
class WayBack:
    """From where to where, and the rows of each table that would be gone."""

    revision: str
    target: str
    lost: dict[str, int]


def revisions() -> list[str]:
    """All migrations that this program knows, oldest first."""
    scripts = ScriptDirectory.from_config(alembic_config(""))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def revision_of(url: str) -> str | None:
    """The migration that the database stands at; None where there was none."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('public.alembic_version') IS NULL")):
            return None
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    engine.dispose()
    return None if found is None else str(found)


def way_back(url: str, target: str | None = None) -> WayBack:
    """The way to an older migration, by default one step.

    Raises:
        BadInput: this program does not know where the database stands, or it is at the first one.
    """
    known, here = revisions(), revision_of(url)
    if here not in known:
        raise BadInput(
            f"База на миграции {here}, эта программа её не знает: нужна та версия, что её сделала."
        )
    target = known[max(known.index(here) - 1, 0)] if target is None else target
    if known.index(target) >= known.index(here):
        raise BadInput("Раньше первой миграции только пустая база: удалите её средствами PostgreSQL.")
    steps = known[known.index(target) + 1 : known.index(here) + 1]
    return WayBack(here, target, _rows(url, [name for step in steps for name in _made_by(step)]))


def go_back(url: str, way: WayBack) -> None:
    """Take it. What is lost is lost."""
    command.downgrade(alembic_config(url), way.target)


def _made_by(revision: str) -> tuple[str, ...]:
    """Tables that the migration brought, by its own word; a test holds it to that."""
    script = ScriptDirectory.from_config(alembic_config("")).get_revision(revision)
    return tuple(getattr(script.module, "TABLES", ()))


def _rows(url: str, tables: list[str]) -> dict[str, int]:
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        counted = {
            name: int(connection.exec_driver_sql(f'SELECT count(*) FROM public."{name}"').scalar_one())
            for name in tables
        }
    engine.dispose()
    return counted
