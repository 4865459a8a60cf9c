-- name: jobs
-- Jobs of one state; of the failed only those that wait for a decision. The order is each state's own: what
-- runs and waits by its turn, the failed newest first.
SELECT j.id, j.tenant_id, t.name AS organisation, j.job_type, j.state, j.attempt, j.max_attempt, j.run_at,
       j.created_at, j.finished_at, j.progress, j.result, j.error, j.trace_id
FROM job AS j LEFT JOIN tenant AS t ON t.id = j.tenant_id
WHERE j.state = :state AND (CAST(:tenant_id AS bigint) IS NULL OR j.tenant_id = :tenant_id)
  AND (j.state <> 'failed'
       OR EXISTS (SELECT FROM dead_letter AS l WHERE l.job_id = j.id AND l.resolution IS NULL
                 AND (CAST(:tenant_id AS bigint) IS NULL OR l.tenant_id = :tenant_id)))
ORDER BY CASE WHEN j.state = 'failed' THEN j.finished_at END DESC, j.priority DESC, j.run_at, j.id
LIMIT :limit

-- name: job
-- One of them, whatever its state.
SELECT j.id, j.tenant_id, t.name AS organisation, j.job_type, j.state, j.attempt, j.max_attempt, j.run_at,
       j.created_at, j.finished_at, j.progress, j.result, j.error, j.trace_id
FROM job AS j LEFT JOIN tenant AS t ON t.id = j.tenant_id
WHERE j.id = :id AND (CAST(:tenant_id AS bigint) IS NULL OR j.tenant_id = :tenant_id)

-- name: counts
-- How many there are; failed are those that wait for a decision.
SELECT state, count(*) AS jobs FROM job
WHERE state <> 'failed' AND (CAST(:tenant_id AS bigint) IS NULL OR tenant_id = :tenant_id)
GROUP BY state
UNION ALL
SELECT 'failed', count(DISTINCT job_id) FROM dead_letter
WHERE resolution IS NULL AND (CAST(:tenant_id AS bigint) IS NULL OR tenant_id = :tenant_id)
