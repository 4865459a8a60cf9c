-- Money beside the finance rows: report headers, balances, storage, charges, advertising.

CREATE TABLE finance_report (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    period text NOT NULL,
    report_id bigint NOT NULL,
    d_from date NOT NULL,
    d_to date NOT NULL,
    created_on date,
    kind integer DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    retail_amount numeric(14, 2) DEFAULT 0 NOT NULL,
    for_pay numeric(14, 2) DEFAULT 0 NOT NULL,
    delivery numeric(14, 2) DEFAULT 0 NOT NULL,
    storage numeric(14, 2) DEFAULT 0 NOT NULL,
    acceptance numeric(14, 2) DEFAULT 0 NOT NULL,
    deduction numeric(14, 2) DEFAULT 0 NOT NULL,
    penalty numeric(14, 2) DEFAULT 0 NOT NULL,
    additional numeric(14, 2) DEFAULT 0 NOT NULL,
    cashback_amount numeric(14, 2) DEFAULT 0 NOT NULL,
    cashback_discount numeric(14, 2) DEFAULT 0 NOT NULL,
    cashback_commission numeric(14, 2) DEFAULT 0 NOT NULL,
    schedule numeric(14, 2) DEFAULT 0 NOT NULL,
    payout numeric(14, 2) DEFAULT 0 NOT NULL,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_finance_report PRIMARY KEY (tenant_id, account_id, period, report_id),
    CONSTRAINT fk_finance_report_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_finance_report_d_from ON finance_report (tenant_id, account_id, d_from);

CREATE TABLE account_balance (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    currency text NOT NULL,
    current numeric(14, 2) DEFAULT 0 NOT NULL,
    withdrawable numeric(14, 2),
    src_hash bytea NOT NULL,
    CONSTRAINT pk_account_balance PRIMARY KEY (tenant_id, account_id, d, currency),
    CONSTRAINT fk_account_balance_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE storage_cost_daily (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    sku_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    currency text NOT NULL,
    cost numeric(14, 2) DEFAULT 0 NOT NULL,
    pieces integer DEFAULT 0 NOT NULL,
    volume numeric(20, 4),
    src_hash bytea NOT NULL,
    CONSTRAINT pk_storage_cost_daily PRIMARY KEY (tenant_id, account_id, d, sku_id, warehouse_id, currency)
)
 PARTITION BY RANGE (d);
CREATE INDEX ix_storage_cost_daily_d ON storage_cost_daily USING brin (d);
CREATE INDEX ix_storage_cost_daily_sku_id_d ON storage_cost_daily (tenant_id, sku_id, d);

CREATE TABLE charge (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    kind text NOT NULL,
    row_id text NOT NULL,
    sku_id bigint,
    amount numeric(14, 2) DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    pieces integer DEFAULT 0 NOT NULL,
    ref text DEFAULT '' NOT NULL,
    note text DEFAULT '' NOT NULL,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_charge PRIMARY KEY (tenant_id, account_id, d, kind, row_id),
    CONSTRAINT fk_charge_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_charge_sku_id_d ON charge (tenant_id, sku_id, d);

CREATE TABLE ad_campaign (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    name text DEFAULT '' NOT NULL,
    kind text DEFAULT '' NOT NULL,
    status text DEFAULT '' NOT NULL,
    changed_at timestamptz,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_ad_campaign PRIMARY KEY (tenant_id, account_id, campaign_id),
    CONSTRAINT fk_ad_campaign_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE ad_stat_daily (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    campaign_id bigint NOT NULL,
    card_id bigint NOT NULL,
    currency text NOT NULL,
    views integer DEFAULT 0 NOT NULL,
    clicks integer DEFAULT 0 NOT NULL,
    carts integer DEFAULT 0 NOT NULL,
    orders integer DEFAULT 0 NOT NULL,
    pieces integer DEFAULT 0 NOT NULL,
    spend numeric(14, 2) DEFAULT 0 NOT NULL,
    revenue numeric(14, 2) DEFAULT 0 NOT NULL,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_ad_stat_daily PRIMARY KEY (tenant_id, account_id, d, campaign_id, card_id, currency)
)
 PARTITION BY RANGE (d);
CREATE INDEX ix_ad_stat_daily_d ON ad_stat_daily USING brin (d);

CREATE TABLE ad_charge (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    row_key text NOT NULL,
    campaign_id bigint NOT NULL,
    amount numeric(14, 2) DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    paid_from text DEFAULT '' NOT NULL,
    document text DEFAULT '' NOT NULL,
    charged_at timestamptz,
    src_hash bytea NOT NULL,
    CONSTRAINT pk_ad_charge PRIMARY KEY (tenant_id, account_id, d, row_key),
    CONSTRAINT fk_ad_charge_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE shared_cost_daily (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    d date NOT NULL,
    kind text NOT NULL,
    sku_id bigint NOT NULL,
    currency text NOT NULL,
    line text NOT NULL,
    amount numeric(14, 2) DEFAULT 0 NOT NULL,
    CONSTRAINT pk_shared_cost_daily PRIMARY KEY (tenant_id, account_id, d, kind, sku_id, currency),
    CONSTRAINT ck_shared_cost_daily_kind CHECK (kind IN ('ads_spent', 'ads_deducted', 'storage'))
)
 PARTITION BY RANGE (d);
CREATE INDEX ix_shared_cost_daily_d ON shared_cost_daily USING brin (d);

CREATE TABLE unknown_value (
    tenant_id bigint NOT NULL,
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    account_id bigint NOT NULL,
    source text NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    rows integer DEFAULT 0 NOT NULL,
    amount numeric(14, 2) DEFAULT 0 NOT NULL,
    currency text DEFAULT '' NOT NULL,
    first_seen timestamptz DEFAULT now() NOT NULL,
    last_seen timestamptz DEFAULT now() NOT NULL,
    told_at timestamptz,
    settled_at timestamptz,
    CONSTRAINT pk_unknown_value PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_unknown_value_marketplace_account FOREIGN KEY(tenant_id, account_id) REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_unknown_value_kind CHECK (kind IN ('operation', 'status', 'warehouse', 'type'))
);
CREATE UNIQUE INDEX ix_unknown_value_source ON unknown_value (tenant_id, account_id, source, kind, value);
