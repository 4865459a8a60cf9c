"""What a session still has of whoever used it last: nothing, in a sound pool."""

from typing import Any

from sqlalchemy import Connection, text

_LEFT = """
SELECT 'role ' || current_user AS thing WHERE current_user <> session_user
UNION ALL SELECT 'setting ' || name || ' = ' || setting FROM pg_settings WHERE source = 'session'
UNION ALL SELECT 'tenant ' || current_setting('app.tenant_id', true)
    WHERE current_setting('app.tenant_id', true) <> ''
UNION ALL SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE is_holdable
UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
UNION ALL SELECT 'channel ' || c FROM pg_listening_channels() c
UNION ALL SELECT 'lock ' || objid FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
"""
"""``source = 'session'`` are settings made by SET: a fresh connection has none."""


def leftovers(connection: Connection) -> list[str]:
    """Everything that an earlier transaction has left in this session, a word and a name each."""
    return list(connection.scalars(text(_LEFT)))


def left_in(engine: Any) -> list[str]:
    """The same of a connection just taken from this pool."""
    with engine.connect() as connection:
        return leftovers(connection)
