"""Alembic's door to the schema: the URL from the settings, partitions left out, roles checked first."""

import re

from alembic import context
from sqlalchemy import create_engine, pool, text

from app.core.config import get_settings
from app.core.errors import BadInput
from app.db.models import Base
from app.db.roles import OWNER, ensure_roles

PARTITION = re.compile(r"_\d{4}_\d{2}$")


def include_name(name: str | None, kind: str, _parents: dict[str, str | None]) -> bool:
    """Autogenerate compares parents only; their months come and go by the nightly run."""
    return not (kind == "table" and name and PARTITION.search(name))


def url() -> str:
    """Where to migrate: the command line's ``-x url=…``, else the settings."""
    settings = get_settings()
    found = context.get_x_argument(as_dictionary=True).get("url")
    found = found or context.config.attributes.get("url")
    found = found or settings.admin_database_url or settings.database_url
    if not found:
        raise BadInput("Задайте ADMIN_DATABASE_URL или DATABASE_URL, либо запустите ./ambar migrate.")
    return str(found)


def run() -> None:
    engine = create_engine(url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        ensure_roles(connection)
        connection.execute(text(f"SET ROLE {OWNER}"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            compare_server_default=True,
            include_name=include_name,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
