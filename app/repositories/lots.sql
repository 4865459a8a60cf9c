-- name: ensure
-- Lots of items by their last day, made where they are not there yet.
INSERT INTO lot (tenant_id, item_id, code, expires_on)
SELECT DISTINCT i.tenant_id, i.id, to_char(a.expires, 'YYYY-MM-DD'), a.expires
FROM unnest(CAST(:items AS bigint[]), CAST(:expires AS date[])) AS a(item, expires)
JOIN item i ON i.tenant_id = :tenant_id AND i.id = a.item
ON CONFLICT (tenant_id, item_id, code) DO NOTHING

-- name: find
SELECT t.item_id, t.expires_on, t.id
FROM unnest(CAST(:items AS bigint[]), CAST(:expires AS date[])) AS a(item, expires)
JOIN lot t ON t.tenant_id = :tenant_id AND t.item_id = a.item AND t.code = to_char(a.expires, 'YYYY-MM-DD')
WHERE t.expires_on = a.expires

-- name: with_expiry
-- Of these items, which ever had goods with a last day; a lot that was only drawn had none.
SELECT DISTINCT t.item_id FROM lot t
JOIN stock s ON s.tenant_id = :tenant_id AND s.item_id = t.item_id AND s.lot_id = t.id
WHERE t.tenant_id = :tenant_id AND t.item_id = ANY(CAST(:items AS bigint[])) AND t.expires_on IS NOT NULL
