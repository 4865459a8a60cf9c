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
-- Answers, in arrays (a row a line would cost as much as posting it). One element a line: `numbers`, `statuses`,
-- `missing`; one element a balance that a line touched: `e_line`, which line it was, and what became of the balance.
--   OK · IDEMPOTENT (posted before: the first result again) · CONFLICT · INSUFFICIENT_STOCK (`missing` pieces)
-- Raises AM001 where the period is closed, AM002 where the reversed document cannot be reversed.

CREATE FUNCTION ambar_ledger_post(
    p_reason text, p_ref text,
    p_ref_lines integer[], p_items bigint[], p_locations bigint[], p_lots bigint[], p_targets bigint[],
    p_qtys integer[], p_holds bigint[], p_versions bigint[],
    p_atomic boolean, p_partial boolean, p_occurred timestamptz, p_today date, p_expires timestamptz,
    p_order bigint, p_reverses bigint, p_note text, p_actor_id bigint, p_actor text, p_trace text,
    OUT numbers integer[], OUT statuses text[], OUT missing integer[],
    OUT e_line integer[], OUT e_stock bigint[], OUT e_delta integer[], OUT e_reserved_delta integer[],
    OUT e_after integer[], OUT e_after_reserved integer[], OUT e_version bigint[], OUT e_hold bigint[]
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
    v_counts CONSTANT boolean := p_reason = 'COUNT';
    v_atomic CONSTANT boolean := p_atomic OR v_transfer OR p_reason = 'REVERSAL';
    -- What one piece does to on hand and to the reserve. COUNT and transfers are told apart below.
    v_on CONSTANT integer := CASE WHEN p_reason IN ('RECEIPT', 'RETURN', 'ADJUST', 'REVERSAL') THEN 1
        WHEN p_reason IN ('OUTBOUND', 'WRITE_OFF', 'TO_MARKETPLACE', 'SHIP') THEN -1 ELSE 0 END;
    v_res CONSTANT integer := CASE WHEN p_reason = 'RESERVE' THEN 1 WHEN v_by_hold THEN -1 ELSE 0 END;

    v_lines integer;
    v_open integer;  -- lines to be posted now
    v_stocks bigint[];  -- REVERSAL names balances, not places
    v_whole bytea;
    v_doc bigint;
    v_head stock_document%ROWTYPE;
    v_known boolean;
    v_moved boolean := false;
    v_waiting text[];
    v_posted timestamptz;
    v_make boolean;
    v_created bigint[];
    v_short boolean;
    v_failed text;

    -- What lines name: of a transfer its lines here, and then once more there.
    t_locations bigint[]; t_items bigint[]; t_lots bigint[];
    -- Candidates: which line may touch which balance. `pos` is the balance's place in what is locked; none where the
    -- candidates were locked as they were found.
    c_n integer[]; c_leg integer[]; c_pos integer[]; c_stock bigint[]; c_count integer;
    -- Locked balances, in the fixed order; reckoned with in memory and then written at once.
    k_id bigint[]; k_on integer[]; k_res integer[]; k_ver bigint[]; k_moved timestamptz;
    v_balances integer;
    -- Pieces left of the holds named.
    h_pos integer[]; h_left integer[];
    e_leg integer[];  -- none: all are 1
    i integer := 1; v_from integer; v_pos integer; v_leg integer; v_want integer; v_free integer; v_part integer;
    v_delta integer; v_res_delta integer;
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
    IF v_lines = 0 OR cardinality(p_qtys) <> v_lines
        OR num_nulls(p_items, p_locations, p_lots, p_targets, p_holds, p_versions) > 0
        OR (CASE p_reason WHEN 'COUNT' THEN 0 <= ALL (p_qtys) WHEN 'ADJUST' THEN 0 <> ALL (p_qtys)
            WHEN 'REVERSAL' THEN true ELSE 0 < ALL (p_qtys) END) IS NOT TRUE  -- a quantity of NULL is no truth
    THEN
        RAISE EXCEPTION 'ambar: no lines, or a line of nothing' USING ERRCODE = '22023';
    END IF;
    IF v_transfer THEN
        IF EXISTS (SELECT FROM unnest(p_locations, p_targets) AS l(location, target) WHERE l.location = l.target) THEN
            RAISE EXCEPTION 'ambar: from a place to itself' USING ERRCODE = '22023';
        END IF;
        t_items := p_items || p_items; t_locations := p_locations || p_targets; t_lots := p_lots || p_lots;
    ELSE
        t_items := p_items; t_locations := p_locations; t_lots := p_lots;
    END IF;

    -- The header first: whoever wins it posts, everybody else of its name waits here.
    v_whole := sha256(array_send(p_ref_lines) || array_send(p_items) || array_send(p_locations) || array_send(p_lots)
        || array_send(p_targets) || array_send(p_qtys) || array_send(p_holds) || int8send(coalesce(p_reverses, 0)));
    INSERT INTO stock_document (tenant_id, reason, ref, whole, reverses, note, occurred_at, posted_at, actor_id,
        actor, trace_id)
    VALUES (v_tenant, p_reason, p_ref, CASE WHEN v_atomic THEN v_whole END, p_reverses, p_note,
        coalesce(p_occurred, clock_timestamp()), clock_timestamp(), p_actor_id, p_actor, p_trace)
    ON CONFLICT (tenant_id, reason, ref) DO NOTHING
    RETURNING id INTO v_doc;
    v_known := v_doc IS NULL;
    statuses := array_fill(NULL::text, ARRAY[v_lines]);
    missing := array_fill(0, ARRAY[v_lines]);
    v_open := v_lines;

    IF v_known THEN
        SELECT * INTO v_head FROM stock_document d
        WHERE d.tenant_id = v_tenant AND d.reason = p_reason AND d.ref = p_ref FOR UPDATE;
        v_doc := v_head.id;
        v_waiting := coalesce(v_head.waiting, '{}');
        IF v_head.whole IS NOT NULL THEN
            statuses := array_fill(CASE WHEN v_head.whole = v_whole THEN 'IDEMPOTENT' ELSE 'CONFLICT' END,
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
            INTO statuses
            FROM unnest(p_ref_lines, p_items, p_locations, p_lots, p_qtys, p_holds)
                WITH ORDINALITY AS l(ref_line, item, location, lot, qty, hold, n)
            LEFT JOIN stock_document_line a ON a.tenant_id = v_tenant AND a.reason = p_reason AND a.ref = p_ref
                AND a.leg = 1 AND a.item_id = l.item AND a.location_asked = l.location AND a.lot_asked = l.lot
                AND (p_reason = 'OUTBOUND' OR a.ref_line = l.ref_line) AND (NOT v_by_hold OR a.hold_id = l.hold);
            IF p_reason = 'OUTBOUND' THEN  -- a known line has its number, new ones are numbered on from those there are
                SELECT array_agg(coalesce(a.ref_line, l.ref_line + coalesce((
                    SELECT max(m.ref_line) FROM stock_document_line m
                    WHERE m.tenant_id = v_tenant AND m.reason = p_reason AND m.ref = p_ref), 0)) ORDER BY l.n)
                INTO p_ref_lines
                FROM unnest(p_ref_lines, p_items, p_locations, p_lots)
                    WITH ORDINALITY AS l(ref_line, item, location, lot, n)
                LEFT JOIN stock_document_line a ON a.tenant_id = v_tenant AND a.reason = p_reason AND a.ref = p_ref
                    AND a.leg = 1 AND a.item_id = l.item AND a.location_asked = l.location AND a.lot_asked = l.lot;
            END IF;
        END IF;
        v_open := v_lines - cardinality(array_remove(statuses, NULL));
    END IF;
    numbers := p_ref_lines;

    IF v_open > 0 THEN
        IF p_occurred IS NOT NULL THEN
            IF EXISTS (SELECT FROM ledger_period p WHERE p.tenant_id = v_tenant AND p_occurred < p.closed_before) THEN
                RAISE EXCEPTION 'ambar: the period is closed' USING ERRCODE = 'AM001';
            END IF;
        END IF;

        IF v_lines = 1 AND v_on <> 0 AND NOT (v_picks OR v_by_hold) AND v_stocks IS NULL THEN
            -- One balance has no order: found, locked, checked and moved at once. Where it is not there or does not
            -- hold enough, what follows says so.
            UPDATE stock s SET on_hand = s.on_hand + v_on * p_qtys[1], version = s.version + 1,
                moved_at = greatest(clock_timestamp(), s.moved_at)
            WHERE s.tenant_id = v_tenant AND s.item_id = p_items[1] AND s.location_id = p_locations[1]
                AND s.lot_id = greatest(p_lots[1], 0)
                AND (v_on * p_qtys[1] > 0 OR s.on_hand + v_on * p_qtys[1] >= s.reserved)
            RETURNING ARRAY[1], ARRAY[s.id], ARRAY[v_on * p_qtys[1]], ARRAY[0], ARRAY[s.on_hand], ARRAY[s.reserved],
                ARRAY[s.version], s.moved_at
            INTO e_line, e_stock, e_delta, e_reserved_delta, e_after, e_after_reserved, e_version, v_posted;
            v_moved := FOUND;
        END IF;
    END IF;

    IF v_moved THEN
        statuses := ARRAY['OK'];
    ELSIF v_open > 0 THEN
        -- Which balances, locked in the fixed order; and in which order they are walked.
        IF v_picks OR v_by_hold OR v_stocks IS NOT NULL THEN
            IF v_picks THEN  -- FEFO where no lot is named
                SELECT array_agg(q.n), array_agg(q.stock), array_agg(q.pos), count(*)
                INTO c_n, c_stock, c_pos, c_count
                FROM (
                    SELECT l.n::integer, s.id AS stock,
                        dense_rank() OVER (ORDER BY s.item_id, s.location_id, s.lot_id)::integer AS pos
                    FROM unnest(statuses, p_items, p_locations, p_lots)
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
            ELSE
                SELECT array_agg(q.n), array_agg(q.stock), array_agg(q.pos), count(*) INTO c_n, c_stock, c_pos, c_count
                FROM (
                    SELECT l.n::integer, s.id AS stock,
                        dense_rank() OVER (ORDER BY s.item_id, s.location_id, s.lot_id)::integer AS pos
                    FROM unnest(statuses, p_holds, v_stocks) WITH ORDINALITY AS l(status, hold, stock, n)
                    LEFT JOIN hold h ON h.tenant_id = v_tenant AND h.id = l.hold
                    JOIN stock s ON s.tenant_id = v_tenant AND s.id = coalesce(l.stock, h.stock_id)
                    WHERE l.status IS NULL
                    ORDER BY l.n
                ) q;
            END IF;
            SELECT array_agg(s.id), array_agg(s.on_hand), array_agg(s.reserved), array_agg(s.version), max(s.moved_at),
                count(*)
            INTO k_id, k_on, k_res, k_ver, k_moved, v_balances
            FROM (
                SELECT b.id, b.on_hand, b.reserved, b.version, b.moved_at FROM stock b
                WHERE b.tenant_id = v_tenant AND b.id = ANY(c_stock)
                ORDER BY b.item_id, b.location_id, b.lot_id
                FOR UPDATE
            ) s;
        ELSE
            -- Balances that goods come to for the first time are made before any is locked, in the fixed order too:
            -- who waits for one that another is making holds no lock yet. Where there is one balance only, it is
            -- made when it was not found.
            v_make := cardinality(t_items) > 1 AND p_reason <> 'WRITE_OFF';
            LOOP
                IF v_make AND EXISTS (
                    SELECT FROM unnest(t_items, t_locations, t_lots) WITH ORDINALITY AS l(item, location, lot, n)
                    WHERE statuses[(l.n - 1) % v_lines + 1] IS NULL
                        AND (l.n > v_lines OR v_on * p_qtys[l.n] > 0 OR (v_counts AND p_versions[l.n] = 0))
                        AND (SELECT b.id FROM stock b WHERE b.tenant_id = v_tenant AND b.item_id = l.item
                            AND b.location_id = l.location AND b.lot_id = greatest(l.lot, 0)) IS NULL
                ) THEN
                    INSERT INTO lot (tenant_id, id) VALUES (v_tenant, 0) ON CONFLICT (tenant_id, id) DO NOTHING;
                    IF EXISTS (
                        SELECT FROM unnest(p_items, p_lots) AS l(item, lot)
                        JOIN lot t ON t.tenant_id = v_tenant AND t.id = l.lot WHERE t.id > 0 AND t.item_id <> l.item
                    ) THEN
                        RAISE EXCEPTION 'ambar: a lot of another item' USING ERRCODE = '23503';
                    END IF;
                    WITH made AS (
                        INSERT INTO stock (tenant_id, item_id, location_id, lot_id)
                        SELECT DISTINCT v_tenant, l.item, l.location, greatest(l.lot, 0)
                        FROM unnest(t_items, t_locations, t_lots) WITH ORDINALITY AS l(item, location, lot, n)
                        WHERE statuses[(l.n - 1) % v_lines + 1] IS NULL
                            AND (l.n > v_lines OR v_on * p_qtys[l.n] > 0 OR (v_counts AND p_versions[l.n] = 0))
                        ORDER BY 2, 3, 4
                        ON CONFLICT (tenant_id, item_id, location_id, lot_id) DO NOTHING
                        RETURNING id
                    ) SELECT array_agg(id) INTO v_created FROM made;
                END IF;
                -- Looked for one by one, in the fixed order; with a limit, so that a plan made while there was
                -- little goes by the key.
                SELECT array_agg(l.n), array_agg(l.leg), count(*), array_agg(s.id), array_agg(s.on_hand),
                    array_agg(s.reserved), array_agg(s.version), max(s.moved_at), count(DISTINCT s.id)
                INTO c_n, c_leg, c_count, k_id, k_on, k_res, k_ver, k_moved, v_balances
                FROM (
                    SELECT ((t.n - 1) % v_lines + 1)::integer AS n, ((t.n - 1) / v_lines + 1)::integer AS leg,
                        t.item, t.location, greatest(t.lot, 0) AS lot
                    FROM unnest(t_items, t_locations, t_lots) WITH ORDINALITY AS t(item, location, lot, n)
                    WHERE statuses[(t.n - 1) % v_lines + 1] IS NULL
                    ORDER BY t.item, t.location, greatest(t.lot, 0)
                ) l
                CROSS JOIN LATERAL (
                    SELECT b.id, b.on_hand, b.reserved, b.version, b.moved_at FROM stock b
                    WHERE b.tenant_id = v_tenant AND b.item_id = l.item AND b.location_id = l.location
                        AND b.lot_id = l.lot
                    LIMIT 1 FOR UPDATE
                ) s;
                EXIT WHEN v_make OR c_n IS NOT NULL OR p_reason = 'WRITE_OFF';
                v_make := true;
            END LOOP;
        END IF;
        -- A clock that is set back must not put an entry before the one it follows.
        v_posted := greatest(clock_timestamp(), k_moved);

        -- Where each line has one balance of its own (a transfer two) and nobody falls short, all are reckoned at
        -- once. A line of several candidates makes two of one number, and then some other has none.
        v_short := v_by_hold OR v_counts OR v_open = 1 OR v_balances <> c_count
            OR c_count <> v_open * CASE WHEN v_transfer THEN 2 ELSE 1 END;
        IF NOT v_short THEN
            SELECT array_agg(q.n), array_agg(q.leg), array_agg(q.stock), array_agg(q.delta), array_agg(q.res),
                array_agg(q.on_hand + q.delta), array_agg(q.reserved + q.res), array_agg(q.version + 1),
                bool_or((q.delta < 0 OR q.res > 0) AND q.on_hand + q.delta < q.reserved + q.res)
                    OR count(DISTINCT q.n) < v_open
            INTO e_line, e_leg, e_stock, e_delta, e_reserved_delta, e_after, e_after_reserved, e_version, v_short
            FROM (
                SELECT c.n, coalesce(c.leg, 1) AS leg, k_id[p.os] AS stock, k_on[p.os] AS on_hand,
                    k_res[p.os] AS reserved, k_ver[p.os] AS version, v_res * p_qtys[c.n] AS res,
                    CASE WHEN NOT v_transfer THEN v_on WHEN c.leg = 1 THEN -1 ELSE 1 END * p_qtys[c.n] AS delta
                FROM unnest(c_n, c_leg, c_pos) WITH ORDINALITY AS c(n, leg, pos, place)
                CROSS JOIN LATERAL (SELECT coalesce(c.pos, c.place::integer) AS os) p
                ORDER BY c.n, c.leg
            ) q;
            IF NOT v_short THEN
                statuses := array_replace(statuses, NULL, 'OK');
            END IF;
        END IF;

        IF v_short THEN
            -- The walk: which line fits depends on what those before it took, and one that does not is left out.
            -- Arithmetic over arrays in memory.
            e_line := NULL; e_leg := NULL; e_stock := NULL; e_delta := NULL; e_reserved_delta := NULL;
            e_after := NULL; e_after_reserved := NULL; e_version := NULL;
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
            ELSIF c_pos IS NULL THEN  -- found in the order of locks, a balance once for each line that names it
                SELECT array_agg(q.n), array_agg(q.pos) INTO c_n, c_pos
                FROM (
                    SELECT c.n, min(c.pos) OVER (PARTITION BY c.stock) AS pos
                    FROM unnest(c_n, c_leg, k_id) WITH ORDINALITY AS c(n, leg, stock, pos) ORDER BY c.n, c.leg
                ) q;
            END IF;
            FOR w IN 1..v_lines LOOP
                CONTINUE WHEN statuses[w] IS NOT NULL;
                v_from := i;
                WHILE c_n[i] = w LOOP i := i + 1; END LOOP;
                v_want := p_qtys[w];
                v_pos := c_pos[v_from];
                statuses[w] := 'OK';
                IF v_picks THEN
                    v_free := 0;
                    FOR j IN v_from..i - 1 LOOP
                        v_free := v_free + k_on[c_pos[j]] - k_res[c_pos[j]];
                    END LOOP;
                    IF v_free < v_want THEN
                        missing[w] := v_want - v_free;
                        IF v_free = 0 OR NOT p_partial THEN
                            statuses[w] := 'INSUFFICIENT_STOCK';
                            CONTINUE;
                        END IF;
                    END IF;
                ELSE
                    v_free := CASE
                        WHEN i = v_from THEN 0
                        WHEN v_counts THEN v_want - k_res[v_pos]  -- what is reserved must be there
                        WHEN v_by_hold THEN h_left[h_pos[w]] - v_want
                        WHEN v_transfer THEN k_on[v_pos] - k_res[v_pos] - v_want
                        ELSE k_on[v_pos] - k_res[v_pos] + v_on * v_want END;
                    IF i = v_from OR (v_transfer AND i - v_from < 2) THEN
                        statuses[w] := CASE WHEN v_counts THEN 'CONFLICT' ELSE 'INSUFFICIENT_STOCK' END;
                        missing[w] := CASE WHEN v_counts THEN 0 ELSE abs(v_want) END;
                        CONTINUE;
                    ELSIF v_counts AND k_ver[v_pos] <> p_versions[w] THEN
                        statuses[w] := 'CONFLICT';  -- counted before something moved
                        CONTINUE;
                    ELSIF v_free < 0 AND (v_on * v_want < 0 OR v_transfer OR v_by_hold OR v_counts) THEN
                        statuses[w] := 'INSUFFICIENT_STOCK';
                        missing[w] := -v_free;
                        CONTINUE;
                    END IF;
                END IF;
                v_leg := 0;
                FOR j IN v_from..i - 1 LOOP
                    v_pos := c_pos[j];
                    v_part := CASE
                        WHEN v_picks THEN least(v_want, k_on[v_pos] - k_res[v_pos])
                        WHEN v_counts THEN v_want - k_on[v_pos]
                        WHEN v_transfer AND j = v_from THEN -v_want
                        ELSE v_want END;
                    CONTINUE WHEN v_picks AND v_part = 0;
                    IF v_picks THEN v_want := v_want - v_part; END IF;
                    v_leg := v_leg + 1;
                    v_delta := CASE WHEN v_transfer OR v_counts THEN v_part ELSE v_on * v_part END;
                    v_res_delta := v_res * v_part;
                    k_on[v_pos] := k_on[v_pos] + v_delta;
                    k_res[v_pos] := k_res[v_pos] + v_res_delta;
                    IF v_delta <> 0 OR v_res_delta <> 0 THEN
                        k_ver[v_pos] := k_ver[v_pos] + 1;  -- a count that found what was there moves nothing
                    END IF;
                    e_line := e_line || w;
                    e_leg := e_leg || v_leg;
                    e_stock := e_stock || k_id[v_pos];
                    e_delta := e_delta || v_delta;
                    e_reserved_delta := e_reserved_delta || v_res_delta;
                    e_after := e_after || k_on[v_pos];
                    e_after_reserved := e_after_reserved || k_res[v_pos];
                    e_version := e_version || k_ver[v_pos];
                    IF v_by_hold THEN
                        e_hold := e_hold || p_holds[w];
                        h_left[h_pos[w]] := h_left[h_pos[w]] - v_want;
                    END IF;
                END LOOP;
            END LOOP;
        END IF;
    END IF;

    -- An atomic document is posted whole or not at all.
    IF v_atomic AND e_line IS NOT NULL THEN
        v_failed := CASE WHEN 'INSUFFICIENT_STOCK' = ANY(statuses) THEN 'INSUFFICIENT_STOCK'
            WHEN 'CONFLICT' = ANY(statuses) THEN 'CONFLICT' END;
        IF v_failed IS NOT NULL THEN
            statuses := array_replace(statuses, 'OK', v_failed);
            e_line := NULL; e_stock := NULL; e_delta := NULL; e_reserved_delta := NULL; e_after := NULL;
            e_after_reserved := NULL; e_version := NULL; e_hold := NULL;
        END IF;
    END IF;

    IF e_line IS NULL THEN
        -- Nothing happened, and nothing is left of it.
        IF v_created IS NOT NULL THEN
            DELETE FROM stock s WHERE s.tenant_id = v_tenant AND s.id = ANY(v_created);
        END IF;
        IF NOT v_known THEN
            DELETE FROM stock_document d WHERE d.tenant_id = v_tenant AND d.id = v_doc;
        END IF;
    ELSE
        IF p_reason = 'RESERVE' THEN
            SELECT array_agg(nextval('hold_id_seq')) INTO e_hold FROM unnest(e_line);
        END IF;
        IF NOT v_moved THEN
            UPDATE stock s SET on_hand = s.on_hand + k.delta, reserved = s.reserved + k.res,
                version = s.version + k.moves, moved_at = v_posted
            FROM (
                SELECT e.stock, sum(e.delta)::integer AS delta, sum(e.res)::integer AS res, count(*) AS moves
                FROM unnest(e_stock, e_delta, e_reserved_delta) AS e(stock, delta, res)
                WHERE e.delta <> 0 OR e.res <> 0 GROUP BY e.stock
            ) k
            WHERE s.tenant_id = v_tenant AND s.id = k.stock;
        END IF;
        WITH entry AS MATERIALIZED (
            SELECT p_ref_lines[e.n] AS ref_line, p_items[e.n] AS item, e.*
            FROM unnest(e_line, e_leg, e_stock, e_delta, e_reserved_delta, e_after, e_after_reserved, e_version, e_hold)
                AS e(n, leg, stock, delta, res, on_hand, reserved, version, hold)
        ), anchored AS (
            INSERT INTO stock_document_line (tenant_id, reason, ref, ref_line, stock_id, leg, document_id, item_id,
                location_asked, lot_asked, qty, delta, reserved_delta, after_qty, after_reserved, version, hold_id)
            SELECT v_tenant, p_reason, p_ref, e.ref_line, e.stock, coalesce(e.leg, 1), v_doc, e.item,
                p_locations[e.n], p_lots[e.n], p_qtys[e.n], e.delta, e.res, e.on_hand, e.reserved, e.version, e.hold
            FROM entry e
        ), entered AS (
            INSERT INTO stock_ledger (tenant_id, stock_id, posted_at, version, item_id, delta, reserved_delta,
                after_qty, after_reserved, reason, ref, ref_line, occurred_at, actor_id, trace_id)
            SELECT v_tenant, e.stock, v_posted, e.version, e.item, e.delta, e.res, e.on_hand, e.reserved,
                p_reason, p_ref, e.ref_line, coalesce(p_occurred, v_posted), p_actor_id, p_trace
            FROM entry e WHERE e.delta <> 0 OR e.res <> 0
        ), told AS (
            INSERT INTO outbox_event (tenant_id, topic, payload, trace_id)
            VALUES (v_tenant, 'stock.posted', jsonb_build_object('document_id', v_doc, 'reason', p_reason, 'ref', p_ref,
                'entries', cardinality(e_line)), p_trace)
        )
        INSERT INTO audit_entry (tenant_id, actor_id, actor, action, subject, after, trace_id)
        VALUES (v_tenant, p_actor_id, p_actor, 'stock.posted', p_ref, jsonb_build_object('reason', p_reason,
            'entries', cardinality(e_line)), p_trace);

        IF p_reason = 'RESERVE' THEN
            INSERT INTO hold (tenant_id, id, stock_id, item_id, qty, left_qty, ref, ref_line, order_id, expires_at,
                created_at)
            SELECT v_tenant, e.hold, e.stock, p_items[e.n], e.res, e.res, p_ref, p_ref_lines[e.n], p_order, p_expires,
                v_posted
            FROM unnest(e_line, e_stock, e_reserved_delta, e_hold) AS e(n, stock, res, hold);
        ELSIF v_by_hold THEN
            UPDATE hold h SET left_qty = h.left_qty - q.gone,
                shipped_qty = h.shipped_qty + CASE p_reason WHEN 'SHIP' THEN q.gone ELSE 0 END
            FROM (
                SELECT e.hold, sum(-e.res)::integer AS gone FROM unnest(e_hold, e_reserved_delta) AS e(hold, res)
                GROUP BY 1
            ) q WHERE h.tenant_id = v_tenant AND h.id = q.hold;
        END IF;
    END IF;

    -- Lines that were left out of a document that stands: they alone may be brought again.
    IF NOT v_atomic AND p_reason <> 'OUTBOUND' AND (v_known OR e_line IS NOT NULL) AND (
        coalesce(v_waiting, '{}') <> '{}' OR statuses && ARRAY['INSUFFICIENT_STOCK', 'CONFLICT']
    ) THEN
        SELECT array_agg(DISTINCT q.key) INTO v_waiting
        FROM (
            SELECT unnest(v_waiting) AS key
            UNION ALL
            SELECT concat_ws('/', l.ref_line, l.item, l.location, l.lot, l.hold)
            FROM unnest(p_ref_lines, p_items, p_locations, p_lots, p_holds, statuses)
                AS l(ref_line, item, location, lot, hold, status)
            WHERE l.status = 'INSUFFICIENT_STOCK' OR (l.status = 'CONFLICT' AND v_counts AND NOT v_known)
        ) q
        WHERE q.key NOT IN (
            SELECT concat_ws('/', l.ref_line, l.item, l.location, l.lot, l.hold)
            FROM unnest(p_ref_lines, p_items, p_locations, p_lots, p_holds, statuses)
                AS l(ref_line, item, location, lot, hold, status) WHERE l.status = 'OK');
        UPDATE stock_document d SET waiting = v_waiting
        WHERE d.tenant_id = v_tenant AND d.id = v_doc AND d.waiting IS DISTINCT FROM v_waiting;
    END IF;

    IF v_known AND 'IDEMPOTENT' = ANY(statuses) THEN
        SELECT e_line || array_agg(q.n), e_stock || array_agg(q.stock_id), e_delta || array_agg(q.delta),
            e_reserved_delta || array_agg(q.reserved_delta), e_after || array_agg(q.after_qty),
            e_after_reserved || array_agg(q.after_reserved), e_version || array_agg(q.version),
            coalesce(e_hold, array_fill(NULL::bigint, ARRAY[coalesce(cardinality(e_line), 0)])) || array_agg(q.hold_id)
        INTO e_line, e_stock, e_delta, e_reserved_delta, e_after, e_after_reserved, e_version, e_hold
        FROM (
            SELECT l.n::integer, a.*
            FROM unnest(statuses, p_ref_lines, p_items, p_locations, p_lots, p_holds)
                WITH ORDINALITY AS l(status, ref_line, item, location, lot, hold, n)
            JOIN stock_document_line a ON a.tenant_id = v_tenant AND a.reason = p_reason AND a.ref = p_ref
                AND a.item_id = l.item AND a.location_asked = l.location AND a.lot_asked = l.lot
                AND (p_reason = 'OUTBOUND' OR a.ref_line = l.ref_line) AND (NOT v_by_hold OR a.hold_id = l.hold)
            WHERE l.status = 'IDEMPOTENT'
            ORDER BY l.n, a.leg
        ) q;
    END IF;
END $$;

REVOKE ALL ON FUNCTION ambar_ledger_post(
    text, text, integer[], bigint[], bigint[], bigint[], bigint[], integer[], bigint[], bigint[], boolean, boolean,
    timestamptz, date, timestamptz, bigint, bigint, text, bigint, text, text) FROM public;
GRANT EXECUTE ON FUNCTION ambar_ledger_post(
    text, text, integer[], bigint[], bigint[], bigint[], bigint[], integer[], bigint[], bigint[], boolean, boolean,
    timestamptz, date, timestamptz, bigint, bigint, text, bigint, text, text) TO ambar_app;
