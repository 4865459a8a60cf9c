-- What is ordered, returned, priced and on its way to a marketplace.

CREATE TABLE buyer_order (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    feed text NOT NULL,
    order_id text NOT NULL,
    sku_id bigint,
    warehouse_id bigint NOT NULL,
    channel text NOT NULL,
    currency text NOT NULL,
    qty integer DEFAULT 0 NOT NULL,
    price numeric(14, 2) DEFAULT 0 NOT NULL,
    status text NOT NULL,
    reason text DEFAULT '' NOT NULL,
    changed_at timestamptz,
    region text DEFAULT '' NOT NULL,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_buyer_order PRIMARY KEY (tenant_id, account_id, d, feed, order_id),
    CONSTRAINT ck_buyer_order_status CHECK (status IN ('ordered', 'bought', 'cancelled', 'returned', 'defective'))
)
 PARTITION BY RANGE (d);
CREATE INDEX ix_buyer_order_d ON buyer_order USING brin (d);
CREATE INDEX ix_buyer_order_sku_id_d ON buyer_order (tenant_id, sku_id, d);

CREATE TABLE item_return (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    return_id text NOT NULL,
    sku_id bigint,
    status text DEFAULT '' NOT NULL,
    reason text DEFAULT '' NOT NULL,
    place text DEFAULT '' NOT NULL,
    done_on date,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_item_return PRIMARY KEY (tenant_id, account_id, d, return_id),
    CONSTRAINT fk_item_return_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE price (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    price numeric(14, 2) DEFAULT 0 NOT NULL,
    discount numeric(20, 4),
    club_discount numeric(20, 4),
    final_price numeric(14, 2) DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_price PRIMARY KEY (tenant_id, account_id, sku_id),
    CONSTRAINT fk_price_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE supply (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    supply_id text NOT NULL,
    status text NOT NULL,
    warehouse_id bigint NOT NULL,
    created_on date,
    planned_on date,
    fact_on date,
    quantity integer,
    accepted integer,
    ready integer,
    acceptance_cost numeric(14, 2),
    src_hash bytea NOT NULL,
    CONSTRAINT pk_supply PRIMARY KEY (tenant_id, account_id, supply_id),
    CONSTRAINT fk_supply_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE supply_line (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    supply_id text NOT NULL,
    sku_id bigint NOT NULL,
    quantity integer DEFAULT 0 NOT NULL,
    accepted integer DEFAULT 0 NOT NULL,
    ready integer DEFAULT 0 NOT NULL,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_supply_line PRIMARY KEY (tenant_id, account_id, supply_id, sku_id),
    CONSTRAINT fk_supply_line_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_supply_line_sku_id ON supply_line (tenant_id, sku_id);

CREATE TABLE tariff (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    kind text NOT NULL,
    place text NOT NULL,
    terms jsonb DEFAULT '{}'::jsonb NOT NULL,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_tariff PRIMARY KEY (tenant_id, account_id, d, kind, place),
    CONSTRAINT fk_tariff_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_tariff_kind CHECK (kind IN ('box', 'pallet', 'return'))
);

ALTER TABLE warehouse ADD is_own boolean DEFAULT false NOT NULL;
