-- name: write
-- What is left of a job that was given up.
INSERT INTO dead_letter (tenant_id, job_id, job_type, payload, attempt, error, trace_id, created_at)
VALUES (:tenant_id, :job_id, :job_type, CAST(:payload AS jsonb), :attempt, :error, :trace_id, :now)

-- name: find
-- The job that a letter tells of; locked, so that of two hands one decides.
SELECT tenant_id, job_type, payload, state, trace_id FROM job WHERE id = :id FOR UPDATE

-- name: resolve
-- Somebody decided.
UPDATE dead_letter SET resolution = :resolution, resolved_at = :now, resolved_by = :user
WHERE job_id = :id AND resolution IS NULL

-- name: revive
-- In line again; the unique index refuses where the same work is there already.
UPDATE job SET state = 'todo', attempt = 0, run_at = :now, error = NULL, result = NULL, progress = '{}',
    finished_at = NULL
WHERE id = :id AND state = 'failed'
