-- name: refresh_stock
-- The copy of the shelf anew; migrations/sql/0006/4_dw.sql.
SELECT dw.refresh_stock()

-- name: refresh_dimension
-- A dimension's versions brought up to what is so now; the function knows which dimensions there are.
SELECT closed, opened FROM dw.refresh_dimension(:dimension)

-- name: refreshed_at
-- When the copy of the shelf was taken; of the house, not of a tenant.
SELECT r.at FROM dw.refreshed r WHERE r.what = 'current_stock'

-- name: shelf
-- Items by article with their pieces, from the copy.
SELECT c.item_id, c.article, c.name, sum(c.on_hand)::bigint AS on_hand
FROM dw.current_stock c WHERE c.tenant_id = :tenant_id
GROUP BY c.item_id, c.article, c.name ORDER BY lower(c.article), c.item_id
