-- Row-level security of what this migration brought; 0001/8_walls.sql says how it is meant.
-- Of the ledger the application only reads: append-only is that nobody has the right to do otherwise.

DO $$
DECLARE
    wall CONSTANT text := $p$tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint$p$;
    ledger CONSTANT text[] := ARRAY[
        'stock', 'stock_document', 'stock_document_line', 'stock_ledger', 'hold', 'ledger_period', 'ledger_seal'];
    tbl text;
BEGIN
    FOREACH tbl IN ARRAY ledger || ARRAY[
        'item', 'item_barcode', 'location', 'lot', 'customer', 'customer_order', 'customer_order_line', 'ledger_proof'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl);
        EXECUTE format('CREATE POLICY owner_sees_all ON %I TO ambar_owner USING (true) WITH CHECK (true)', tbl);
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO ambar_app USING (%s) WITH CHECK (%s)', tbl, wall, wall);
        EXECUTE format('GRANT SELECT ON %I TO ambar_backup', tbl);
        IF tbl = ANY(ledger) THEN
            EXECUTE format('GRANT SELECT ON %I TO ambar_app', tbl);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO ambar_app', tbl);
        END IF;
    END LOOP;
END $$;

GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ambar_backup;
