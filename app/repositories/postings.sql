-- name: take
-- Postings that the book does not know yet and whose every listing is something on the shelf, the oldest first.
WITH told AS MATERIALIZED (
    SELECT p.* FROM ambar_postings(:tenant_id, :since) p
), fresh AS (
    SELECT t.number, min(t.account_id) AS account_id, min(t.ordered_on) AS ordered_on FROM told t
    WHERE NOT EXISTS (SELECT FROM customer_order o WHERE o.tenant_id = :tenant_id AND o.number = t.number)
    GROUP BY t.number HAVING bool_and(t.status = 'ordered' AND t.item_id IS NOT NULL AND t.qty > 0)
), made AS (
    INSERT INTO customer_order (tenant_id, number, account_id, told, ordered_on, created_at, try_at)
    SELECT :tenant_id, f.number, f.account_id, 'ordered', f.ordered_on, :now, :now FROM fresh f
    ORDER BY f.ordered_on, f.number
    ON CONFLICT (tenant_id, number) DO NOTHING
    RETURNING id, number
), lines AS (
    INSERT INTO customer_order_line (tenant_id, order_id, line, item_id, sku_id, qty)
    SELECT :tenant_id, m.id, row_number() OVER (PARTITION BY m.id ORDER BY t.sku_id), t.item_id, t.sku_id, t.qty
    FROM made m JOIN told t ON t.number = m.number
)
SELECT count(*) FROM made

-- name: moved
-- Orders of the book of which the marketplace says something else than the book: a status, a number of pieces.
SELECT o.id FROM ambar_postings(:tenant_id, :since) p
JOIN customer_order o ON o.tenant_id = :tenant_id AND o.number = p.number AND o.account_id = p.account_id
LEFT JOIN customer_order_line l ON l.tenant_id = :tenant_id AND l.order_id = o.id AND l.sku_id = p.sku_id
GROUP BY o.id, o.told, o.state
HAVING (o.told <> min(p.status)
    OR (o.state IN ('waiting', 'partial', 'allocated', 'paused') AND bool_or(p.qty > 0 AND p.qty <> l.qty)))
ORDER BY o.id

-- name: retell
-- What the marketplace says of these orders now. A cancelled one that was not shipped is over; one that it takes back
-- waits again.
WITH told AS MATERIALIZED (
    SELECT o.id, o.state, p.sku_id, p.qty, p.status FROM ambar_postings(:tenant_id, :since) p
    JOIN customer_order o ON o.tenant_id = :tenant_id AND o.number = p.number AND o.account_id = p.account_id
    WHERE o.id = ANY(CAST(:orders AS bigint[]))
), changed AS (
    UPDATE customer_order_line l SET qty = t.qty FROM told t
    WHERE l.tenant_id = :tenant_id AND l.order_id = t.id AND l.sku_id = t.sku_id AND t.qty > 0 AND t.qty <> l.qty
        AND t.state IN ('waiting', 'partial', 'allocated', 'paused')
    RETURNING l.order_id
)
UPDATE customer_order o SET told = q.status, try_at = :now, state = CASE
    WHEN q.status = 'cancelled' AND o.state <> 'shipped' THEN 'cancelled'
    WHEN q.status = 'ordered' AND o.told = 'cancelled' AND o.state = 'cancelled' THEN 'waiting'
    WHEN q.differs AND o.state IN ('partial', 'allocated') THEN 'waiting'
    ELSE o.state END
FROM (
    SELECT t.id, min(t.status) AS status, bool_or(c.order_id IS NOT NULL) AS differs
    FROM told t LEFT JOIN changed c ON c.order_id = t.id GROUP BY t.id
) q
WHERE o.tenant_id = :tenant_id AND o.id = q.id

-- name: surplus
-- Promises beyond what these orders want: all of a cancelled one, what is too much of a line; the youngest go first.
SELECT q.hold_id, q.left_qty, least(q.left_qty, q.too_much - q.younger)::integer AS qty
FROM (
    SELECT h.id AS hold_id, h.left_qty,
        g.reserved + g.shipped - CASE o.state WHEN 'cancelled' THEN 0 ELSE coalesce(l.qty, 0) END AS too_much,
        sum(h.left_qty) OVER (PARTITION BY h.order_id, h.ref_line ORDER BY h.id DESC) - h.left_qty AS younger
    FROM hold h
    JOIN customer_order o ON o.tenant_id = :tenant_id AND o.id = h.order_id
    JOIN ambar_order_goods(:tenant_id, CAST(:orders AS bigint[])) g ON g.order_id = h.order_id AND g.line = h.ref_line
    LEFT JOIN customer_order_line l ON l.tenant_id = :tenant_id AND l.order_id = o.id AND l.line = h.ref_line
    WHERE h.tenant_id = :tenant_id AND h.order_id = ANY(CAST(:orders AS bigint[]))
) q
WHERE q.left_qty > 0 AND q.too_much > q.younger
ORDER BY q.hold_id

-- name: unmapped
-- Postings that wait outside the book because a listing of theirs is nothing on the shelf yet, and those listings.
WITH told AS MATERIALIZED (
    SELECT p.* FROM ambar_postings(:tenant_id, :since) p
), outside AS (
    SELECT t.number FROM told t
    WHERE NOT EXISTS (SELECT FROM customer_order o WHERE o.tenant_id = :tenant_id AND o.number = t.number)
    GROUP BY t.number HAVING bool_and(t.status = 'ordered') AND bool_or(t.item_id IS NULL)
)
SELECT (SELECT count(*) FROM outside) AS postings, coalesce((
    SELECT array_agg(DISTINCT k.article ORDER BY k.article) FROM outside u
    JOIN told t ON t.number = u.number AND t.item_id IS NULL
    JOIN sku k ON k.tenant_id = :tenant_id AND k.id = t.sku_id
), '{}') AS articles

-- name: lock
-- These orders, for this transaction alone; in the order in which whoever allocates takes them.
SELECT o.id FROM customer_order o WHERE o.tenant_id = :tenant_id AND o.id = ANY(CAST(:orders AS bigint[]))
ORDER BY o.id FOR UPDATE
