-- name: enqueue
-- The partial unique index decides whether this is new work.
INSERT INTO job (tenant_id, job_type, payload, priority, run_at, max_attempt, uniq, trace_id, created_at)
VALUES (:tenant_id, :job_type, CAST(:payload AS jsonb), :priority, :run_at, :max_attempt, :uniq, :trace_id, :now)
ON CONFLICT (tenant_id, uniq) WHERE state IN ('todo', 'doing') DO NOTHING
RETURNING id

-- name: find_active
-- The job that a repeated request joins.
SELECT id FROM job
WHERE (tenant_id = :tenant_id OR (tenant_id IS NULL AND CAST(:tenant_id AS bigint) IS NULL))
  AND uniq = :uniq AND state IN ('todo', 'doing')

-- name: status
-- What can be told of a job; the wall hides other tenants' jobs from the application.
SELECT id, job_type, state, attempt, run_at, progress, result, error FROM job WHERE id = :id

-- name: claim
-- Take one job. Urgency first; of one urgency each tenant's next in line, beginning with the tenant
-- after the one served last. Candidates that another worker is taking are passed over.
WITH line AS (
    SELECT id, priority, coalesce(tenant_id, 0) AS tenant,
           row_number() OVER (PARTITION BY tenant_id, priority ORDER BY run_at, id) AS nth
    FROM job
    WHERE state = 'todo' AND run_at <= :now AND job_type = ANY(CAST(:types AS text[]))
), chosen AS (
    SELECT j.id
    FROM job j JOIN line ON line.id = j.id
    WHERE j.state = 'todo' AND j.run_at <= :now
    ORDER BY line.priority DESC, line.nth, line.tenant <= :served_last, line.tenant
    LIMIT 1
    FOR UPDATE OF j SKIP LOCKED
)
UPDATE job SET state = 'doing', attempt = attempt + 1, lease_token = :token, lease_until = :lease_until
FROM chosen WHERE job.id = chosen.id
RETURNING job.id, tenant_id, job_type, payload, attempt, max_attempt, lease_token, trace_id

-- name: expired
-- Jobs whose holder went silent; locked, so that one sweeper moves each.
SELECT id, tenant_id, job_type, payload, attempt, max_attempt, lease_token, trace_id FROM job
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
