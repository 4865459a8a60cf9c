-- Months of the partitioned tables. SECURITY DEFINER: the application may ask for a month, it may
-- not create tables. LIKE + ATTACH instead of PARTITION OF, which waits on every reader.
-- STRICT: greatest() and least() pass over a NULL, and an unknown day would mean every month since 2015.

CREATE FUNCTION ambar_make_partitions(parent text, first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', greatest(first_day, date '2015-01-01'))::date;
    last_month date := date_trunc('month', least(last_day, (now() + interval '2 years')::date))::date;
    child text;
    made integer := 0;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
        WHERE c.relname = parent AND c.relnamespace = 'public'::regnamespace
    ) THEN
        RAISE EXCEPTION 'ambar: % is not a partitioned table', parent;
    END IF;
    WHILE month <= last_month LOOP
        child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
        IF to_regclass('public.' || quote_ident(child)) IS NULL THEN
            -- One lock for the parent: with a lock a month, who holds the parent waits for a month and
            -- who holds the month waits for the parent.
            PERFORM pg_advisory_xact_lock(hashtext('ambar_partition:' || parent));
            -- Asked of the table itself: to_regclass would repeat what it said before the wait.
            IF NOT EXISTS (
                SELECT FROM pg_class WHERE relname = child AND relnamespace = 'public'::regnamespace
            ) THEN
                PERFORM ambar_attach_month(parent, child, month);
                made := made + 1;
            END IF;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

-- The bounds of a timestamptz month are read in the session's zone: always UTC, or months of two
-- sessions overlap. lock_timeout is a setting of the function, so the caller's comes back after it.
CREATE FUNCTION ambar_attach_month(parent text, child text, month date) RETURNS void
LANGUAGE plpgsql STRICT
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
    attempt integer := 0;
BEGIN
    EXECUTE format(
        'CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL EXCLUDING IDENTITY)', child, parent);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', child);
    LOOP
        BEGIN
            EXECUTE format(
                'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                parent, child, month, (month + interval '1 month')::date);
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            attempt := attempt + 1;
            IF attempt >= 5 THEN RAISE; END IF;
            PERFORM pg_sleep(0.2 * attempt);
        END;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION ambar_make_partitions(text, date, date) FROM public;
REVOKE ALL ON FUNCTION ambar_attach_month(text, text, date) FROM public;
GRANT EXECUTE ON FUNCTION ambar_make_partitions(text, date, date) TO ambar_app, ambar_platform;
