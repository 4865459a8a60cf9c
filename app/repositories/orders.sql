-- name: claim
-- An order that waits for goods, the longest due first; one that another worker has is passed over.
SELECT o.id, o.number, o.rounds FROM customer_order o
WHERE o.tenant_id = :tenant_id AND o.state IN ('waiting', 'partial') AND o.try_at <= :now
ORDER BY o.try_at, o.id LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: lacking
-- What an order's lines still lack: what is neither promised nor shipped.
SELECT l.line, l.item_id, l.lot_id, l.qty, l.qty - coalesce(g.reserved + g.shipped, 0) AS lacking
FROM customer_order_line l
LEFT JOIN ambar_order_goods(:tenant_id, ARRAY[CAST(:order_id AS bigint)]) g ON g.line = l.line
WHERE l.tenant_id = :tenant_id AND l.order_id = :order_id
ORDER BY l.line

-- name: mark
-- How a round ended, and when to try again.
UPDATE customer_order SET state = :state, rounds = rounds + 1, try_at = :try_at
WHERE tenant_id = :tenant_id AND id = :order_id

-- name: lapsed
-- Promises that have lapsed, the oldest first.
SELECT h.id, h.left_qty, h.order_id FROM hold h
WHERE h.tenant_id = :tenant_id AND h.left_qty > 0 AND h.expires_at <= :now
ORDER BY h.expires_at, h.id LIMIT :limit

-- name: reopen
-- Orders whose promises lapsed wait again.
UPDATE customer_order SET state = 'waiting', try_at = :now
WHERE tenant_id = :tenant_id AND id = ANY(CAST(:orders AS bigint[])) AND state IN ('partial', 'allocated')
