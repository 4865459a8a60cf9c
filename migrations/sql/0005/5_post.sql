-- The posting kernel: the only way anything is written to balances, entries, anchors and holds.
--
-- SECURITY DEFINER, so the owner's policy (every tenant) is in force inside: each statement binds v_tenant,
-- which is the transaction's own setting and no argument. Lines come as arrays of one length:
--   ref_line · item · location (-1: any) · lot (-1: none named) · target location (0: none) · qty
--   hold (0: none) · expected version (-1: none)
-- What a reason does, and which arguments it reads, is told in app/domain/warehouse/movements.py.
--
-- The order of locks, everywhere: period (shared, advisory) → header → balances by item, location, lot. Holds
-- and anchors need no lock of their own: a hold changes under its balance's, an anchor under its header's.
--
-- Answers, one row a balance that a line touched, or one row a line that touched none:
--   OK · IDEMPOTENT (posted before: the first result again) · CONFLICT · INSUFFICIENT_STOCK (`missing` pieces)
-- Raises AM001 where the period is closed, AM002 where the reversed document cannot be reversed.

CREATE FUNCTION ambar_ledger_post(
    p_reason text, p_ref text,
    p_ref_lines integer[], p_items bigint[], p_locations bigint[], p_lots bigint[], p_targets bigint[],
    p_qtys integer[], p_holds bigint[], p_versions bigint[],
    p_atomic boolean, p_partial boolean, p_occurred timestamptz, p_today date, p_expires timestamptz,
    p_order bigint, p_reverses bigint, p_note text, p_actor_id bigint, p_actor text, p_trace text
) RETURNS TABLE (
    n integer, ref_line integer, status text, missing integer, leg integer, stock_id bigint, delta integer,
    reserved_delta integer, after_qty integer, after_reserved integer, version bigint, hold_id bigint
)
-- Plans that know the arrays' lengths look cheaper, so each call would plan all statements anew.
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    v_tenant CONSTANT bigint := nullif(current_setting('app.tenant_id', true), '')::bigint;
    v_transfer CONSTANT boolean := p_reason IN ('PUTAWAY', 'MOVE');
    v_by_hold CONSTANT boolean := p_reason IN ('SHIP', 'RELEASE');
    v_picks CONSTANT boolean := p_reason IN ('OUTBOUND', 'RESERVE', 'TO_MARKETPLACE');
    v_atomic CONSTANT boolean := p_atomic OR v_transfer OR p_reason = 'REVERSAL';
    -- What one piece does to on hand and to the reserve. COUNT and transfers are told apart below.
    v_on CONSTANT integer := CASE WHEN p_reason IN ('RECEIPT', 'RETURN', 'ADJUST', 'REVERSAL') THEN 1
        WHEN p_reason IN ('OUTBOUND', 'WRITE_OFF', 'TO_MARKETPLACE', 'SHIP') THEN -1 ELSE 0 END;
    v_res CONSTANT integer := CASE WHEN p_reason = 'RESERVE' THEN 1 WHEN v_by_hold THEN -1 ELSE 0 END;

    v_lines integer;
    v_stocks bigint[];  -- REVERSAL names balances, not places
    v_whole bytea;
    v_doc bigint;
    v_head stock_document%ROWTYPE;
    v_known boolean;
    v_status text[];
    v_missing integer[];
    v_waiting text[];
    v_posted timestamptz;
    v_created bigint[] := '{}';
    v_new bigint[];
    v_lacking integer;
    v_failed text;

    -- Candidates in the order of the walk: which line may touch which balance. `pos` is the balance's place in
    -- the fixed order, and so in what is locked.
    c_n integer[]; c_stock bigint[]; c_pos integer[];
    -- Locked balances, in the fixed order; changed in memory by the walk and then written at once.
    k_id bigint[]; k_item bigint[]; k_on integer[]; k_res integer[]; k_ver bigint[]; k_moved timestamptz;
    -- Pieces left of the holds named.
    h_pos integer[]; h_left integer[];
    -- Entries to be written.
    e_n integer[] := '{}'; e_leg integer[] := '{}'; e_pos integer[] := '{}'; e_delta integer[] := '{}';
    e_res integer[] := '{}'; e_on integer[] := '{}'; e_reserved integer[] := '{}'; e_ver bigint[] := '{}';
    e_hold bigint[] := '{}';
    i integer := 1; v_from integer; v_pos integer; v_want integer; v_free integer; v_part integer;
BEGIN
    IF v_tenant IS NULL THEN
        RAISE EXCEPTION 'ambar: no tenant' USING ERRCODE = '42501';
    END IF;
    -- Shared by all who post; whoever closes a period or seals a day waits for them, and they for him.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('ambar_ledger', v_tenant));

    IF p_reason = 'REVERSAL' THEN
        -- Lines of a reversal are the original's, backwards; it is locked, so nothing is added to it meanwhile.
        SELECT * INTO v_head FROM stock_document d WHERE d.tenant_id = v_tenant AND d.id = p_reverses FOR UPDATE;
        IF NOT FOUND OR v_head.reason IN ('RESERVE', 'RELEASE', 'REVERSAL') OR EXISTS (
            SELECT FROM stock_document d WHERE d.tenant_id = v_tenant AND d.reverses = p_reverses AND d.ref <> p_ref
        ) THEN
            RAISE EXCEPTION 'ambar: this document cannot be reversed' USING ERRCODE = 'AM002';
        END IF;
        SELECT array_agg(o.n), array_agg(o.stock_id), array_agg(s.item_id), array_agg(-o.delta)
        INTO p_ref_lines, v_stocks, p_items, p_qtys
        FROM (
            SELECT row_number() OVER (ORDER BY a.ref_line DESC, a.leg DESC)::integer AS n, a.stock_id, a.delta
            FROM stock_document_line a
            WHERE a.tenant_id = v_tenant AND a.reason = v_head.reason AND a.ref = v_head.ref AND a.delta <> 0
            ORDER BY 1
        ) o JOIN stock s ON s.tenant_id = v_tenant AND s.id = o.stock_id;
        p_locations := array_fill(-1::bigint, ARRAY[cardinality(p_ref_lines)]);
        p_lots := p_locations; p_targets := p_locations; p_holds := p_locations; p_versions := p_locations;
    ELSIF v_by_hold THEN
        SELECT array_agg(coalesce(h.item_id, 0) ORDER BY l.n) INTO p_items
        FROM unnest(p_holds) WITH ORDINALITY AS l(hold, n)
        LEFT JOIN hold h ON h.tenant_id = v_tenant AND h.id = l.hold;
    END IF;
    v_lines := coalesce(cardinality(p_ref_lines), 0);
    IF v_lines = 0 OR EXISTS (
        SELECT FROM unnest(p_qtys, p_locations, p_targets) AS l(qty, location, target)
        WHERE l.qty IS NULL OR (v_transfer AND l.location = l.target) OR CASE p_reason
            WHEN 'COUNT' THEN l.qty < 0 WHEN 'ADJUST' THEN l.qty = 0 WHEN 'REVERSAL' THEN false ELSE l.qty <= 0 END
    ) THEN
        RAISE EXCEPTION 'ambar: no lines, or a line of nothing' USING ERRCODE = '22023';
    END IF;

    -- The header first: whoever wins it posts, everybody else of its name waits here.
    v_whole := sha256(convert_to(concat_ws('|', p_ref_lines::text, p_items::text, p_locations::text, p_lots::text,
        p_targets::text, p_qtys::text, p_holds::text, p_reverses::text), 'UTF8'));
    INSERT INTO stock_document (tenant_id, reason, ref, whole, reverses, note, occurred_at, posted_at, actor_id,
        actor, trace_id)
    VALUES (v_tenant, p_reason, p_ref, CASE WHEN v_atomic THEN v_whole END, p_reverses, p_note,
        coalesce(p_occurred, clock_timestamp()), clock_timestamp(), p_actor_id, p_actor, p_trace)
    ON CONFLICT (tenant_id, reason, ref) DO NOTHING
    RETURNING id INTO v_doc;
    v_known := v_doc IS NULL;
    v_status := array_fill(NULL::text, ARRAY[v_lines]);
    v_missing := array_fill(0, ARRAY[v_lines]);

    IF v_known THEN
        SELECT * INTO v_head FROM stock_document d
        WHERE d.tenant_id = v_tenant AND d.reason = p_reason AND d.ref = p_ref FOR UPDATE;
        v_doc := v_head.id;
        v_waiting := coalesce(v_head.waiting, '{}');
        IF v_head.whole IS NOT NULL THEN
            v_status := array_fill(CASE WHEN v_head.whole = v_whole THEN 'IDEMPOTENT' ELSE 'CONFLICT' END,
                ARRAY[v_lines]);
        ELSE
            -- A line that is not anchored: a new one is taken for OUTBOUND; of any other document only one that
            -- was left out before. What was reversed takes nothing more.
            SELECT array_agg(CASE
                WHEN a.qty = l.qty THEN 'IDEMPOTENT'
                WHEN a.qty IS NOT NULL THEN 'CONFLICT'
                WHEN EXISTS (SELECT FROM stock_document r WHERE r.tenant_id = v_tenant AND r.reverses = v_doc)
                    THEN 'CONFLICT'
                WHEN p_reason <> 'OUTBOUND' AND concat_ws('/', l.ref_line, l.item, l.location, l.lot, l.hold)
                    <> ALL (v_waiting) THEN 'CONFLICT' END ORDER BY l.n)
            INTO v_status
            FROM unnest(p_ref_lines, p_items, p_locations, p_lots, p_qtys, p_holds)
                WITH ORDINALITY AS l(ref_line, item, location, lot, qty, hold, n)
            LEFT JOIN stock_document_line a ON a.tenant_id = v_tenant AND a.reason = p_reason AND a.ref = p_ref
                AND a.leg = 1 AND a.item_id = l.item AND a.location_asked = l.location AND a.lot_asked = l.lot
                AND (p_reason = 'OUTBOUND' OR a.ref_line = l.ref_line) AND (NOT v_by_hold OR a.hold_id = l.hold);
            IF p_reason = 'OUTBOUND' THEN  -- new lines are numbered on from those there are
                SELECT array_agg(l.ref_line + coalesce((
                    SELECT max(a.ref_line) FROM stock_document_line a
                    WHERE a.tenant_id = v_tenant AND a.reason = p_reason AND a.ref = p_ref), 0) ORDER BY l.n)
                INTO p_ref_lines FROM unnest(p_ref_lines) WITH ORDINALITY AS l(ref_line, n);
            END IF;
        END IF;
    END IF;

    IF array_position(v_status, NULL) IS NOT NULL THEN
        IF EXISTS (SELECT FROM ledger_period p WHERE p.tenant_id = v_tenant AND p_occurred < p.closed_before) THEN
            RAISE EXCEPTION 'ambar: the period is closed' USING ERRCODE = 'AM001';
        END IF;

        -- Which balances, and in which order they are walked: FEFO where no lot is named. Balances that goods
        -- come to for the first time are made, in the fixed order, and then looked for once more.
        LOOP
            IF v_picks THEN
                SELECT array_agg(q.n), array_agg(q.stock), array_agg(q.pos), 0 INTO c_n, c_stock, c_pos, v_lacking
                FROM (
                    SELECT l.n::integer, s.id AS stock,
                        dense_rank() OVER (ORDER BY s.item_id, s.location_id, s.lot_id)::integer AS pos
                    FROM unnest(v_status, p_items, p_locations, p_lots)
                        WITH ORDINALITY AS l(status, item, location, lot, n)
                    CROSS JOIN LATERAL (
                        SELECT b.id, b.item_id, b.location_id, b.lot_id FROM stock b
                        WHERE b.tenant_id = v_tenant AND b.item_id = l.item AND b.has_stock
                            AND (l.location = -1 OR b.location_id = l.location) AND (l.lot = -1 OR b.lot_id = l.lot)
                        OFFSET 0
                    ) s
                    JOIN lot t ON t.tenant_id = v_tenant AND t.id = s.lot_id
                        AND (t.expires_on IS NULL OR t.expires_on >= p_today)  -- expired goods go to nobody
                    WHERE l.status IS NULL
                    ORDER BY l.n, t.expires_on NULLS LAST, s.lot_id, s.location_id
                ) q;
            ELSIF v_by_hold OR v_stocks IS NOT NULL THEN
                SELECT array_agg(q.n), array_agg(q.stock), array_agg(q.pos), 0 INTO c_n, c_stock, c_pos, v_lacking
                FROM (
                    SELECT l.n::integer, s.id AS stock,
                        dense_rank() OVER (ORDER BY s.item_id, s.location_id, s.lot_id)::integer AS pos
                    FROM unnest(v_status, p_holds, v_stocks) WITH ORDINALITY AS l(status, hold, stock, n)
                    LEFT JOIN hold h ON h.tenant_id = v_tenant AND h.id = l.hold
                    JOIN stock s ON s.tenant_id = v_tenant AND s.id = coalesce(l.stock, h.stock_id)
                    WHERE l.status IS NULL
                    ORDER BY l.n
                ) q;
            ELSE
                SELECT array_agg(q.n) FILTER (WHERE q.stock IS NOT NULL),
                    array_agg(q.stock) FILTER (WHERE q.stock IS NOT NULL),
                    array_agg(q.pos) FILTER (WHERE q.stock IS NOT NULL),
                    count(*) FILTER (WHERE q.stock IS NULL AND q.comes)
                INTO c_n, c_stock, c_pos, v_lacking
                FROM (
                    SELECT l.n::integer, s.id AS stock,
                        g.leg = 2 OR v_on * l.qty > 0 OR (p_reason = 'COUNT' AND l.version = 0) AS comes,
                        dense_rank() OVER (ORDER BY s.item_id, s.location_id, s.lot_id)::integer AS pos
                    FROM unnest(v_status, p_items, p_locations, p_lots, p_targets, p_qtys, p_versions)
                        WITH ORDINALITY AS l(status, item, location, lot, target, qty, version, n)
                    CROSS JOIN LATERAL (VALUES (1, l.location), (2, l.target)) AS g(leg, location)
                    LEFT JOIN LATERAL (  -- with a limit, so that a plan made while there was little goes by the key
                        SELECT b.id, b.item_id, b.location_id, b.lot_id FROM stock b
                        WHERE b.tenant_id = v_tenant AND b.item_id = l.item AND b.location_id = g.location
                            AND b.lot_id = greatest(l.lot, 0)
                        LIMIT 1
                    ) s ON true
                    WHERE l.status IS NULL AND (g.leg = 1 OR v_transfer)
                    ORDER BY l.n, g.leg
                ) q;
            END IF;
            EXIT WHEN v_lacking = 0;
            INSERT INTO lot (tenant_id, id) VALUES (v_tenant, 0) ON CONFLICT (tenant_id, id) DO NOTHING;
            IF EXISTS (
                SELECT FROM unnest(p_items, p_lots) AS l(item, lot)
                JOIN lot t ON t.tenant_id = v_tenant AND t.id = l.lot WHERE t.id > 0 AND t.item_id <> l.item
            ) THEN
                RAISE EXCEPTION 'ambar: a lot of another item' USING ERRCODE = '23503';
            END IF;
            WITH made AS (
                INSERT INTO stock (tenant_id, item_id, location_id, lot_id)
                SELECT DISTINCT v_tenant, l.item, g.location, greatest(l.lot, 0)
                FROM unnest(v_status, p_items, p_locations, p_lots, p_targets, p_qtys, p_versions)
                    AS l(status, item, location, lot, target, qty, version)
                CROSS JOIN LATERAL (VALUES (1, l.location), (2, l.target)) AS g(leg, location)
                WHERE l.status IS NULL AND (CASE g.leg WHEN 2 THEN v_transfer ELSE
                    v_on * l.qty > 0 OR (p_reason = 'COUNT' AND l.version = 0) END)
                ORDER BY 2, 3, 4
                ON CONFLICT (tenant_id, item_id, location_id, lot_id) DO NOTHING
                RETURNING id
            ) SELECT coalesce(array_agg(id), '{}') INTO v_new FROM made;
            v_created := v_created || v_new;
        END LOOP;

        SELECT array_agg(s.id), array_agg(s.item_id), array_agg(s.on_hand), array_agg(s.reserved),
            array_agg(s.version), max(s.moved_at)
        INTO k_id, k_item, k_on, k_res, k_ver, k_moved
        FROM (
            SELECT b.id, b.item_id, b.on_hand, b.reserved, b.version, b.moved_at FROM stock b
            WHERE b.tenant_id = v_tenant AND b.id = ANY(c_stock)
            ORDER BY b.item_id, b.location_id, b.lot_id
            FOR UPDATE
        ) s;
        -- A clock that is set back must not put an entry before the one it follows.
        v_posted := greatest(clock_timestamp(), k_moved);
        IF v_by_hold THEN  -- read under the lock; what has expired is nobody's to ship
            SELECT array_agg(q.pos ORDER BY q.n), array_agg(q.left_qty ORDER BY q.pos) FILTER (WHERE q.is_first)
            INTO h_pos, h_left
            FROM (
                SELECT l.n, dense_rank() OVER (ORDER BY l.hold)::integer AS pos,
                    row_number() OVER (PARTITION BY l.hold) = 1 AS is_first,
                    CASE WHEN p_reason = 'SHIP' AND h.expires_at <= v_posted THEN 0
                        ELSE coalesce(h.left_qty, 0) END AS left_qty
                FROM unnest(p_holds) WITH ORDINALITY AS l(hold, n)
                LEFT JOIN hold h ON h.tenant_id = v_tenant AND h.id = l.hold
            ) q;
        END IF;

        -- The walk: which line fits depends on what those before it took, two lines on one balance among them.
        -- Arithmetic over arrays in memory; nothing is read or written here.
        FOR w IN 1..v_lines LOOP
            CONTINUE WHEN v_status[w] IS NOT NULL;
            v_from := i;
            WHILE c_n[i] = w LOOP i := i + 1; END LOOP;
            v_want := p_qtys[w];
            v_pos := c_pos[v_from];
            v_status[w] := 'OK';
            IF v_picks THEN
                v_free := 0;
                FOR j IN v_from..i - 1 LOOP
                    v_free := v_free + k_on[c_pos[j]] - k_res[c_pos[j]];
                END LOOP;
                v_missing[w] := greatest(v_want - v_free, 0);
                IF v_missing[w] > 0 AND (v_free = 0 OR NOT p_partial) THEN
                    v_status[w] := 'INSUFFICIENT_STOCK';
                    CONTINUE;
                END IF;
            ELSE
                v_free := CASE
                    WHEN i = v_from THEN 0
                    WHEN p_reason = 'COUNT' THEN v_want - k_res[v_pos]  -- what is reserved must be there
                    WHEN v_by_hold THEN h_left[h_pos[w]] - v_want
                    WHEN v_transfer THEN k_on[v_pos] - k_res[v_pos] - v_want
                    ELSE k_on[v_pos] - k_res[v_pos] + v_on * v_want END;
                IF i = v_from OR (v_transfer AND i - v_from < 2) THEN
                    v_status[w] := CASE p_reason WHEN 'COUNT' THEN 'CONFLICT' ELSE 'INSUFFICIENT_STOCK' END;
                    v_missing[w] := CASE p_reason WHEN 'COUNT' THEN 0 ELSE abs(v_want) END;
                    CONTINUE;
                ELSIF p_reason = 'COUNT' AND k_ver[v_pos] <> p_versions[w] THEN
                    v_status[w] := 'CONFLICT';  -- counted before something moved
                    CONTINUE;
                ELSIF v_free < 0 AND (v_on * v_want < 0 OR v_transfer OR v_by_hold OR p_reason = 'COUNT') THEN
                    v_status[w] := 'INSUFFICIENT_STOCK';
                    v_missing[w] := -v_free;
                    CONTINUE;
                END IF;
            END IF;
            FOR j IN v_from..i - 1 LOOP
                v_pos := c_pos[j];
                v_part := CASE
                    WHEN v_picks THEN least(v_want, k_on[v_pos] - k_res[v_pos])
                    WHEN p_reason = 'COUNT' THEN v_want - k_on[v_pos]
                    WHEN v_transfer AND j = v_from THEN -v_want
                    ELSE v_want END;
                CONTINUE WHEN v_picks AND v_part = 0;
                IF v_picks THEN v_want := v_want - v_part; END IF;
                e_n := e_n || w;
                e_leg := e_leg || (1 + CASE WHEN e_n[cardinality(e_n) - 1] = w THEN e_leg[cardinality(e_leg)] ELSE 0 END);
                e_pos := e_pos || v_pos;
                e_delta := e_delta || CASE WHEN v_transfer OR p_reason = 'COUNT' THEN v_part ELSE v_on * v_part END;
                e_res := e_res || v_res * v_part;
                k_on[v_pos] := k_on[v_pos] + e_delta[cardinality(e_delta)];
                k_res[v_pos] := k_res[v_pos] + e_res[cardinality(e_res)];
                IF e_delta[cardinality(e_delta)] <> 0 OR e_res[cardinality(e_res)] <> 0 THEN
                    k_ver[v_pos] := k_ver[v_pos] + 1;  -- a count that found what was there moves nothing
                END IF;
                e_on := e_on || k_on[v_pos];
                e_reserved := e_reserved || k_res[v_pos];
                e_ver := e_ver || k_ver[v_pos];
                e_hold := e_hold || CASE WHEN v_by_hold THEN p_holds[w]
                    WHEN p_reason = 'RESERVE' THEN nextval('hold_id_seq') END;
                IF v_by_hold THEN h_left[h_pos[w]] := h_left[h_pos[w]] - v_want; END IF;
            END LOOP;
        END LOOP;
    END IF;

    -- An atomic document is posted whole or not at all.
    IF v_atomic AND e_n <> '{}' THEN
        v_failed := CASE WHEN 'INSUFFICIENT_STOCK' = ANY(v_status) THEN 'INSUFFICIENT_STOCK'
            WHEN 'CONFLICT' = ANY(v_status) THEN 'CONFLICT' END;
        IF v_failed IS NOT NULL THEN
            v_status := array_replace(v_status, 'OK', v_failed);
            e_n := '{}';
        END IF;
    END IF;

    IF e_n = '{}' THEN
        -- Nothing happened, and nothing is left of it.
        DELETE FROM stock s WHERE s.tenant_id = v_tenant AND s.id = ANY(v_created);
        IF NOT v_known THEN
            DELETE FROM stock_document d WHERE d.tenant_id = v_tenant AND d.id = v_doc;
        END IF;
    ELSE
        UPDATE stock s SET on_hand = k.on_hand, reserved = k.reserved, version = k.version, moved_at = v_posted
        FROM unnest(k_id, k_on, k_res, k_ver) AS k(id, on_hand, reserved, version)
        WHERE s.tenant_id = v_tenant AND s.id = k.id AND s.version <> k.version;

        INSERT INTO stock_document_line (tenant_id, reason, ref, ref_line, stock_id, leg, document_id, item_id,
            location_asked, lot_asked, qty, delta, reserved_delta, after_qty, after_reserved, version, hold_id)
        SELECT v_tenant, p_reason, p_ref, p_ref_lines[e.n], k_id[e.pos], e.leg, v_doc, k_item[e.pos],
            p_locations[e.n], p_lots[e.n], p_qtys[e.n], e.delta, e.res, e.on_hand, e.reserved, e.version, e.hold
        FROM unnest(e_n, e_leg, e_pos, e_delta, e_res, e_on, e_reserved, e_ver, e_hold)
            AS e(n, leg, pos, delta, res, on_hand, reserved, version, hold);

        INSERT INTO stock_ledger (tenant_id, stock_id, posted_at, version, item_id, delta, reserved_delta, after_qty,
            after_reserved, reason, ref, ref_line, occurred_at, actor_id, trace_id)
        SELECT v_tenant, k_id[e.pos], v_posted, e.version, k_item[e.pos], e.delta, e.res, e.on_hand, e.reserved,
            p_reason, p_ref, p_ref_lines[e.n], coalesce(p_occurred, v_posted), p_actor_id, p_trace
        FROM unnest(e_n, e_pos, e_delta, e_res, e_on, e_reserved, e_ver)
            AS e(n, pos, delta, res, on_hand, reserved, version)
        WHERE e.delta <> 0 OR e.res <> 0;

        IF p_reason = 'RESERVE' THEN
            INSERT INTO hold (tenant_id, id, stock_id, item_id, qty, left_qty, ref, ref_line, order_id, expires_at,
                created_at)
            SELECT v_tenant, e.hold, k_id[e.pos], k_item[e.pos], e.res, e.res, p_ref, p_ref_lines[e.n], p_order,
                p_expires, v_posted
            FROM unnest(e_n, e_pos, e_res, e_hold) AS e(n, pos, res, hold);
        ELSIF v_by_hold THEN
            UPDATE hold h SET left_qty = h.left_qty - q.gone,
                shipped_qty = h.shipped_qty + CASE p_reason WHEN 'SHIP' THEN q.gone ELSE 0 END
            FROM (
                SELECT e.hold, sum(-e.res)::integer AS gone FROM unnest(e_hold, e_res) AS e(hold, res) GROUP BY 1
            ) q WHERE h.tenant_id = v_tenant AND h.id = q.hold;
        END IF;

        INSERT INTO outbox_event (tenant_id, topic, payload, trace_id)
        VALUES (v_tenant, 'stock.posted', jsonb_build_object('document_id', v_doc, 'reason', p_reason, 'ref', p_ref,
            'entries', cardinality(e_n)), p_trace);
        INSERT INTO audit_entry (tenant_id, actor_id, actor, action, subject, after, trace_id)
        VALUES (v_tenant, p_actor_id, p_actor, 'stock.posted', p_ref, jsonb_build_object('reason', p_reason,
            'entries', cardinality(e_n)), p_trace);
    END IF;

    -- Lines that were left out of a document that stands: they alone may be brought again.
    IF NOT v_atomic AND p_reason <> 'OUTBOUND' AND (v_known OR e_n <> '{}') AND (
        coalesce(v_waiting, '{}') <> '{}' OR v_status && ARRAY['INSUFFICIENT_STOCK', 'CONFLICT']
    ) THEN
        SELECT array_agg(DISTINCT q.key) INTO v_waiting
        FROM (
            SELECT unnest(v_waiting) AS key
            UNION ALL
            SELECT concat_ws('/', l.ref_line, l.item, l.location, l.lot, l.hold)
            FROM unnest(p_ref_lines, p_items, p_locations, p_lots, p_holds, v_status)
                AS l(ref_line, item, location, lot, hold, status)
            WHERE l.status = 'INSUFFICIENT_STOCK' OR (l.status = 'CONFLICT' AND p_reason = 'COUNT' AND NOT v_known)
        ) q
        WHERE q.key NOT IN (
            SELECT concat_ws('/', l.ref_line, l.item, l.location, l.lot, l.hold)
            FROM unnest(p_ref_lines, p_items, p_locations, p_lots, p_holds, v_status)
                AS l(ref_line, item, location, lot, hold, status) WHERE l.status = 'OK');
        UPDATE stock_document d SET waiting = v_waiting
        WHERE d.tenant_id = v_tenant AND d.id = v_doc AND d.waiting IS DISTINCT FROM v_waiting;
    END IF;

    RETURN QUERY
        SELECT e.n, p_ref_lines[e.n], 'OK', v_missing[e.n], e.leg, k_id[e.pos], e.delta, e.res, e.on_hand, e.reserved,
            e.version, e.hold
        FROM unnest(e_n, e_leg, e_pos, e_delta, e_res, e_on, e_reserved, e_ver, e_hold)
            AS e(n, leg, pos, delta, res, on_hand, reserved, version, hold)
        WHERE e.n IS NOT NULL
        UNION ALL
        SELECT l.n::integer, l.ref_line, l.status, l.missing, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM unnest(v_status, v_missing, p_ref_lines) WITH ORDINALITY AS l(status, missing, ref_line, n)
        WHERE l.status IN ('CONFLICT', 'INSUFFICIENT_STOCK')
        UNION ALL
        SELECT l.n::integer, a.ref_line, l.status, 0, a.leg, a.stock_id, a.delta, a.reserved_delta, a.after_qty,
            a.after_reserved, a.version, a.hold_id
        FROM unnest(v_status, p_ref_lines, p_items, p_locations, p_lots, p_holds)
            WITH ORDINALITY AS l(status, ref_line, item, location, lot, hold, n)
        JOIN stock_document_line a ON a.tenant_id = v_tenant AND a.reason = p_reason AND a.ref = p_ref
            AND a.item_id = l.item AND a.location_asked = l.location AND a.lot_asked = l.lot
            AND (p_reason = 'OUTBOUND' OR a.ref_line = l.ref_line) AND (NOT v_by_hold OR a.hold_id = l.hold)
        WHERE v_known AND l.status = 'IDEMPOTENT'
        ORDER BY 1, 5;
END $$;

REVOKE ALL ON FUNCTION ambar_ledger_post(
    text, text, integer[], bigint[], bigint[], bigint[], bigint[], integer[], bigint[], bigint[], boolean, boolean,
    timestamptz, date, timestamptz, bigint, bigint, text, bigint, text, text) FROM public;
GRANT EXECUTE ON FUNCTION ambar_ledger_post(
    text, text, integer[], bigint[], bigint[], bigint[], bigint[], integer[], bigint[], bigint[], boolean, boolean,
    timestamptz, date, timestamptz, bigint, bigint, text, bigint, text, text) TO ambar_app;
