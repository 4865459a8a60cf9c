-- Row-level security of what this migration brought; 0001/8_walls.sql says how it is meant.

DO $$
DECLARE
    wall CONSTANT text := $p$tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint$p$;
    tbl text;
BEGIN
    FOREACH tbl IN ARRAY ARRAY['sku_identity', 'accrual_type'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl);
        EXECUTE format('CREATE POLICY owner_sees_all ON %I TO ambar_owner USING (true) WITH CHECK (true)', tbl);
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO ambar_app USING (%s) WITH CHECK (%s)', tbl, wall, wall);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO ambar_app', tbl);
        EXECUTE format('GRANT SELECT ON %I TO ambar_backup', tbl);
    END LOOP;
END $$;
