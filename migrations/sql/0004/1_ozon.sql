-- What Ozon has and Wildberries has not: clusters of warehouses, a sku that changes its names, a
-- dictionary of accrual types that grows.

ALTER TABLE warehouse ADD cluster_id bigint, ADD cluster text DEFAULT '' NOT NULL;

CREATE TABLE sku_identity (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    ozon_id bigint NOT NULL,
    product_id bigint NOT NULL,
    article text DEFAULT '' NOT NULL,
    seen_from date NOT NULL,
    seen_to date,
    CONSTRAINT pk_sku_identity PRIMARY KEY (tenant_id, account_id, ozon_id, seen_from),
    CONSTRAINT ck_sku_identity_days CHECK (seen_to > seen_from),
    CONSTRAINT fk_sku_identity_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);
-- A sku has one name at a time.
CREATE UNIQUE INDEX ix_sku_identity_now ON sku_identity (tenant_id, account_id, ozon_id) WHERE seen_to IS NULL;
CREATE INDEX ix_sku_identity_product_id ON sku_identity (tenant_id, account_id, product_id);
CREATE INDEX ix_sku_identity_article ON sku_identity (tenant_id, lower(article));

CREATE TABLE accrual_type (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    type_id integer NOT NULL,
    name text NOT NULL,
    title text DEFAULT '' NOT NULL,
    line text,
    seen_on date NOT NULL,
    CONSTRAINT pk_accrual_type PRIMARY KEY (tenant_id, account_id, type_id, name),
    CONSTRAINT fk_accrual_type_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

-- A method that is not offered to this seller now ends its run with a note and no failure.
ALTER TABLE ingest_run DROP CONSTRAINT ck_ingest_run_state;
ALTER TABLE ingest_run ADD CONSTRAINT ck_ingest_run_state
    CHECK (state IN ('running', 'complete', 'failed', 'closed'));
