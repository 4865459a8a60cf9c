-- Which thing on the shelf a listing is: one thing, many listings. Proposed by what both are called, decided by a person.

-- One row a listing. A refused thing is not proposed for it again, another may be. `is_sure`: one barcode, one thing,
-- and nothing else speaks for another.
CREATE TABLE item_sku (
    tenant_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    item_id bigint NOT NULL,
    state text DEFAULT 'proposed' NOT NULL,
    found_by text DEFAULT '' NOT NULL,
    is_sure boolean DEFAULT false NOT NULL,
    decided_by bigint,
    decided_at timestamptz,
    CONSTRAINT pk_item_sku PRIMARY KEY (tenant_id, sku_id),
    CONSTRAINT ck_item_sku_state CHECK (state IN ('proposed', 'confirmed', 'refused')),
    CONSTRAINT ck_item_sku_found_by CHECK (found_by IN ('', 'barcode', 'article', 'card')),
    CONSTRAINT ck_item_sku_decided CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT fk_item_sku_sku FOREIGN KEY(tenant_id, sku_id) REFERENCES sku (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_item_sku_item FOREIGN KEY(tenant_id, item_id) REFERENCES item (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_item_sku_item_id ON item_sku (tenant_id, item_id);

DO $$
DECLARE
    wall CONSTANT text := $p$tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint$p$;
BEGIN
    ALTER TABLE item_sku ENABLE ROW LEVEL SECURITY;
    ALTER TABLE item_sku FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner_sees_all ON item_sku TO ambar_owner USING (true) WITH CHECK (true);
    EXECUTE format('CREATE POLICY tenant_wall ON item_sku TO ambar_app USING (%s) WITH CHECK (%s)', wall, wall);
    GRANT SELECT, INSERT, UPDATE, DELETE ON item_sku TO ambar_app;
    GRANT SELECT ON item_sku TO ambar_backup;
END $$;
