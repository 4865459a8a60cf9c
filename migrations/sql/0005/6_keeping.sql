-- Keeping the ledger: closing a period and opening it again, sealing days, rebuilding balances. Each takes the tenant's ledger
-- alone, so no posting is under way whose entries it could miss.

CREATE FUNCTION ambar_ledger_alone() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant CONSTANT bigint := nullif(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    IF v_tenant IS NULL THEN
        RAISE EXCEPTION 'ambar: no tenant' USING ERRCODE = '42501';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ambar_ledger', v_tenant));
    RETURN v_tenant;
END $$;

-- Facts older than p_before are not posted any more. A period that is not over cannot be closed; one that is closed
-- further already stays so. `p_day` is what people call that instant. Returns whether anything changed.
CREATE FUNCTION ambar_ledger_close(
    p_before timestamptz, p_day text, p_actor_id bigint, p_actor text, p_trace text
) RETURNS boolean
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant CONSTANT bigint := ambar_ledger_alone();
    v_was timestamptz;
BEGIN
    IF p_before > now() THEN
        RAISE EXCEPTION 'ambar: the period is not over' USING ERRCODE = '22023';
    END IF;
    SELECT closed_before INTO v_was FROM ledger_period WHERE tenant_id = v_tenant;
    IF v_was >= p_before THEN
        RETURN false;
    END IF;
    INSERT INTO ledger_period (tenant_id, closed_before) VALUES (v_tenant, p_before)
    ON CONFLICT (tenant_id) DO UPDATE SET closed_before = excluded.closed_before;
    INSERT INTO audit_entry (tenant_id, actor_id, actor, action, subject, before, after, trace_id)
    VALUES (v_tenant, nullif(p_actor_id, 0), p_actor, 'ledger.closed', p_day, jsonb_build_object('before', v_was),
        jsonb_build_object('before', p_before), p_trace);
    RETURN true;
END $$;

-- The way back: facts of p_since and later are posted again ('-infinity': all). What is open already stays so.
CREATE FUNCTION ambar_ledger_open(
    p_since timestamptz, p_day text, p_actor_id bigint, p_actor text, p_trace text
) RETURNS boolean
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant CONSTANT bigint := ambar_ledger_alone();
    v_was timestamptz;
BEGIN
    SELECT closed_before INTO v_was FROM ledger_period WHERE tenant_id = v_tenant;
    IF v_was IS NULL OR v_was <= p_since THEN
        RETURN false;
    END IF;
    IF isfinite(p_since) THEN
        UPDATE ledger_period SET closed_before = p_since WHERE tenant_id = v_tenant;
    ELSE
        DELETE FROM ledger_period WHERE tenant_id = v_tenant;
    END IF;
    INSERT INTO audit_entry (tenant_id, actor_id, actor, action, subject, before, after, trace_id)
    VALUES (v_tenant, nullif(p_actor_id, 0), p_actor, 'ledger.opened', p_day, jsonb_build_object('before', v_was),
        jsonb_build_object('before', CASE WHEN isfinite(p_since) THEN p_since END), p_trace);
    RETURN true;
END $$;

-- A day's entries under one hash: of each balance its entries in their order, of the day its balances. A record's
-- text quotes what is in it, and instants are numbers, so equal entries give equal text under any settings.
CREATE FUNCTION ambar_ledger_digest(p_tenant bigint, p_day date, OUT entries bigint, OUT digest bytea)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(b.entries), 0)::bigint, sha256(coalesce(string_agg(b.hash, ''::bytea ORDER BY b.stock_id), ''))
    FROM (
        SELECT l.stock_id, count(*) AS entries, sha256(convert_to(string_agg(ROW(
            l.stock_id, l.version, extract(epoch FROM l.posted_at), l.item_id, l.delta, l.reserved_delta, l.after_qty,
            l.after_reserved, l.reason, l.ref, l.ref_line, extract(epoch FROM l.occurred_at), l.actor_id,
            l.trace_id)::text, E'\n' ORDER BY l.version), 'UTF8')) AS hash
        FROM stock_ledger l
        WHERE l.tenant_id = p_tenant AND l.posted_at >= p_day::timestamp AT TIME ZONE 'UTC'
            AND l.posted_at < (p_day + 1)::timestamp AT TIME ZONE 'UTC'
        GROUP BY l.stock_id
    ) b
$$;

CREATE FUNCTION ambar_ledger_hash(p_previous bytea, p_day date, p_entries bigint, p_digest bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sha256(p_previous || convert_to(to_char(p_day, 'YYYY-MM-DD') || ' ' || p_entries, 'UTF8') || p_digest)
$$;

-- Seal the days that are over and not sealed yet, empty ones too: an entry put into an unsealed past would be
-- no breach of any seal. Returns how many. p_until for catching up piece by piece.
CREATE FUNCTION ambar_ledger_seal(p_until date) RETURNS integer
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant CONSTANT bigint := ambar_ledger_alone();
    v_last CONSTANT date := least(p_until, (clock_timestamp() AT TIME ZONE 'UTC')::date - 1);
    v_day date;
    v_previous bytea := '';
    v_digest record;
    v_sealed integer := 0;
BEGIN
    SELECT s.d + 1, s.hash INTO v_day, v_previous FROM ledger_seal s
    WHERE s.tenant_id = v_tenant ORDER BY s.d DESC LIMIT 1;
    IF v_day IS NULL THEN
        v_previous := '';
        SELECT (min(l.posted_at) AT TIME ZONE 'UTC')::date INTO v_day FROM stock_ledger l WHERE l.tenant_id = v_tenant;
    END IF;
    WHILE v_day <= v_last LOOP
        v_digest := ambar_ledger_digest(v_tenant, v_day);
        INSERT INTO ledger_seal (tenant_id, d, entries, previous, hash)
        VALUES (v_tenant, v_day, v_digest.entries, v_previous,
            ambar_ledger_hash(v_previous, v_day, v_digest.entries, v_digest.digest))
        RETURNING hash INTO v_previous;
        v_day := v_day + 1;
        v_sealed := v_sealed + 1;
    END LOOP;
    RETURN v_sealed;
END $$;

-- Balances and holds from the entries and anchors; returns how many rows were wrong.
CREATE FUNCTION ambar_ledger_rebuild(p_actor_id bigint, p_actor text, p_trace text) RETURNS integer
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant CONSTANT bigint := ambar_ledger_alone();
    v_balances integer;
    v_holds integer;
BEGIN
    UPDATE stock s SET on_hand = q.on_hand, reserved = q.reserved, version = q.version
    FROM (
        SELECT b.id, coalesce(sum(l.delta), 0)::integer AS on_hand,
            coalesce(sum(l.reserved_delta), 0)::integer AS reserved, coalesce(max(l.version), 0) AS version
        FROM stock b LEFT JOIN stock_ledger l ON l.tenant_id = v_tenant AND l.stock_id = b.id
        WHERE b.tenant_id = v_tenant GROUP BY b.id
    ) q
    WHERE s.tenant_id = v_tenant AND s.id = q.id
        AND (s.on_hand, s.reserved, s.version) IS DISTINCT FROM (q.on_hand, q.reserved, q.version);
    GET DIAGNOSTICS v_balances = ROW_COUNT;
    UPDATE hold h SET left_qty = q.left_qty, shipped_qty = q.shipped_qty
    FROM (
        SELECT b.id, b.qty + coalesce(sum(a.reserved_delta) FILTER (WHERE a.reason <> 'RESERVE'), 0)::integer
            AS left_qty, coalesce(sum(-a.reserved_delta) FILTER (WHERE a.reason = 'SHIP'), 0)::integer AS shipped_qty
        FROM hold b LEFT JOIN stock_document_line a ON a.tenant_id = v_tenant AND a.stock_id = b.stock_id
            AND a.hold_id = b.id
        WHERE b.tenant_id = v_tenant GROUP BY b.id, b.qty
    ) q
    WHERE h.tenant_id = v_tenant AND h.id = q.id AND (h.left_qty, h.shipped_qty) <> (q.left_qty, q.shipped_qty);
    GET DIAGNOSTICS v_holds = ROW_COUNT;
    IF v_balances + v_holds > 0 THEN
        INSERT INTO audit_entry (tenant_id, actor_id, actor, action, after, trace_id)
        VALUES (v_tenant, nullif(p_actor_id, 0), p_actor, 'ledger.rebuilt',
            jsonb_build_object('balances', v_balances, 'holds', v_holds), p_trace);
    END IF;
    RETURN v_balances + v_holds;
END $$;

REVOKE ALL ON FUNCTION ambar_ledger_alone() FROM public;
REVOKE ALL ON FUNCTION ambar_ledger_close(timestamptz, text, bigint, text, text) FROM public;
REVOKE ALL ON FUNCTION ambar_ledger_open(timestamptz, text, bigint, text, text) FROM public;
REVOKE ALL ON FUNCTION ambar_ledger_digest(bigint, date) FROM public;
REVOKE ALL ON FUNCTION ambar_ledger_hash(bytea, date, bigint, bytea) FROM public;
REVOKE ALL ON FUNCTION ambar_ledger_seal(date) FROM public;
REVOKE ALL ON FUNCTION ambar_ledger_rebuild(bigint, text, text) FROM public;
GRANT EXECUTE ON FUNCTION ambar_ledger_close(timestamptz, text, bigint, text, text),
    ambar_ledger_open(timestamptz, text, bigint, text, text) TO ambar_app;
-- Not definers': the application sees through them what it may read anyhow.
GRANT EXECUTE ON FUNCTION ambar_ledger_digest(bigint, date), ambar_ledger_hash(bytea, date, bigint, bytea) TO ambar_app;
GRANT EXECUTE ON FUNCTION ambar_ledger_seal(date), ambar_ledger_rebuild(bigint, text, text) TO ambar_app;
