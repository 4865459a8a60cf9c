-- An old ledger taken over: its entries with their own reasons, references and line numbers, in the order in which
-- they happened. Only here is a line number that clashes given a new one; a live request is answered CONFLICT.
-- The file is known by its hash: the same one a second time changes nothing (returns 0).
-- Raises AM003 where a balance would go below nothing, naming the entry by its place in the arrays.

CREATE FUNCTION ambar_ledger_import(
    p_hash bytea, p_reasons text[], p_refs text[], p_ref_lines integer[], p_items bigint[], p_locations bigint[],
    p_lots bigint[], p_deltas integer[], p_occurred timestamptz[], p_actor_id bigint, p_actor text, p_trace text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant CONSTANT bigint := ambar_ledger_alone();
    v_name CONSTANT text := 'import-' || encode(p_hash, 'hex');
    v_now CONSTANT timestamptz := clock_timestamp();
    v_doc bigint;
    v_bad bigint;
    v_made integer;
BEGIN
    INSERT INTO stock_document (tenant_id, reason, ref, whole, occurred_at, actor_id, actor, trace_id)
    VALUES (v_tenant, 'ADJUST', v_name, p_hash, v_now, nullif(p_actor_id, 0), p_actor, p_trace)
    ON CONFLICT (tenant_id, reason, ref) DO NOTHING RETURNING id INTO v_doc;
    IF v_doc IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO lot (tenant_id, id) VALUES (v_tenant, 0) ON CONFLICT (tenant_id, id) DO NOTHING;
    INSERT INTO stock (tenant_id, item_id, location_id, lot_id)
    SELECT DISTINCT v_tenant, l.item, l.location, l.lot FROM unnest(p_items, p_locations, p_lots) AS l(item, location, lot)
    ORDER BY 2, 3, 4 ON CONFLICT (tenant_id, item_id, location_id, lot_id) DO NOTHING;
    INSERT INTO stock_document (tenant_id, reason, ref, note, occurred_at, actor_id, actor, trace_id)
    SELECT v_tenant, l.reason, l.ref, v_name, min(l.occurred), nullif(p_actor_id, 0), p_actor, p_trace
    FROM unnest(p_reasons, p_refs, p_occurred) AS l(reason, ref, occurred) GROUP BY l.reason, l.ref
    ORDER BY 2, 3 ON CONFLICT (tenant_id, reason, ref) DO NOTHING;

    -- Where each entry goes: its balance, its line number (a new one after the last, where its own is taken), and
    -- what the balance is after it.
    CREATE TEMPORARY TABLE ledger_import ON COMMIT DROP AS
    WITH numbered AS (
        SELECT l.*, s.id AS stock_id, s.item_id, s.on_hand, s.reserved, s.version AS before,
            a.ref_line IS NOT NULL OR row_number() OVER (
                PARTITION BY l.reason, l.ref, l.ref_line, s.id ORDER BY l.n) > 1 AS clashes
        FROM unnest(p_reasons, p_refs, p_ref_lines, p_items, p_locations, p_lots, p_deltas, p_occurred)
            WITH ORDINALITY AS l(reason, ref, ref_line, item, location, lot, delta, occurred, n)
        JOIN stock s ON s.tenant_id = v_tenant AND s.item_id = l.item AND s.location_id = l.location
            AND s.lot_id = l.lot
        LEFT JOIN stock_document_line a ON a.tenant_id = v_tenant AND a.reason = l.reason AND a.ref = l.ref
            AND a.ref_line = l.ref_line AND a.stock_id = s.id
    ), lasts AS (
        SELECT q.reason, q.ref, max(q.ref_line) AS last FROM (
            SELECT reason, ref, ref_line FROM numbered
            UNION ALL SELECT a.reason, a.ref, a.ref_line FROM stock_document_line a
            WHERE a.tenant_id = v_tenant AND a.ref = ANY(p_refs)
        ) q GROUP BY q.reason, q.ref
    )
    SELECT m.n, m.reason, m.ref, m.stock_id, m.item_id, m.location, m.lot, m.delta, m.occurred, m.reserved,
        CASE WHEN m.clashes THEN t.last + row_number() OVER (
            PARTITION BY m.reason, m.ref, m.clashes ORDER BY m.n) ELSE m.ref_line END::integer AS ref_line,
        (m.on_hand + sum(m.delta) OVER w)::integer AS after_qty,
        m.before + row_number() OVER w AS version
    FROM numbered m JOIN lasts t ON t.reason = m.reason AND t.ref = m.ref
    WINDOW w AS (PARTITION BY m.stock_id ORDER BY m.occurred, m.n);

    SELECT min(n) INTO v_bad FROM ledger_import WHERE after_qty < reserved;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'ambar: entry % takes more than there is', v_bad USING ERRCODE = 'AM003', DETAIL = v_bad::text;
    END IF;
    UPDATE stock s SET on_hand = q.after_qty, version = q.version, moved_at = v_now
    FROM (
        SELECT DISTINCT ON (stock_id) stock_id, after_qty, version FROM ledger_import ORDER BY stock_id, version DESC
    ) q WHERE s.tenant_id = v_tenant AND s.id = q.stock_id;
    INSERT INTO stock_document_line (tenant_id, reason, ref, ref_line, stock_id, leg, document_id, item_id,
        location_asked, lot_asked, qty, delta, reserved_delta, after_qty, after_reserved, version)
    -- As a live request would have named it, so that one is known when it comes again.
    SELECT v_tenant, i.reason, i.ref, i.ref_line, i.stock_id, row_number() OVER (PARTITION BY i.reason, i.ref,
        CASE WHEN i.reason <> 'OUTBOUND' THEN i.ref_line END, i.item_id, i.location, i.lot ORDER BY i.n), d.id,
        i.item_id, i.location, CASE i.lot WHEN 0 THEN -1 ELSE i.lot END, abs(i.delta), i.delta, 0, i.after_qty,
        i.reserved, i.version
    FROM ledger_import i
    JOIN stock_document d ON d.tenant_id = v_tenant AND d.reason = i.reason AND d.ref = i.ref;
    INSERT INTO stock_ledger (tenant_id, stock_id, posted_at, version, item_id, delta, reserved_delta, after_qty,
        after_reserved, reason, ref, ref_line, occurred_at, actor_id, trace_id)
    SELECT v_tenant, stock_id, v_now, version, item_id, delta, 0, after_qty, reserved, reason, ref, ref_line,
        occurred, nullif(p_actor_id, 0), p_trace
    FROM ledger_import ORDER BY stock_id, version;
    GET DIAGNOSTICS v_made = ROW_COUNT;
    DROP TABLE ledger_import;
    INSERT INTO audit_entry (tenant_id, actor_id, actor, action, subject, after, trace_id)
    VALUES (v_tenant, nullif(p_actor_id, 0), p_actor, 'ledger.imported', v_name, jsonb_build_object('entries', v_made),
        p_trace);
    PERFORM ambar_ledger_sequences();
    RETURN v_made;
END $$;

-- The next id is past every row there is, in empty tables too (setval(…, 0) is refused: hence is_called false).
CREATE FUNCTION ambar_ledger_sequences() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tbl text;
BEGIN
    FOREACH tbl IN ARRAY ARRAY[
        'item', 'location', 'lot', 'stock', 'stock_document', 'hold', 'customer', 'customer_order'
    ] LOOP
        EXECUTE format(
            'SELECT setval(pg_get_serial_sequence(%L, ''id''), greatest(max(id) + 1, nextval(pg_get_serial_sequence('
            '%L, ''id'')), 1), false) FROM %I', tbl, tbl, tbl);
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION ambar_ledger_sequences() FROM public;
REVOKE ALL ON FUNCTION ambar_ledger_import(
    bytea, text[], text[], integer[], bigint[], bigint[], bigint[], integer[], timestamptz[], bigint, text, text)
    FROM public;
GRANT EXECUTE ON FUNCTION ambar_ledger_import(
    bytea, text[], text[], integer[], bigint[], bigint[], bigint[], integer[], timestamptz[], bigint, text, text)
    TO ambar_app;
