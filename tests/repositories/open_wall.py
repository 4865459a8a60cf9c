"""The first lock opened: the application's role but for row-level security, which does not see this one."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.install import Urls
from app.db.roles import APP
from app.db.session import Database
from tests.support.databases import superuser


class OpenWall(Database):
    """A tenant's transaction is of a role that may what the application may, and sees everybody's rows."""

    def __init__(self, url: str, role: str) -> None:
        super().__init__(url, pool_size=4)
        self._role = role

    def _enter(self, session: Session, role: str, tenant: str, trace: str, timeout_ms: int | None) -> None:
        super()._enter(session, self._role if role == APP else role, tenant, trace, timeout_ms)


@contextmanager
def open_wall(urls: Urls) -> Iterator[OpenWall]:
    """A throw-away role with BYPASSRLS, gone afterwards: roles are the whole server's."""
    role = f"open_wall_{secrets.token_hex(6)}"
    with superuser(urls.admin) as connection:
        connection.execute(text(f"CREATE ROLE {role} NOLOGIN BYPASSRLS IN ROLE {APP}"))
    db = OpenWall(urls.admin, role)
    try:
        yield db
    finally:
        db.close()
        with superuser(urls.admin) as connection:
            connection.execute(text(f"DROP ROLE {role}"))
