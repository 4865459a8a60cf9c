DROP FUNCTION ambar_sent_supplies(bigint);
DROP FUNCTION ambar_order_goods(bigint, bigint[]);
DROP FUNCTION ambar_postings(bigint, date);
DROP TABLE supply_gap;
DROP INDEX uq_customer_order_line_sku;
ALTER TABLE customer_order_line DROP CONSTRAINT fk_customer_order_line_sku, DROP sku_id;
UPDATE customer_order SET state = 'waiting' WHERE state = 'paused';
ALTER TABLE customer_order
    DROP CONSTRAINT ck_customer_order_state,
    DROP CONSTRAINT ck_customer_order_told,
    DROP CONSTRAINT fk_customer_order_marketplace_account,
    DROP ordered_on,
    DROP told,
    DROP account_id,
    ADD CONSTRAINT ck_customer_order_state CHECK (state IN ('waiting', 'partial', 'allocated', 'shipped', 'cancelled'));
