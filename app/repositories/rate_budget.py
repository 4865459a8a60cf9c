"""A seller's request budget, kept in the database and shared by all processes.

The durable form of ``app.marketplaces.transport.RateBudget``: every claim is a short transaction
of its own under the row's lock, so two workers never spend one token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from app.core.clock import Clock
from app.db.session import Database, PlatformTx
from app.marketplaces.transport.budget import Limit

_REFILLED = "least(:burst, b.tokens + greatest(extract(epoch FROM :now - b.refilled_at), 0) / :interval)"
"""Tokens of the bucket ``b`` now."""

_CLAIM = f"""
    INSERT INTO rate_budget AS b (marketplace, seller_key, method, tokens, refilled_at)
    VALUES (:marketplace, :seller_key, :method, :burst - 1, :now)
    ON CONFLICT (marketplace, seller_key, method) DO UPDATE SET
        tokens = {_REFILLED} - 1,
        refilled_at = :now
    WHERE b.refilled_at <= :now AND coalesce(b.next_allowed_at <= :now, true)
      AND {_REFILLED} >= 1 - :dust
    RETURNING true
"""
"""A row where the call may go; nothing where it may not, or where the clock was set back."""

_DUST = Decimal("0.000001")
"""Of a token: what rounding takes."""


class Standing(NamedTuple):
    """What a seller's bucket has, without spending any of it."""

    tokens: float
    refilled_at: datetime
    closed_until: datetime | None


def standing(tx: PlatformTx, marketplace: str, seller_key: str) -> dict[str, Standing]:
    """By method; one that was never called is full and not here."""
    rows = tx.run(
        "SELECT method, tokens, refilled_at, next_allowed_at FROM rate_budget"
        " WHERE marketplace = :marketplace AND seller_key = :seller_key",
        marketplace=marketplace,
        seller_key=seller_key,
    )
    return {row.method: Standing(float(row.tokens), row.refilled_at, row.next_allowed_at) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class DbRateBudget:
    """Budget of one seller account; ``limits`` by method are the first guess, headers win."""

    db: Database
    clock: Clock
    marketplace: str
    seller_key: str
    limits: Mapping[str, Limit]

    def claim(self, method: str) -> float:
        """0 = go now, and the call is recorded; more = seconds to wait, nothing is recorded.

        Nearly every call may go, so that is tried first, in one message to the server.
        """
        limit = self.limits.get(method)
        now = self.clock.now()
        if limit is not None and limit.interval > 0 and self._goes(method, limit, now):
            return 0.0
        with self.db.platform() as tx:
            tokens, closed_until = self._locked(tx, method, limit, now)
            if closed_until is not None and closed_until > now:
                return (closed_until - now).total_seconds()
            if limit is None or limit.interval <= 0:
                return 0.0
            if tokens < 1 - float(_DUST):
                return (1 - tokens) * limit.interval
            self._write(tx, method, "tokens = :tokens, refilled_at = :now", tokens=tokens - 1, now=now)
        return 0.0

    def _goes(self, method: str, limit: Limit, now: datetime) -> bool:
        asked = {"burst": limit.burst, "interval": Decimal(limit.interval), "now": now, "dust": _DUST}
        return bool(self.db.at_once(None, _CLAIM, **asked, **self._named(method)))

    def observe(self, method: str, *, remaining: int | None, retry_after: float | None) -> None:
        """Close the method for as long as the server said; a longer pause is never shortened."""
        limit = self.limits.get(method)
        pause = retry_after
        if pause is None and remaining is not None and remaining <= 0 and limit is not None:
            pause = limit.interval
        if not pause or pause <= 0:
            return
        now = self.clock.now()
        with self.db.platform() as tx:
            self._locked(tx, method, limit, now)
            self._write(
                tx,
                method,
                "next_allowed_at = greatest(next_allowed_at, :until)",
                until=now + timedelta(seconds=pause),
            )

    def _locked(
        self, tx: PlatformTx, method: str, limit: Limit | None, now: datetime
    ) -> tuple[float, datetime | None]:
        """The bucket, refilled to now, under its row's lock."""
        burst = float(limit.burst) if limit else 1.0
        tx.run(
            "INSERT INTO rate_budget (marketplace, seller_key, method, tokens, refilled_at) "
            "VALUES (:marketplace, :seller_key, :method, :burst, :now) ON CONFLICT DO NOTHING",
            burst=burst,
            now=now,
            **self._named(method),
        )
        row = tx.run(
            f"SELECT {_REFILLED} AS tokens, b.refilled_at > :now AS is_ahead, b.next_allowed_at "
            "FROM rate_budget b WHERE marketplace = :marketplace "
            "AND seller_key = :seller_key AND method = :method FOR UPDATE",
            burst=burst,
            interval=Decimal(limit.interval if limit and limit.interval > 0 else 1),
            now=now,
            **self._named(method),
        ).one()
        if row.is_ahead:  # the clock was set back: nothing would be refilled until it is there again
            self._write(tx, method, "refilled_at = :now", now=now)
        return float(row.tokens), row.next_allowed_at

    def _write(self, tx: PlatformTx, method: str, sets: str, **params: object) -> None:
        tx.run(
            f"UPDATE rate_budget SET {sets} WHERE marketplace = :marketplace "
            "AND seller_key = :seller_key AND method = :method",
            **self._named(method),
            **params,
        )

    def _named(self, method: str) -> dict[str, object]:
        return {"marketplace": self.marketplace, "seller_key": self.seller_key, "method": method}
