-- name: enqueue
-- The partial unique index decides whether this is new work; new work is told of by the same statement.
WITH made AS (
    INSERT INTO job (tenant_id, job_type, payload, priority, run_at, max_attempt, uniq, serial, asked_by,
                     trace_id, created_at)
    VALUES (:tenant_id, :job_type, CAST(:payload AS jsonb), :priority, :run_at, :max_attempt, :uniq, :serial,
            :asked_by, :trace_id, :now)
    ON CONFLICT (tenant_id, uniq) WHERE state IN ('todo', 'doing') DO NOTHING
    RETURNING id
), told AS (
    INSERT INTO outbox_event (tenant_id, topic, payload, trace_id, next_try_at, created_at)
    SELECT :tenant_id, :topic, jsonb_build_object(
               'job_id', id, 'tenant_id', CAST(:tenant_id AS bigint), 'trace_id', CAST(:trace_id AS text),
               'job_type', CAST(:job_type AS text), 'attempt', 0),
           :trace_id, :now, :now
    FROM made
)
SELECT id FROM made

-- name: find_active
-- The job that a repeated request joins.
SELECT id FROM job
WHERE (tenant_id = :tenant_id OR (tenant_id IS NULL AND CAST(:tenant_id AS bigint) IS NULL))
  AND uniq = :uniq AND state IN ('todo', 'doing')

-- name: status
-- What can be told of a job; to a tenant of its own only, to the platform (no tenant) of every one.
SELECT id, job_type, state, attempt, run_at, progress, result, error FROM job
WHERE id = :id AND (CAST(:tenant_id AS bigint) IS NULL OR tenant_id = :tenant_id)

-- name: claim
-- Jobs of the tenants whose turn it is: migrations/sql/0002/6_claim.sql says how.
SELECT id, tenant_id, job_type, payload, attempt, max_attempt, lease_token, trace_id, asked_by, created_at
FROM ambar_claim(CAST(:types AS text[]), :served_last, :at_most, :tenant_max, :now, :token, :lease_until)

-- name: expired
-- Jobs whose holder went silent; locked, so that one sweeper moves each.
SELECT id, tenant_id, job_type, payload, attempt, max_attempt, lease_token, trace_id, asked_by, created_at
FROM job
WHERE state = 'doing' AND lease_until <= :now
ORDER BY id FOR UPDATE SKIP LOCKED

-- name: extend
-- A heartbeat for all that one worker holds; a token belongs to one claim only.
UPDATE job SET lease_until = :lease_until
WHERE id = ANY(CAST(:ids AS bigint[])) AND lease_token = ANY(CAST(:tokens AS text[])) AND state = 'doing'
RETURNING lease_token

-- name: progress
-- How far it is; saying so is a sign of life too.
UPDATE job SET progress = CAST(:progress AS jsonb), lease_until = :lease_until
WHERE id = :id AND lease_token = :token AND state = 'doing'

-- name: hand_back
-- To the line again; a refunded attempt was not the job's fault.
UPDATE job SET state = :to_state, run_at = :run_at, attempt = attempt - :refund,
    error = coalesce(:error, error), lease_token = NULL, lease_until = NULL
WHERE id = :id AND lease_token = :token AND state = :was

-- name: step
-- One step inside a longer move, the lease still held.
UPDATE job SET state = :to_state, error = :error
WHERE id = :id AND lease_token = :token AND state = :was

-- name: finish
-- The end of a job, good or bad.
UPDATE job SET state = :to_state, result = CAST(:result AS jsonb), error = :error, finished_at = :now,
    lease_token = NULL, lease_until = NULL
WHERE id = :id AND lease_token = :token AND state = :was

-- name: next_run_at
-- When something will be due, for whoever waits until the house is idle.
SELECT min(run_at) FROM job WHERE state = 'todo' AND job_type = ANY(CAST(:types AS text[]))
