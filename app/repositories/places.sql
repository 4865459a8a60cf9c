-- name: find
-- Places of own warehouses by code, whatever its case and whichever of the letters that look alike in both alphabets
-- it was typed with. Where several answer, the one spelt so goes first, then the one of the main warehouse.
SELECT DISTINCT ON (a.code) a.code, p.id
FROM unnest(CAST(:codes AS text[])) AS a(code)
JOIN location p ON p.tenant_id = :tenant_id
    AND translate(upper(p.code), 'АВЕЁКМНОРСТУХ', 'ABEEKMHOPCTYX') = translate(upper(a.code), 'АВЕЁКМНОРСТУХ', 'ABEEKMHOPCTYX')
JOIN warehouse w ON w.tenant_id = :tenant_id AND w.id = p.warehouse_id AND w.marketplace = 'OWN'
ORDER BY a.code, (p.code = a.code) DESC, (w.code = 'main') DESC, p.id

-- name: codes
-- Codes of all places of own warehouses.
SELECT DISTINCT p.code FROM location p
JOIN warehouse w ON w.tenant_id = :tenant_id AND w.id = p.warehouse_id
WHERE p.tenant_id = :tenant_id AND w.marketplace = 'OWN' ORDER BY p.code

-- name: names
SELECT p.id, p.code FROM location p WHERE p.tenant_id = :tenant_id AND p.id = ANY(CAST(:ids AS bigint[]))

-- name: make_warehouse
-- The seller's own warehouse, on first need.
INSERT INTO warehouse (tenant_id, marketplace, code, name, is_own)
VALUES (:tenant_id, 'OWN', 'main', 'Свой склад', true) ON CONFLICT (tenant_id, marketplace, code) DO NOTHING

-- name: make
-- Places of the own warehouse.
INSERT INTO location (tenant_id, warehouse_id, code)
SELECT DISTINCT w.tenant_id, w.id, a.code FROM unnest(CAST(:codes AS text[])) AS a(code)
JOIN warehouse w ON w.tenant_id = :tenant_id AND w.marketplace = 'OWN' AND w.code = 'main'
ON CONFLICT (tenant_id, warehouse_id, code) DO NOTHING
