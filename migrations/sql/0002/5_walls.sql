-- Row-level security of what this migration brought; 0001/8_walls.sql says how it is meant.

DO $$
DECLARE
    wall CONSTANT text := $p$tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint$p$;
    tbl text;
BEGIN
    FOREACH tbl IN ARRAY ARRAY[
        'dead_letter', 'job_checkpoint', 'chunk', 'audit_entry', 'idempotency_key', 'report', 'document',
        'figures_stamp', 'invite'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl);
        EXECUTE format('CREATE POLICY owner_sees_all ON %I TO ambar_owner USING (true) WITH CHECK (true)', tbl);
        EXECUTE format('GRANT SELECT ON %I TO ambar_backup', tbl);
    END LOOP;

    FOREACH tbl IN ARRAY ARRAY[
        'job_checkpoint', 'chunk', 'idempotency_key', 'report', 'document', 'figures_stamp'
    ] LOOP
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO ambar_app USING (%s) WITH CHECK (%s)', tbl, wall, wall);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO ambar_app', tbl);
    END LOOP;

    FOREACH tbl IN ARRAY ARRAY['dead_letter', 'audit_entry', 'invite'] LOOP
        EXECUTE format('CREATE POLICY platform_sees_all ON %I TO ambar_platform USING (true) WITH CHECK (true)', tbl);
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO ambar_app USING (%s) WITH CHECK (%s)', tbl, wall, wall);
    END LOOP;
END $$;

-- History is added to, never edited, by anybody who serves people.
GRANT SELECT, INSERT ON audit_entry TO ambar_app, ambar_platform;
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letter, invite TO ambar_platform;
GRANT SELECT ON dead_letter TO ambar_app;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ambar_backup;
