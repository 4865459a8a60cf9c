"""Where figures come from: runs and their checkpoints, raw replies, complete days, unplaced rows."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from app.core.personal import blank_personal
from app.db.copying import copy_rows, create_stage
from app.db.figures import move_stamp
from app.db.session import TenantTx
from app.marketplaces.source import Page, RequestKey, Unit, Unplaced


class KeptPage(NamedTuple):
    """A stored reply: the hash of its body (hex) and the request it answered. A body is stored once,
    however many requests it answers, so the request stands with the run. ``is_receipt``: see ``Page``."""

    hash: str
    request: RequestKey
    is_receipt: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """An attempt to bring one unit: what it has so far and where it goes on."""

    id: int
    cursor: str
    all_pages: bool
    pages: tuple[KeptPage, ...]
    started_at: datetime


@dataclass(frozen=True, slots=True)
class RunKey:
    """Which account, source and unit."""

    account_id: int
    source: str
    unit: str


_OPEN = """
    WITH month AS (SELECT ambar_make_partitions('raw_payload', :today, :today)),
    done AS (
        SELECT FROM ingest_run WHERE tenant_id = :tenant_id AND account_id = :account_id AND source = :source
        AND unit = :unit AND state = 'complete' AND trace_id = :trace_id LIMIT 1
    ),
    going AS (
        SELECT id, cursor, all_pages, pages, started_at FROM ingest_run
        WHERE tenant_id = :tenant_id AND account_id = :account_id AND source = :source AND unit = :unit
        AND state = 'running' AND started_at > :since ORDER BY id DESC LIMIT 1
    ),
    made AS (
        INSERT INTO ingest_run (tenant_id, account_id, source, unit, state, started_at, trace_id)
        SELECT :tenant_id, :account_id, :source, :unit, 'running', :now, :trace_id FROM month
        WHERE NOT EXISTS (SELECT FROM done) AND NOT EXISTS (SELECT FROM going)
        RETURNING id, cursor, all_pages, pages, started_at
    )
    SELECT going.* FROM going, month WHERE NOT EXISTS (SELECT FROM done) UNION ALL SELECT * FROM made
"""


def open_run(tx: TenantTx, key: RunKey, trace_id: str, now: datetime, resume_since: datetime) -> Run | None:
    """The run to go on with: an unfinished one begun after ``resume_since``, else a new one. None where this
    very job has brought the unit already: it need not be asked for again.

    Its replies have a month to be put into, also where no clock made it ahead.
    """
    asked = {"today": now.date(), "now": now, "since": resume_since, "trace_id": trace_id}
    found = tx.run(_OPEN, **asked, **_named(key)).first()
    if found is None:
        return None
    return Run(found.id, found.cursor, found.all_pages, kept_pages(found.pages), found.started_at)


def pages_done(tx: TenantTx, key: RunKey, trace_id: str) -> tuple[KeptPage, ...]:
    """The pages of a unit that this very job has brought; none where it has not."""
    found = tx.run(
        "SELECT pages FROM ingest_run WHERE tenant_id = :tenant_id AND account_id = :account_id "
        "AND source = :source AND unit = :unit AND state = 'complete' AND trace_id = :trace_id"
        " ORDER BY id DESC LIMIT 1",
        trace_id=trace_id,
        **_named(key),
    ).scalar()
    return kept_pages(found or ())


def kept_pages(told: Sequence[Mapping[str, Any]]) -> tuple[KeptPage, ...]:
    """A run's pages as its row tells them."""
    return tuple(
        KeptPage(page["hash"], RequestKey(**page["request"]), page.get("receipt", False)) for page in told
    )


def keep_page(tx: TenantTx, key: RunKey, run_id: int, page: Page, now: datetime) -> KeptPage:
    """Store a reply as received, but for what it tells of buyers, and move the run's checkpoint past it.

    Once per body and month: raw replies are let go by the month, and one that came again must not go
    with the month in which it was first seen.
    """
    body = blank_personal(page.body)
    body_hash = hashlib.sha256(body).digest()
    kept = KeptPage(body_hash.hex(), page.key, page.is_receipt)
    tx.run(
        "WITH stored AS (INSERT INTO raw_payload (tenant_id, fetched_at, account_id, run_id, source, unit,"
        " request, body, body_hash) SELECT :tenant_id, :now, :account_id, :run_id, :source, :unit,"
        " CAST(:request AS jsonb), :body, :hash WHERE NOT EXISTS (SELECT FROM raw_payload"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id AND body_hash = :hash"
        " AND fetched_at >= :month)) "
        "UPDATE ingest_run SET cursor = :cursor, all_pages = (:cursor = ''),"
        " pages = pages || CAST(:page AS jsonb) WHERE tenant_id = :tenant_id AND id = :run_id",
        now=now,
        month=now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0),
        run_id=run_id,
        request=json.dumps(page.key._asdict(), ensure_ascii=False),
        body=zlib.compress(body, level=3),
        hash=body_hash,
        cursor=page.cursor,
        page=json.dumps([_told(kept)], ensure_ascii=False),
        **_named(key),
    )
    return kept


def _told(page: KeptPage) -> dict[str, object]:
    """A page as its run's row tells it."""
    told: dict[str, object] = {"hash": page.hash, "request": page.request._asdict()}
    return told | {"receipt": True} if page.is_receipt else told


def read_pages(tx: TenantTx, account_id: int, kept: Sequence[KeptPage]) -> list[Page]:
    """These pages as they came, in their order.

    Raises:
        KeyError: a body is not there any more (its month was dropped).
    """
    rows = tx.run(
        "SELECT DISTINCT ON (body_hash) body_hash, body FROM raw_payload WHERE tenant_id = :tenant_id "
        "AND account_id = :account_id AND body_hash = ANY(:hashes) ORDER BY body_hash",
        account_id=account_id,
        hashes=[bytes.fromhex(page.hash) for page in set(kept)],
    )
    found = {bytes(row.body_hash).hex(): zlib.decompress(row.body) for row in rows}
    return [Page(page.request, found[page.hash], "", page.is_receipt) for page in kept]


def unit_digest(kept: Sequence[KeptPage]) -> bytes:
    """What a unit's pages say, as one hash: the number of an order says nothing."""
    return hashlib.sha256("".join(page.hash for page in kept if not page.is_receipt).encode()).digest()


def is_known(tx: TenantTx, key: RunKey, unit: Unit, digest: bytes) -> bool:
    """Is this exactly what the unit said when it was last merged, and has no other unit (a wider
    window, a backfill) spoken of its days since?"""
    known = tx.run(
        "SELECT digest FROM source_unit u WHERE tenant_id = :tenant_id AND account_id = :account_id "
        "AND source = :source AND unit = :unit AND NOT EXISTS (SELECT FROM coverage c "
        "WHERE c.tenant_id = :tenant_id AND c.account_id = :account_id AND c.source = :source "
        "AND c.d BETWEEN :d_from AND :d_to AND c.completed_at > u.completed_at)",
        d_from=unit.d_from,
        d_to=unit.d_to,
        **_named(key),
    ).scalar()
    return known is not None and bytes(known) == digest


def finish_run(
    tx: TenantTx,
    key: RunKey,
    run_id: int,
    digest: bytes,
    counts: dict[str, int],
    now: datetime,
    trace_id: str,
    since: date | None = None,
) -> None:
    """The unit is merged: remember its digest, close the run. Reports say how fresh they are, and which
    days are complete: their stamp moves on, also where no figure did. ``since``: see ``began_with``."""
    move_stamp(tx)
    tx.run(
        "WITH said AS (INSERT INTO source_unit (tenant_id, account_id, source, unit, digest, completed_at) "
        "VALUES (:tenant_id, :account_id, :source, :unit, :digest, :now) "
        "ON CONFLICT (tenant_id, account_id, source, unit) "
        "DO UPDATE SET digest = excluded.digest, completed_at = excluded.completed_at) "
        "UPDATE ingest_run SET state = 'complete', finished_at = :now, counts = CAST(:counts AS jsonb),"
        " error = NULL, trace_id = :trace_id, since = :since WHERE tenant_id = :tenant_id AND id = :run_id",
        now=now,
        trace_id=trace_id,
        since=since,
        counts=json.dumps(counts),
        run_id=run_id,
        digest=digest,
        **_named(key),
    )


def fail_run(tx: TenantTx, run_id: int, sentence: str, now: datetime, *, resumable: bool) -> None:
    """Note why a run stopped; a resumable one stays open and goes on at its checkpoint."""
    tx.run(
        "UPDATE ingest_run SET error = :error, finished_at = :now,"
        " state = CASE WHEN :resumable THEN 'running' ELSE 'failed' END "
        "WHERE tenant_id = :tenant_id AND id = :run_id",
        error=sentence,
        now=now,
        resumable=resumable,
        run_id=run_id,
    )


def cover(tx: TenantTx, key: RunKey, unit: Unit, rows: dict[date, int] | None, now: datetime) -> None:
    """Mark every day of the unit complete for its source; ``rows`` None: as many as it had before."""
    counted = "" if rows is None else "rows = excluded.rows, "
    tx.run(
        "INSERT INTO coverage (tenant_id, account_id, source, d, rows, completed_at) "
        "SELECT :tenant_id, :account_id, :source, CAST(g AS date),"
        " coalesce((CAST(:rows AS jsonb) ->> to_char(g, 'YYYY-MM-DD'))::int, 0), :now "
        "FROM generate_series(CAST(:d_from AS timestamp), CAST(:d_to AS timestamp), interval '1 day') g "
        "ON CONFLICT (tenant_id, account_id, source, d) "
        f"DO UPDATE SET {counted}completed_at = excluded.completed_at",
        rows=json.dumps({day.isoformat(): number for day, number in (rows or {}).items()}),
        now=now,
        d_from=unit.d_from,
        d_to=unit.d_to,
        account_id=key.account_id,
        source=key.source,
    )


def complete_to(tx: TenantTx, account_id: int, source: str) -> date | None:
    """The last day of this source that is complete."""
    found: date | None = tx.run(
        "SELECT max(d) FROM coverage WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND source = :source",
        account_id=account_id,
        source=source,
    ).scalar()
    return found


def began_with(tx: TenantTx, account_id: int, source: str, trace_id: str) -> date | None:
    """The first day that this very job has asked of the source, None where nothing of it is complete yet.

    A job that goes on must ask for the window it began with. The days it has covered since do not tell:
    a young cabinet has no others, and would be taken for a new one that wants its whole history.
    """
    found: date | None = tx.run(
        "SELECT min(since) FROM ingest_run WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND source = :source AND state = 'complete' AND trace_id = :trace_id",
        account_id=account_id,
        source=source,
        trace_id=trace_id,
    ).scalar()
    return found


def keep_unplaced(tx: TenantTx, key: RunKey, rows: Sequence[Unplaced], unit: Unit, *, replaces: bool) -> int:
    """Add rows to «не разнесено»; one that is there already is kept as it is. How many were new.

    A row of the unit's days that was unreadable before and has found its place now is taken out.
    """
    if rows:
        _stage_unplaced(tx, rows)
    still = "AND NOT EXISTS (SELECT FROM in_unplaced i WHERE i.row_key = u.row_key) " if rows else ""
    tx.run(
        "DELETE FROM unplaced_row u WHERE u.tenant_id = :tenant_id AND u.account_id = :account_id "
        f"AND u.source = :source {still}"
        "AND (:replaces AND u.d BETWEEN :d_from AND :d_to OR EXISTS (SELECT FROM sale_event e"
        " WHERE e.tenant_id = :tenant_id AND e.account_id = :account_id AND e.d = u.d"
        " AND e.event_id = u.row_key))",
        replaces=replaces,
        d_from=unit.d_from,
        d_to=unit.d_to,
        account_id=key.account_id,
        source=key.source,
    )
    if not rows:
        return 0
    return int(
        tx.run(
            "INSERT INTO unplaced_row (tenant_id, account_id, source, row_key, reason, payload, amount,"
            " currency, d) SELECT DISTINCT ON (row_key) :tenant_id, :account_id, :source, row_key, reason,"
            " CAST(payload AS jsonb), amount, currency, d FROM in_unplaced ORDER BY row_key "
            "ON CONFLICT (tenant_id, account_id, source, row_key) DO NOTHING",
            account_id=key.account_id,
            source=key.source,
        ).rowcount
    )


def _stage_unplaced(tx: TenantTx, rows: Sequence[Unplaced]) -> None:
    create_stage(
        tx,
        "in_unplaced",
        "row_key text, reason text, payload text, amount numeric(14,2), currency text, d date",
    )
    copy_rows(
        tx,
        "in_unplaced",
        ("row_key", "reason", "payload", "amount", "currency", "d"),
        rows,
        texts=("row_key", "reason", "payload", "currency"),
    )


def restate_settled(tx: TenantTx, account_id: int, unit: Unit) -> None:
    """The finance rows of these days are complete now: what was preliminary there is stale, whether or
    not a row of its own came."""
    tx.run(
        "INSERT INTO recalc_pending AS p (tenant_id, sku_id, d_from) "
        "SELECT :tenant_id, sku_id, min(d) FROM metrics_daily WHERE tenant_id = :tenant_id "
        "AND account_id = :account_id AND d BETWEEN :d_from AND :d_to AND is_preliminary GROUP BY sku_id "
        "ON CONFLICT (tenant_id, sku_id) DO UPDATE SET d_from = excluded.d_from "
        "WHERE p.d_from > excluded.d_from",
        account_id=account_id,
        d_from=unit.d_from,
        d_to=unit.d_to,
    )


class NightRows(NamedTuple):
    """What a job has brought of a source: its rows, and units that did not just repeat themselves."""

    rows: int
    news: int


class FinishedRun(NamedTuple):
    """A unit that was merged: its stored name, its pages, the first day of its window, when it was begun."""

    unit: str
    pages: tuple[KeptPage, ...]
    since: date | None
    started_at: datetime


def finished_runs(tx: TenantTx, account_id: int, source: str) -> list[FinishedRun]:
    """Everything that was ever merged of a source, newest first."""
    rows = tx.run(
        "SELECT unit, pages, since, started_at FROM ingest_run WHERE tenant_id = :tenant_id"
        " AND account_id = :account_id AND source = :source AND state = 'complete'"
        " ORDER BY finished_at DESC, id DESC",
        account_id=account_id,
        source=source,
    )
    return [FinishedRun(row.unit, kept_pages(row.pages), row.since, row.started_at) for row in rows]


def rows_of(tx: TenantTx, account_id: int, source: str, trace_id: str) -> NightRows:
    """Of one job, all its passes together."""
    row = tx.run(
        "SELECT coalesce(sum((counts ->> 'rows')::int), 0) AS rows,"
        " count(*) FILTER (WHERE NOT counts ? 'known') AS news FROM ingest_run "
        "WHERE tenant_id = :tenant_id AND account_id = :account_id AND source = :source "
        "AND state = 'complete' AND trace_id = :trace_id",
        account_id=account_id,
        source=source,
        trace_id=trace_id,
    ).one()
    return NightRows(int(row.rows), int(row.news))


def rows_before(tx: TenantTx, account_id: int, source: str, trace_id: str, jobs: int) -> list[int]:
    """Rows of the last jobs before this one that brought any, newest first."""
    rows = tx.run(
        "SELECT sum((counts ->> 'rows')::int) AS rows FROM ingest_run WHERE tenant_id = :tenant_id "
        "AND account_id = :account_id AND source = :source AND state = 'complete' "
        "AND trace_id <> :trace_id GROUP BY trace_id HAVING sum((counts ->> 'rows')::int) > 0 "
        "ORDER BY max(id) DESC LIMIT :jobs",
        account_id=account_id,
        source=source,
        trace_id=trace_id,
        jobs=jobs,
    )
    return [int(row.rows) for row in rows]


def _named(key: RunKey) -> dict[str, object]:
    return {"account_id": key.account_id, "source": key.source, "unit": key.unit}
