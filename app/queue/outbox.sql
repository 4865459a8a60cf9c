-- name: append
-- An event of the business transaction; what was told under this name is not told again.
INSERT INTO outbox_event (tenant_id, topic, key, payload, uniq, trace_id, next_try_at, created_at)
VALUES (:tenant_id, :topic, :key, CAST(:payload AS jsonb), :uniq, :trace_id, :now, :now)
ON CONFLICT (uniq) DO NOTHING
RETURNING id

-- name: claim
-- Take events that are due. Of a key only the oldest untold one is a candidate, so a later one waits
-- while it is on its way or between tries; one that was given up (attempts used) blocks nobody. An
-- empty key is nobody's. Marking a row is pushing its next try past the time we need for it.
WITH heads AS MATERIALIZED (
    SELECT DISTINCT ON (topic, tenant_id, key, CASE key WHEN '' THEN id END) id
    FROM outbox_event
    WHERE published_at IS NULL AND attempts < :max_attempts AND topic = ANY(CAST(:topics AS text[]))
    ORDER BY topic, tenant_id, key, CASE key WHEN '' THEN id END, id
), due AS (
    SELECT e.id
    FROM outbox_event e JOIN heads ON heads.id = e.id
    WHERE e.published_at IS NULL AND e.attempts < :max_attempts AND e.next_try_at <= :now
    ORDER BY e.id
    LIMIT :batch
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE outbox_event AS e SET attempts = attempts + 1, next_try_at = :until
FROM due WHERE e.id = due.id
RETURNING e.id, tenant_id, topic, key, payload, attempts AS attempt, trace_id, created_at

-- name: published
-- Told. Whoever else thinks to hold the event finds it told.
UPDATE outbox_event SET published_at = :now, error = NULL WHERE id = :id AND published_at IS NULL

-- name: postpone
-- Not told yet; only by the one whose mark is on the row.
UPDATE outbox_event SET next_try_at = :at, attempts = attempts - :refund, error = coalesce(:error, error)
WHERE id = :id AND next_try_at = :until AND published_at IS NULL
