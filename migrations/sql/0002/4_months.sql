-- Retention: a month of raw replies is dropped whole. SECURITY DEFINER: the platform may let a month go,
-- it may not drop tables. Only raw replies: facts, journals and documents are kept.

CREATE FUNCTION ambar_drop_raw_months(before date) RETURNS integer
LANGUAGE plpgsql STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    month text;
    dropped integer := 0;
BEGIN
    IF before > (now() - interval '1 month')::date THEN
        RAISE EXCEPTION 'ambar: raw replies are kept for a month at least';
    END IF;
    FOR month IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.raw_payload'::regclass
          AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= before
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE public.%I', month);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

REVOKE ALL ON FUNCTION ambar_drop_raw_months(date) FROM public;
GRANT EXECUTE ON FUNCTION ambar_drop_raw_months(date) TO ambar_platform;
