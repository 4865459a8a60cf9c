-- name: listings
-- All SKUs with the things that they are.
SELECT k.id, l.item_id, k.marketplace, k.article, k.size, k.title
FROM sku k
LEFT JOIN item_sku l ON l.tenant_id = :tenant_id AND l.sku_id = k.id AND l.state = 'confirmed'
WHERE k.tenant_id = :tenant_id ORDER BY lower(k.article), k.size, k.id

-- name: costs
-- The last point not after the day.
SELECT DISTINCT ON (c.sku_id) c.sku_id, c.cost_price FROM cost_price_history c
WHERE c.tenant_id = :tenant_id AND c.dt_from <= :d ORDER BY c.sku_id, c.dt_from DESC

-- name: at_marketplaces
-- Pieces of SKUs at their marketplaces, with what is on the way.
SELECT s.sku_id, sum(s.on_hand + s.in_transit)::bigint AS qty FROM daily_stock s
WHERE s.tenant_id = :tenant_id AND s.d = :d GROUP BY s.sku_id HAVING sum(s.on_hand + s.in_transit) > 0

-- name: has_stock_of
-- No row of a day is not knowing, not having nothing.
SELECT EXISTS (SELECT FROM daily_stock s WHERE s.tenant_id = :tenant_id AND s.d = :d)

-- name: sku_paces
-- Pieces sold, returns not counted; and whether the SKU was there before: sold or lying at a marketplace.
SELECT k.id, coalesce(s.sold, 0)::bigint AS sold,
    (coalesce(k.first_sold < :since, false) OR EXISTS (
        SELECT FROM daily_stock t WHERE t.tenant_id = :tenant_id AND t.sku_id = k.id AND t.d < :since AND t.on_hand > 0
    )) AS is_old
FROM sku k
LEFT JOIN (
    SELECT f.sku_id, sum(f.qty) AS sold FROM daily_sales f
    WHERE f.tenant_id = :tenant_id AND f.d BETWEEN :since AND :until GROUP BY f.sku_id
) s ON s.sku_id = k.id
WHERE k.tenant_id = :tenant_id ORDER BY k.id

-- name: item_paces
-- Pieces gone from the shelf, taken back ones not counted; and whether the item was on it before.
WITH there AS MATERIALIZED (
    SELECT DISTINCT s.item_id FROM stock s WHERE s.tenant_id = :tenant_id AND s.has_stock
), undone AS MATERIALIZED (
    SELECT d.reason, d.ref FROM stock_document r
    JOIN stock_document d ON d.tenant_id = :tenant_id AND d.id = r.reverses
    WHERE r.tenant_id = :tenant_id AND r.reverses IS NOT NULL
)
SELECT t.item_id, coalesce(g.gone, 0)::bigint AS gone, EXISTS (
        SELECT FROM stock s JOIN stock_ledger e ON e.tenant_id = :tenant_id AND e.stock_id = s.id
        WHERE s.tenant_id = :tenant_id AND s.item_id = t.item_id AND e.occurred_at < :since
    ) AS is_old
FROM there t
LEFT JOIN (
    SELECT l.item_id, -sum(l.delta) AS gone FROM stock_ledger l
    WHERE l.tenant_id = :tenant_id AND l.delta < 0 AND l.occurred_at >= :since
        AND l.reason = ANY(CAST(:reasons AS text[]))
        AND NOT EXISTS (SELECT FROM undone u WHERE u.reason = l.reason AND u.ref = l.ref)
    GROUP BY l.item_id
) g ON g.item_id = t.item_id
ORDER BY t.item_id

-- name: shelf_at
-- Items by article with their pieces, by the last entry of each balance until then.
SELECT i.id, i.article, i.name, t.on_hand
FROM (
    SELECT s.item_id, sum(e.after_qty)::bigint AS on_hand FROM stock s
    CROSS JOIN LATERAL (
        SELECT l.after_qty FROM stock_ledger l
        WHERE l.tenant_id = :tenant_id AND l.stock_id = s.id AND l.posted_at <= :at
        ORDER BY l.posted_at DESC, l.version DESC LIMIT 1
    ) e
    WHERE s.tenant_id = :tenant_id GROUP BY s.item_id HAVING sum(e.after_qty) > 0
) t JOIN item i ON i.tenant_id = :tenant_id AND i.id = t.item_id
ORDER BY lower(i.article), i.id
