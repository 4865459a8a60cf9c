-- name: list
-- Balances of items, or of places, the earliest expiry first; with those that hold nothing now, or without.
SELECT s.id AS stock_id, s.item_id, s.location_id, p.code, s.lot_id, o.code AS lot, o.expires_on,
    s.on_hand, s.reserved, s.version
FROM stock s
JOIN location p ON p.tenant_id = :tenant_id AND p.id = s.location_id
JOIN lot o ON o.tenant_id = :tenant_id AND o.id = s.lot_id
WHERE s.tenant_id = :tenant_id
    AND (CAST(:any_item AS boolean) OR s.item_id = ANY(CAST(:items AS bigint[])))
    AND (CAST(:any_place AS boolean) OR s.location_id = ANY(CAST(:places AS bigint[])))
    AND (s.has_stock OR CAST(:with_empty AS boolean))
ORDER BY s.item_id, o.expires_on NULLS LAST, p.code, s.lot_id
LIMIT :limit OFFSET :offset
