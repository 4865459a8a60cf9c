-- Finding an item by what a person types or scans.
--
-- SECURITY DEFINER because of the index: behind a wall a match of words may only be asked of rows that the wall has
-- let through (it is not leakproof), so the application would read every item. Each statement binds v_tenant.

-- A page of items, the nearest first: its barcode (0), its article (1), its words, the last of them perhaps begun
-- only (2); and where nothing is found so and the extension pg_trgm is there, what is spelt alike (3).
CREATE FUNCTION ambar_find_items(p_words text, p_limit integer, p_offset integer)
RETURNS TABLE (item_id bigint, nearness integer)
LANGUAGE plpgsql STRICT STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant CONSTANT bigint := nullif(current_setting('app.tenant_id', true), '')::bigint;
    v_typed CONSTANT text := lower(btrim(p_words));
    v_query tsquery;
    v_alike regnamespace;
BEGIN
    IF v_tenant IS NULL THEN
        RAISE EXCEPTION 'ambar: no tenant' USING ERRCODE = '42501';
    END IF;
    SELECT to_tsquery('russian', string_agg(quote_literal(word) || ':*', ' & ')) INTO v_query
    FROM regexp_split_to_table(v_typed, '[^[:alnum:]]+') AS word WHERE word <> '';
    RETURN QUERY
        SELECT f.id, min(f.near)
        FROM (
            SELECT b.item_id AS id, 0 AS near FROM item_barcode b
            WHERE b.tenant_id = v_tenant AND b.barcode = btrim(p_words)
            UNION ALL
            SELECT i.id, 1 FROM item i WHERE i.tenant_id = v_tenant AND lower(i.article) = v_typed
            UNION ALL
            SELECT i.id, 2 FROM item i WHERE i.tenant_id = v_tenant AND i.words @@ v_query
        ) f JOIN item o ON o.tenant_id = v_tenant AND o.id = f.id
        GROUP BY f.id, o.article ORDER BY 2, lower(o.article), f.id LIMIT p_limit OFFSET p_offset;
    IF FOUND OR p_offset > 0 THEN
        RETURN;
    END IF;
    SELECT e.extnamespace INTO v_alike FROM pg_extension e WHERE e.extname = 'pg_trgm';
    IF v_alike IS NOT NULL THEN
        RETURN QUERY EXECUTE format(
            'SELECT q.id, 3 FROM (SELECT i.id, %s.word_similarity($2, lower(i.article || '' '' || i.name)) AS alike'
            ' FROM public.item i WHERE i.tenant_id = $1) q WHERE q.alike >= 0.5 ORDER BY q.alike DESC, q.id LIMIT $3',
            v_alike) USING v_tenant, v_typed, p_limit;
    END IF;
END $$;

REVOKE ALL ON FUNCTION ambar_find_items(text, integer, integer) FROM public;
GRANT EXECUTE ON FUNCTION ambar_find_items(text, integer, integer) TO ambar_app;
