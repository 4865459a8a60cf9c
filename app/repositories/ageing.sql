-- name: on_shelf
-- Items with stock, by article.
SELECT i.id, i.article, i.name, t.on_hand
FROM (
    SELECT s.item_id, sum(s.on_hand)::bigint AS on_hand FROM stock s
    WHERE s.tenant_id = :tenant_id AND s.has_stock GROUP BY s.item_id
) t JOIN item i ON i.tenant_id = :tenant_id AND i.id = t.item_id
ORDER BY lower(i.article), i.id

-- name: arrivals
-- What came, by item and day; a document that was reversed brought nothing, and its reversal took nothing away that a
-- day remembers. What lies further back than what is there is of no use to anybody.
WITH there AS MATERIALIZED (
    SELECT s.item_id, sum(s.on_hand)::bigint AS on_hand FROM stock s
    WHERE s.tenant_id = :tenant_id AND s.has_stock GROUP BY s.item_id
), undone AS MATERIALIZED (
    SELECT d.reason, d.ref FROM stock_document r
    JOIN stock_document d ON d.tenant_id = :tenant_id AND d.id = r.reverses
    WHERE r.tenant_id = :tenant_id AND r.reverses IS NOT NULL
), came AS (
    SELECT l.item_id, CAST(l.occurred_at AT TIME ZONE :zone AS date) AS day, sum(l.delta)::bigint AS qty
    FROM stock_ledger l JOIN there t ON t.item_id = l.item_id
    WHERE l.tenant_id = :tenant_id AND l.delta > 0 AND l.reason = ANY(CAST(:reasons AS text[]))
        AND NOT EXISTS (SELECT FROM undone u WHERE u.reason = l.reason AND u.ref = l.ref)
    GROUP BY 1, 2
)
SELECT c.item_id, c.day, c.qty
FROM (
    SELECT a.item_id, a.day, a.qty, t.on_hand,
        sum(a.qty) OVER (PARTITION BY a.item_id ORDER BY a.day DESC) - a.qty AS newer
    FROM came a JOIN there t ON t.item_id = a.item_id
) c
WHERE c.newer < c.on_hand
ORDER BY c.item_id, c.day DESC
