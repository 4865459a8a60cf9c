-- name: append
-- An event of the business transaction; what was told under this name is not told again.
INSERT INTO outbox_event (tenant_id, topic, key, payload, uniq, trace_id, next_try_at, created_at)
VALUES (:tenant_id, :topic, :key, CAST(:payload AS jsonb), :uniq, :trace_id, :now, :now)
ON CONFLICT (uniq) DO NOTHING
RETURNING id

-- name: claim
-- Take events that are due, the longest due first. Of a key only the oldest untold one is a candidate, so a
-- later one waits while it is on its way or between tries; one that was given up blocks nobody. An empty key
-- is nobody's. Marking a row is pushing its next try past the time we need for it; a try is counted when it
-- is begun, or whatever kills a relay would use up the tries of the whole batch with its own.
-- All in one pass over what is untold, and few rows from there on: a night's ten thousand digests come
-- before the planner has heard of them, and where it could choose it took 33 s a claim against 0.05 s.
WITH heads AS MATERIALIZED (
    SELECT DISTINCT ON (topic, key, tenant_id, CASE key WHEN '' THEN id END) id, next_try_at, attempts
    FROM outbox_event
    WHERE published_at IS NULL AND given_up_at IS NULL AND topic = ANY(CAST(:topics AS text[]))
    ORDER BY topic, key, tenant_id, CASE key WHEN '' THEN id END, id
), candidates AS MATERIALIZED (  -- more than a batch: others may be taking the first of them
    SELECT id FROM heads
    WHERE next_try_at <= :now AND attempts < :max_attempts
    ORDER BY next_try_at, id LIMIT :batch * 5
), due AS MATERIALIZED (
    SELECT e.id
    FROM outbox_event AS e JOIN candidates ON candidates.id = e.id
    WHERE e.published_at IS NULL AND e.given_up_at IS NULL AND e.next_try_at <= :now
    ORDER BY e.next_try_at, e.id
    LIMIT :batch
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE outbox_event AS e SET next_try_at = :until
FROM due WHERE e.id = due.id
RETURNING e.id, tenant_id, topic, key, payload, attempts + 1 AS attempt, trace_id, created_at

-- name: begin
-- A try of an event that is still marked as ours; the mark is as good as new for it.
UPDATE outbox_event SET attempts = attempts + 1, next_try_at = :until
WHERE id = :id AND next_try_at = :mark AND published_at IS NULL

-- name: bury
-- Whoever began the last try never said how it ended: given up, visibly.
UPDATE outbox_event SET given_up_at = :now, error = coalesce(error, :error)
WHERE published_at IS NULL AND given_up_at IS NULL AND next_try_at <= :now AND attempts >= :max_attempts
  AND topic = ANY(CAST(:topics AS text[]))
RETURNING id, tenant_id, topic, trace_id, attempts

-- name: published
-- Told. Whoever else thinks to hold the event finds it told.
UPDATE outbox_event SET published_at = :now, given_up_at = NULL, error = NULL
WHERE id = ANY(CAST(:ids AS bigint[])) AND published_at IS NULL

-- name: postpone
-- Not told yet (or not told at all, where it is given up); only by the one whose mark is on the row.
UPDATE outbox_event SET next_try_at = :at, attempts = attempts - :refund, error = coalesce(:error, error),
    given_up_at = :given_up_at
WHERE id = :id AND next_try_at = :until AND published_at IS NULL

-- name: list_untold
-- What waits, oldest first.
SELECT id, tenant_id, topic, key, attempts, created_at, next_try_at, given_up_at, error, trace_id
FROM outbox_event
WHERE published_at IS NULL AND given_up_at IS NULL AND topic <> :quiet
  AND (CAST(:tenant_id AS bigint) IS NULL OR tenant_id = :tenant_id)
ORDER BY id LIMIT :limit

-- name: list_given_up
-- What nobody tries to tell any more, oldest first.
SELECT id, tenant_id, topic, key, attempts, created_at, next_try_at, given_up_at, error, trace_id
FROM outbox_event
WHERE published_at IS NULL AND given_up_at IS NOT NULL
  AND (CAST(:tenant_id AS bigint) IS NULL OR tenant_id = :tenant_id)
ORDER BY id LIMIT :limit

-- name: retry
-- All tries anew for what was given up.
UPDATE outbox_event SET given_up_at = NULL, attempts = 0, next_try_at = :now
WHERE id = ANY(CAST(:ids AS bigint[])) AND published_at IS NULL AND given_up_at IS NOT NULL
RETURNING id, tenant_id, topic

-- name: announce
-- New jobs that are to be called out, and their events told. Only of those that still wait: most were called
-- out at their commit.
WITH fresh AS MATERIALIZED (
    SELECT id FROM outbox_event
    WHERE topic = :topic AND key = '' AND published_at IS NULL AND given_up_at IS NULL
    ORDER BY id LIMIT :batch
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox_event AS e SET published_at = :now, attempts = attempts + 1
FROM fresh WHERE e.id = fresh.id
RETURNING e.payload, EXISTS (
    SELECT FROM job AS j
    WHERE j.id = CAST(e.payload ->> 'job_id' AS bigint) AND j.state = 'todo' AND j.run_at <= :now
) AS is_waiting
