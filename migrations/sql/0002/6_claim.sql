-- Who is served next. A function, so that its plans are kept by the connection (planning was seen to cost a
-- claim two milliseconds) and so that each statement inside sees what was committed before it: the cap and
-- the serial keys are looked at under the tenant's lock, hence they hold however many workers claim at once.
--
-- The line is walked by its index, no further than needed: urgency first; of one urgency the tenants after
-- the one served last (lap 0), then those up to it (lap 1); of a tenant the longest due. Tenant 0 is the
-- house. A tenant whose lock another claim holds is passed over; where nobody else has work, it is waited
-- for, a commit long. The settings keep the walk on the index while the table's statistics are young.

CREATE FUNCTION ambar_claim(
    types text[], served_last bigint, at_most integer, tenant_max integer, at timestamptz, token text,
    held_until timestamptz
) RETURNS SETOF job
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    urgency integer;
    turn bigint;
    waits_for bigint;
    got integer := 0;
    holds boolean := false;
    taken job;
BEGIN
    FOR attempt IN 1..2 LOOP
        urgency := (SELECT max(priority) FROM job WHERE state = 'todo');
        WHILE urgency IS NOT NULL AND got < at_most LOOP
            FOR lap IN 0..1 LOOP
                turn := CASE lap WHEN 0 THEN served_last ELSE -1 END;
                WHILE got < at_most LOOP
                    SELECT coalesce(tenant_id, 0) INTO turn FROM job
                    WHERE state = 'todo' AND priority = urgency AND coalesce(tenant_id, 0) > turn
                    ORDER BY priority, coalesce(tenant_id, 0), run_at, id LIMIT 1;
                    EXIT WHEN turn IS NULL OR (lap = 1 AND turn > served_last);
                    CONTINUE WHEN tenant_max <= (
                        SELECT count(*) FROM job WHERE state = 'doing' AND coalesce(tenant_id, 0) = turn
                    );
                    CONTINUE WHEN NOT EXISTS (
                        SELECT FROM job
                        WHERE state = 'todo' AND priority = urgency AND coalesce(tenant_id, 0) = turn
                          AND run_at <= at AND job_type = ANY (types)
                    );
                    IF NOT pg_try_advisory_xact_lock(hashtextextended('ambar_claim', turn)) THEN
                        waits_for := coalesce(waits_for, turn);
                        CONTINUE;
                    END IF;
                    holds := true;
                    WITH head AS MATERIALIZED (
                        SELECT j.id FROM job AS j
                        WHERE j.state = 'todo' AND j.priority = urgency AND coalesce(j.tenant_id, 0) = turn
                          AND j.run_at <= at AND j.job_type = ANY (types)
                          AND (SELECT count(*) FROM job AS r
                               WHERE r.state = 'doing' AND coalesce(r.tenant_id, 0) = turn) < tenant_max
                          AND NOT EXISTS (
                              SELECT FROM job AS r
                              WHERE r.state = 'doing' AND coalesce(r.tenant_id, 0) = turn
                                AND r.serial = j.serial)
                        ORDER BY j.priority, coalesce(j.tenant_id, 0), j.run_at, j.id
                        LIMIT 1
                        FOR UPDATE OF j SKIP LOCKED
                    )
                    UPDATE job SET state = 'doing', attempt = job.attempt + 1, lease_until = held_until,
                        lease_token = token || job.id
                    FROM head WHERE job.id = head.id
                    RETURNING job.* INTO taken;
                    IF FOUND THEN
                        got := got + 1;
                        RETURN NEXT taken;
                    END IF;
                END LOOP;
            END LOOP;
            urgency := (SELECT max(priority) FROM job WHERE state = 'todo' AND priority < urgency);
        END LOOP;
        -- Who holds a lock never waits for another: two claims would wait for each other.
        EXIT WHEN got > 0 OR holds OR waits_for IS NULL;
        PERFORM pg_advisory_xact_lock(hashtextextended('ambar_claim', waits_for));
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION ambar_claim(text[], bigint, integer, integer, timestamptz, text, timestamptz) FROM public;
GRANT EXECUTE ON FUNCTION ambar_claim(text[], bigint, integer, integer, timestamptz, text, timestamptz)
    TO ambar_platform;
