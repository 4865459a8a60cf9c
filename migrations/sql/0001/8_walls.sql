-- Row-level security, FORCEd on every table, and who may do what.
-- Grants go to partitioned parents only: a partition read by name is not protected by the parent's
-- policy, so nobody but the owner and the dump may name one.

-- A dump reads every table, partition and sequence by name; months that are yet to be made too.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ambar_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO ambar_backup;
GRANT SELECT ON alembic_version TO ambar_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ambar_backup;

DO $$
DECLARE
    wall CONSTANT text := $p$tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint$p$;
    tbl text;
BEGIN
    FOR tbl IN SELECT relname FROM pg_class
               WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                 AND relname <> 'alembic_version' LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl);
        EXECUTE format('CREATE POLICY owner_sees_all ON %I TO ambar_owner USING (true) WITH CHECK (true)', tbl);
        EXECUTE format('GRANT SELECT ON %I TO ambar_backup', tbl);
    END LOOP;

    -- A tenant's own rows, read and written by the application.
    FOREACH tbl IN ARRAY ARRAY[
        'marketplace_account', 'card', 'sku', 'sku_barcode', 'warehouse', 'cost_price_history',
        'cost_change', 'commission_rules', 'sale_event', 'daily_sales', 'daily_stock',
        'settlement_line', 'reviews', 'cashflows', 'unplaced_row', 'metrics_daily', 'advice_supply',
        'recalc_pending', 'ingest_run', 'source_unit', 'coverage'
    ] LOOP
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO ambar_app USING (%s) WITH CHECK (%s)', tbl, wall, wall);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO ambar_app', tbl);
    END LOOP;

    -- History: added to, never edited.
    FOREACH tbl IN ARRAY ARRAY['raw_payload', 'figure_change'] LOOP
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO ambar_app USING (%s) WITH CHECK (%s)', tbl, wall, wall);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ambar_app', tbl);
    END LOOP;

    -- The platform's tables; of some the application sees its own tenant's rows.
    FOREACH tbl IN ARRAY ARRAY[
        'tenant', 'app_user', 'membership', 'admin_code', 'fsm_entry', 'rate_budget', 'job',
        'outbox_event', 'firing', 'lease'
    ] LOOP
        EXECUTE format('CREATE POLICY platform_sees_all ON %I TO ambar_platform USING (true) WITH CHECK (true)', tbl);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO ambar_platform', tbl);
    END LOOP;
    FOREACH tbl IN ARRAY ARRAY['membership', 'job', 'outbox_event'] LOOP
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO ambar_app USING (%s) WITH CHECK (%s)', tbl, wall, wall);
    END LOOP;
END $$;

CREATE POLICY tenant_wall ON tenant FOR SELECT TO ambar_app
    USING (id = nullif(current_setting('app.tenant_id', true), '')::bigint);
GRANT SELECT ON tenant, membership TO ambar_app;
GRANT SELECT, INSERT ON job, outbox_event TO ambar_app;

CREATE POLICY everybody_reads ON installation FOR SELECT TO ambar_app, ambar_platform USING (true);
GRANT SELECT ON installation TO ambar_app, ambar_platform;
