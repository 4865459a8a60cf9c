-- name: places
-- A page of the places of the seller's own warehouses.
SELECT p.id AS location_id, w.code AS warehouse, p.code, p.name
FROM location p JOIN warehouse w ON w.tenant_id = :tenant_id AND w.id = p.warehouse_id
WHERE p.tenant_id = :tenant_id AND w.marketplace = 'OWN'
ORDER BY w.code, p.code LIMIT :limit OFFSET :offset

-- name: holds
-- A page of promises with pieces left, of some items or of all, the oldest first.
SELECT h.id AS hold_id, h.item_id, s.location_id, s.lot_id, h.qty, h.left_qty, h.shipped_qty, h.ref, h.order_id,
    h.expires_at
FROM hold h JOIN stock s ON s.tenant_id = :tenant_id AND s.id = h.stock_id
WHERE h.tenant_id = :tenant_id AND h.left_qty > 0
    AND (CAST(:any_item AS boolean) OR h.item_id = ANY(CAST(:items AS bigint[])))
    AND (CAST(:ref AS text) IS NULL OR h.ref = :ref)
ORDER BY h.id LIMIT :limit OFFSET :offset

-- name: orders
-- A page of customers' orders, the newest first; of one state, or of all that are not over yet.
SELECT o.id AS order_id, o.number, o.state, o.created_at FROM customer_order o
WHERE o.tenant_id = :tenant_id
    AND CASE WHEN CAST(:state AS text) IS NULL THEN o.state NOT IN ('shipped', 'cancelled')
        ELSE o.state = :state END
ORDER BY o.id DESC LIMIT :limit OFFSET :offset

-- name: order_lines
-- Lines of orders: how many pieces are promised to each now, and how many are gone.
SELECT l.order_id, l.line, l.item_id, l.lot_id, l.qty, coalesce(g.reserved, 0) AS reserved,
    coalesce(g.shipped, 0) AS shipped
FROM customer_order_line l
LEFT JOIN ambar_order_goods(:tenant_id, CAST(:orders AS bigint[])) g ON g.order_id = l.order_id AND g.line = l.line
WHERE l.tenant_id = :tenant_id AND l.order_id = ANY(CAST(:orders AS bigint[]))
ORDER BY l.order_id DESC, l.line
