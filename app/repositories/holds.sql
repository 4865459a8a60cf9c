-- name: open
-- Promises with pieces left, of all items or of one; those that lapse first, first.
SELECT h.id, h.item_id, i.article, i.name, p.code, t.expires_on, h.qty, h.left_qty, h.shipped_qty, h.ref, h.order_id,
    o.number AS order_number, h.expires_at, h.created_at, s.location_id, s.lot_id
FROM hold h
JOIN stock s ON s.tenant_id = :tenant_id AND s.id = h.stock_id
JOIN item i ON i.tenant_id = :tenant_id AND i.id = h.item_id
JOIN location p ON p.tenant_id = :tenant_id AND p.id = s.location_id
JOIN lot t ON t.tenant_id = :tenant_id AND t.id = s.lot_id
LEFT JOIN customer_order o ON o.tenant_id = :tenant_id AND o.id = h.order_id
WHERE h.tenant_id = :tenant_id AND h.left_qty > 0 AND (CAST(:item AS bigint) IS NULL OR h.item_id = :item)
ORDER BY h.expires_at NULLS LAST, h.id LIMIT :limit OFFSET :offset

-- name: some
-- Promises by their numbers, used up or not.
SELECT h.id, h.item_id, i.article, i.name, p.code, t.expires_on, h.qty, h.left_qty, h.shipped_qty, h.ref, h.order_id,
    o.number AS order_number, h.expires_at, h.created_at, s.location_id, s.lot_id
FROM hold h
JOIN stock s ON s.tenant_id = :tenant_id AND s.id = h.stock_id
JOIN item i ON i.tenant_id = :tenant_id AND i.id = h.item_id
JOIN location p ON p.tenant_id = :tenant_id AND p.id = s.location_id
JOIN lot t ON t.tenant_id = :tenant_id AND t.id = s.lot_id
LEFT JOIN customer_order o ON o.tenant_id = :tenant_id AND o.id = h.order_id
WHERE h.tenant_id = :tenant_id AND h.id = ANY(CAST(:holds AS bigint[]))
ORDER BY h.id

-- name: of_order
SELECT h.id FROM hold h
WHERE h.tenant_id = :tenant_id AND h.order_id = :order_id AND h.left_qty > 0 ORDER BY h.id

-- name: made_by
-- Promises that a document made.
SELECT a.hold_id FROM stock_document_line a
WHERE a.tenant_id = :tenant_id AND a.reason = :reason AND a.ref = :ref AND a.hold_id IS NOT NULL
ORDER BY a.ref_line, a.leg

-- name: count
SELECT count(*) FROM hold h WHERE h.tenant_id = :tenant_id AND h.left_qty > 0

-- name: orders
-- Orders by number.
SELECT o.number, o.id, o.state FROM customer_order o
WHERE o.tenant_id = :tenant_id AND o.number = ANY(CAST(:numbers AS text[]))

-- name: order
SELECT o.number, o.id, o.state FROM customer_order o WHERE o.tenant_id = :tenant_id AND o.id = :order_id
