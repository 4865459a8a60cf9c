"""Where a person stands in a conversation, kept in PostgreSQL so that a restart forgets nothing.

aiogram's storage contract on synchronous SQLAlchemy, one thread hop a call. For input only: what
the business knows lives in its tables.
"""

import json
from collections.abc import Mapping
from typing import Any

import anyio.to_thread
from aiogram.exceptions import DataNotDictLikeError
from aiogram.fsm.state import State
from aiogram.fsm.storage.base import BaseStorage, DefaultKeyBuilder, StateType, StorageKey
from anyio import CapacityLimiter

from app.db.session import Database, PlatformTx

STALE = "fsm_entry.at < now() - interval '1 day'"
"""Whoever comes back a day later does not remember what was asked: the words mean something else."""


class PgStorage(BaseStorage):
    """Rows of ``fsm_entry``; a row with no state and no data is deleted, a stale one is as good as none."""

    def __init__(self, db: Database, threads: CapacityLimiter) -> None:
        self._db = db
        self._threads = threads
        self._keys = DefaultKeyBuilder(with_bot_id=True, with_destiny=True)

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        name = state.state if isinstance(state, State) else state
        await self._run(
            key,
            f"""
            INSERT INTO fsm_entry (key, state) VALUES (:key, :state)
            ON CONFLICT (key) DO UPDATE SET state = excluded.state, at = now(),
                data = CASE WHEN {STALE} THEN excluded.data ELSE fsm_entry.data END
            """,
            state=name,
        )

    async def get_state(self, key: StorageKey) -> str | None:
        found: str | None = await self._run(
            key, f"SELECT state FROM fsm_entry WHERE key = :key AND NOT {STALE}"
        )
        return found

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        await self._run(
            key,
            f"""
            INSERT INTO fsm_entry (key, data) VALUES (:key, CAST(:data AS jsonb))
            ON CONFLICT (key) DO UPDATE SET data = excluded.data, at = now(),
                state = CASE WHEN {STALE} THEN NULL ELSE fsm_entry.state END
            """,
            data=_json(data),
        )

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        found: dict[str, Any] | None = await self._run(
            key, f"SELECT data FROM fsm_entry WHERE key = :key AND NOT {STALE}"
        )
        return found or {}

    async def update_data(self, key: StorageKey, data: Mapping[str, Any]) -> dict[str, Any]:
        """One statement: two updates at once do not lose each other's keys."""
        merged: dict[str, Any] = await self._run(
            key,
            f"""
            INSERT INTO fsm_entry (key, data) VALUES (:key, CAST(:data AS jsonb))
            ON CONFLICT (key) DO UPDATE SET at = now(),
                state = CASE WHEN {STALE} THEN NULL ELSE fsm_entry.state END,
                data = CASE WHEN {STALE} THEN excluded.data ELSE fsm_entry.data || excluded.data END
            RETURNING data
            """,
            data=_json(data),
        )
        return merged

    async def close(self) -> None:
        """The pool is the process's, closed by whoever opened it."""

    async def _run(self, key: StorageKey, sql: str, **params: Any) -> Any:
        """One statement in one transaction; its first value, or None."""

        def hop() -> Any:
            with self._db.platform() as tx:
                return _first_value(tx, self._keys.build(key), sql, params)

        return await anyio.to_thread.run_sync(hop, limiter=self._threads)


def _first_value(tx: PlatformTx, key: str, sql: str, params: Mapping[str, Any]) -> Any:
    done = tx.run(sql, key=key, **params)
    value = done.scalar_one_or_none() if done.returns_rows else None
    if not sql.startswith("SELECT"):
        tx.run("DELETE FROM fsm_entry WHERE key = :key AND state IS NULL AND data = '{}'::jsonb", key=key)
    return value


def _json(data: Mapping[str, Any]) -> str:
    if not isinstance(data, Mapping):
        raise DataNotDictLikeError(f"Data must be a dict or dict-like object, got {type(data).__name__}")
    return json.dumps(dict(data))
