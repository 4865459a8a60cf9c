-- name: post
-- The kernel; see migrations/sql/0005/5_post.sql. The tenant is the transaction's own.
SELECT numbers, statuses, missing, e_line, e_stock, e_delta, e_reserved_delta, e_after, e_after_reserved, e_version,
    e_hold
FROM ambar_ledger_post(
    :reason, :ref, CAST(:ref_lines AS integer[]), CAST(:items AS bigint[]), CAST(:locations AS bigint[]),
    CAST(:lots AS bigint[]), CAST(:targets AS bigint[]), CAST(:qtys AS integer[]), CAST(:holds AS bigint[]),
    CAST(:versions AS bigint[]), :atomic, :partial, :occurred, :today, :expires, :order_id, :reverses, :note,
    :actor_id, :actor, :trace_id)

-- name: take_over
-- An old ledger's entries; see migrations/sql/0005/7_import.sql.
SELECT ambar_ledger_import(
    :hash, CAST(:reasons AS text[]), CAST(:refs AS text[]), CAST(:ref_lines AS integer[]), CAST(:items AS bigint[]),
    CAST(:locations AS bigint[]), CAST(:lots AS bigint[]), CAST(:deltas AS integer[]),
    CAST(:occurred AS timestamptz[]), :actor_id, :actor, :trace_id)

-- name: ensure_items
-- Items by article, made where they are not there yet.
INSERT INTO item (tenant_id, article)
SELECT :tenant_id, min(a.article) FROM unnest(CAST(:articles AS text[])) AS a(article) GROUP BY lower(a.article)
ON CONFLICT (tenant_id, lower(article)) DO NOTHING

-- name: items
SELECT lower(i.article) AS article, i.id FROM item i
WHERE i.tenant_id = :tenant_id AND lower(i.article) = ANY(CAST(:articles AS text[]))

-- name: ensure_locations
-- Places of a warehouse by code, made where they are not there yet.
INSERT INTO location (tenant_id, warehouse_id, code)
SELECT DISTINCT :tenant_id, CAST(:warehouse AS bigint), a.code FROM unnest(CAST(:codes AS text[])) AS a(code)
ON CONFLICT (tenant_id, warehouse_id, code) DO NOTHING

-- name: locations
SELECT p.code, p.id FROM location p WHERE p.tenant_id = :tenant_id AND p.warehouse_id = :warehouse

-- name: ensure_lots
-- Lots of items by code, made where they are not there yet.
INSERT INTO lot (tenant_id, item_id, code, expires_on)
SELECT DISTINCT ON (a.item, a.code) :tenant_id, a.item, a.code, a.expires
FROM unnest(CAST(:items AS bigint[]), CAST(:codes AS text[]), CAST(:expires AS date[])) AS a(item, code, expires)
ORDER BY a.item, a.code, a.expires
ON CONFLICT (tenant_id, item_id, code) DO NOTHING

-- name: lots
SELECT t.item_id, t.code, t.id FROM lot t WHERE t.tenant_id = :tenant_id AND t.item_id = ANY(CAST(:items AS bigint[]))

-- name: ensure_warehouse
-- The seller's own warehouse of that code; its name is free.
INSERT INTO warehouse (tenant_id, marketplace, code, name, is_own)
VALUES (:tenant_id, 'OWN', :code, :code, true) ON CONFLICT (tenant_id, marketplace, code) DO NOTHING

-- name: warehouse
SELECT w.id FROM warehouse w WHERE w.tenant_id = :tenant_id AND w.marketplace = 'OWN' AND w.code = :code
