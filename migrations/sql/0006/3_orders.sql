-- Orders that a marketplace brings to the seller's own shelf, and what became of goods sent to it.

-- `told` is what the marketplace says of it now, '' of an order that is nobody's; `paused` waits for nothing until
-- somebody says so.
ALTER TABLE customer_order
    ADD account_id bigint,
    ADD told text DEFAULT '' NOT NULL,
    ADD ordered_on date,
    DROP CONSTRAINT ck_customer_order_state,
    ADD CONSTRAINT ck_customer_order_state
        CHECK (state IN ('waiting', 'partial', 'allocated', 'paused', 'shipped', 'cancelled')),
    ADD CONSTRAINT ck_customer_order_told
        CHECK (told IN ('', 'ordered', 'bought', 'cancelled', 'returned', 'defective')),
    ADD CONSTRAINT fk_customer_order_marketplace_account FOREIGN KEY(tenant_id, account_id)
        REFERENCES marketplace_account (tenant_id, id) ON DELETE SET NULL (account_id);

ALTER TABLE customer_order_line
    ADD sku_id bigint,
    ADD CONSTRAINT fk_customer_order_line_sku FOREIGN KEY(tenant_id, sku_id) REFERENCES sku (tenant_id, id)
        ON DELETE SET NULL (sku_id);
CREATE UNIQUE INDEX uq_customer_order_line_sku ON customer_order_line (tenant_id, order_id, sku_id)
    WHERE sku_id IS NOT NULL;

-- A delivery that was accepted otherwise than it was sent, and the night that saw it.
CREATE TABLE supply_gap (
    tenant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    supply_id text NOT NULL,
    sent integer NOT NULL,
    accepted integer NOT NULL,
    noticed_on date NOT NULL,
    CONSTRAINT pk_supply_gap PRIMARY KEY (tenant_id, account_id, supply_id),
    CONSTRAINT fk_supply_gap_marketplace_account FOREIGN KEY(tenant_id, account_id)
        REFERENCES marketplace_account (tenant_id, id) ON DELETE CASCADE
);

DO $$
DECLARE
    wall CONSTANT text := $p$tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint$p$;
BEGIN
    ALTER TABLE supply_gap ENABLE ROW LEVEL SECURITY;
    ALTER TABLE supply_gap FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner_sees_all ON supply_gap TO ambar_owner USING (true) WITH CHECK (true);
    EXECUTE format('CREATE POLICY tenant_wall ON supply_gap TO ambar_app USING (%s) WITH CHECK (%s)', wall, wall);
    GRANT SELECT, INSERT, UPDATE, DELETE ON supply_gap TO ambar_app;
    GRANT SELECT ON supply_gap TO ambar_backup;
END $$;

-- Postings that the seller himself hands over, a row a listing. Wildberries tells of one order in two feeds; the one
-- that knows its present status goes before the other. Ozon's order is «posting:sku». Without an item: nobody has
-- said yet what it is on the shelf.
CREATE FUNCTION ambar_postings(p_tenant bigint, p_since date)
RETURNS TABLE (
    account_id bigint, number text, sku_id bigint, item_id bigint, ordered_on date, status text, qty integer
)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT q.account_id, q.number, q.sku_id, k.item_id, min(q.d), min(q.status), sum(q.qty)::integer
    FROM (
        SELECT DISTINCT ON (b.account_id, b.order_id) b.account_id, b.sku_id, b.d, b.status, b.qty,
            CASE a.marketplace WHEN 'OZON' THEN split_part(b.order_id, ':', 1) ELSE b.order_id END AS number
        FROM buyer_order b
        JOIN marketplace_account a ON a.tenant_id = p_tenant AND a.id = b.account_id
        WHERE b.tenant_id = p_tenant AND b.d >= p_since AND b.channel IN ('FBS', 'rFBS')
        ORDER BY b.account_id, b.order_id, b.feed = 'feed' DESC, b.d DESC
    ) q
    LEFT JOIN item_sku k ON k.tenant_id = p_tenant AND k.sku_id = q.sku_id AND k.state = 'confirmed'
    GROUP BY q.account_id, q.number, q.sku_id, k.item_id
$$;
REVOKE ALL ON FUNCTION ambar_postings(bigint, date) FROM public;
GRANT EXECUTE ON FUNCTION ambar_postings(bigint, date) TO ambar_app;

-- What orders have, line by line: promised, and gone. A shipment that was undone has taken nothing away: the hold
-- says for ever that it was shipped, the reversal that it was not.
CREATE FUNCTION ambar_order_goods(p_tenant bigint, p_orders bigint[])
RETURNS TABLE (order_id bigint, line integer, reserved integer, shipped integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT h.order_id, h.ref_line, sum(h.left_qty)::integer, sum(h.shipped_qty - coalesce(u.qty, 0))::integer
    FROM hold h
    LEFT JOIN (
        SELECT a.hold_id, sum(-a.reserved_delta) AS qty FROM stock_document r
        JOIN stock_document d ON d.tenant_id = p_tenant AND d.id = r.reverses AND d.reason = 'SHIP'
        JOIN stock_document_line a ON a.tenant_id = p_tenant AND a.reason = d.reason AND a.ref = d.ref
        WHERE r.tenant_id = p_tenant AND r.reverses IS NOT NULL GROUP BY a.hold_id
    ) u ON u.hold_id = h.id
    WHERE h.tenant_id = p_tenant AND h.order_id = ANY(p_orders)
    GROUP BY h.order_id, h.ref_line
$$;
REVOKE ALL ON FUNCTION ambar_order_goods(bigint, bigint[]) FROM public;
GRANT EXECUTE ON FUNCTION ambar_order_goods(bigint, bigint[]) TO ambar_app;

-- What was sent to a marketplace («WB:12345» in the document's note) beside what it has accepted, by item. A document
-- that was reversed sent nothing. Without an account: the marketplace has not shown such a delivery yet. Without an
-- item: accepted pieces of listings that are nothing on the shelf.
CREATE FUNCTION ambar_sent_supplies(p_tenant bigint)
RETURNS TABLE (
    marketplace text, number text, account_id bigint, status text, accepted_on date, sent_at timestamptz, item_id bigint,
    sent integer, accepted integer
)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH gone AS (
        SELECT split_part(d.note, ':', 1) AS marketplace, substr(d.note, strpos(d.note, ':') + 1) AS number, a.item_id,
            sum(-a.delta)::integer AS qty, min(d.occurred_at) AS sent_at
        FROM stock_document d
        JOIN stock_document_line a ON a.tenant_id = p_tenant AND a.reason = d.reason AND a.ref = d.ref
        WHERE d.tenant_id = p_tenant AND d.reason = 'TO_MARKETPLACE' AND d.note ~ '^(WB|OZON):.'
            AND NOT EXISTS (SELECT FROM stock_document r WHERE r.tenant_id = p_tenant AND r.reverses = d.id)
        GROUP BY 1, 2, 3
    ), trip AS (
        SELECT g.marketplace, g.number, min(g.sent_at) AS sent_at, u.account_id, u.status, u.fact_on
        FROM gone g
        LEFT JOIN (
            SELECT a.marketplace, s.account_id, s.supply_id, s.status, s.fact_on FROM supply s
            JOIN marketplace_account a ON a.tenant_id = p_tenant AND a.id = s.account_id
            WHERE s.tenant_id = p_tenant
        ) u ON u.marketplace = g.marketplace AND u.supply_id = g.number
        GROUP BY g.marketplace, g.number, u.account_id, u.status, u.fact_on
    ), got AS (
        SELECT t.marketplace, t.number, k.item_id, sum(l.accepted)::integer AS qty
        FROM trip t
        JOIN supply_line l ON l.tenant_id = p_tenant AND l.account_id = t.account_id AND l.supply_id = t.number
        LEFT JOIN item_sku k ON k.tenant_id = p_tenant AND k.sku_id = l.sku_id AND k.state = 'confirmed'
        GROUP BY 1, 2, 3 HAVING sum(l.accepted) > 0
    )
    SELECT t.marketplace, t.number, t.account_id, t.status, t.fact_on, t.sent_at, m.item_id, m.sent, m.accepted
    FROM trip t
    JOIN (
        SELECT coalesce(g.marketplace, a.marketplace) AS marketplace, coalesce(g.number, a.number) AS number,
            coalesce(g.item_id, a.item_id) AS item_id, coalesce(g.qty, 0) AS sent, coalesce(a.qty, 0) AS accepted
        FROM gone g FULL JOIN got a
            ON a.marketplace = g.marketplace AND a.number = g.number AND a.item_id = g.item_id
    ) m ON m.marketplace = t.marketplace AND m.number = t.number
$$;
REVOKE ALL ON FUNCTION ambar_sent_supplies(bigint) FROM public;
GRANT EXECUTE ON FUNCTION ambar_sent_supplies(bigint) TO ambar_app;
