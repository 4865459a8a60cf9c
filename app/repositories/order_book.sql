-- name: settle
-- The states of orders as goods have moved since, whoever moved them. All gone: shipped. Less than all of what it had:
-- a person has given its promises up, or has undone the shipment, so it waits for a person. What somebody works on
-- waits for the next time.
UPDATE customer_order o SET state = n.state
FROM (
    SELECT q.id, CASE WHEN q.shipped THEN 'shipped' ELSE 'paused' END AS state
    FROM (
        SELECT c.id, c.state, bool_and(l.qty <= coalesce(g.shipped, 0)) AS shipped,
            bool_and(l.qty <= coalesce(g.reserved + g.shipped, 0)) AS whole
        FROM customer_order c
        JOIN customer_order_line l ON l.tenant_id = :tenant_id AND l.order_id = c.id
        LEFT JOIN ambar_order_goods(:tenant_id, ARRAY(
            SELECT w.id FROM customer_order w WHERE w.tenant_id = :tenant_id
                AND w.state IN ('waiting', 'partial', 'allocated', 'paused')
            UNION
            SELECT h.order_id FROM stock_document r
            JOIN stock_document d ON d.tenant_id = :tenant_id AND d.id = r.reverses AND d.reason = 'SHIP'
            JOIN stock_document_line a ON a.tenant_id = :tenant_id AND a.reason = d.reason AND a.ref = d.ref
            JOIN hold h ON h.tenant_id = :tenant_id AND h.id = a.hold_id
            WHERE r.tenant_id = :tenant_id AND r.reverses IS NOT NULL AND h.order_id IS NOT NULL
        )) g ON g.order_id = c.id AND g.line = l.line
        WHERE c.tenant_id = :tenant_id AND (c.state IN ('waiting', 'partial', 'allocated', 'paused') OR g.line IS NOT NULL)
        GROUP BY c.id, c.state
    ) q
    WHERE (q.shipped AND q.state IN ('waiting', 'partial', 'allocated', 'paused'))
        OR (NOT q.shipped AND q.state = 'shipped') OR (NOT q.whole AND q.state = 'allocated')
) n
WHERE o.tenant_id = :tenant_id AND o.id = n.id AND o.id IN (
    SELECT f.id FROM customer_order f WHERE f.tenant_id = :tenant_id AND f.id = n.id FOR UPDATE SKIP LOCKED
)

-- name: counts
-- Open orders by state, and those that the buyer already has though the book has not shipped them.
SELECT o.state, count(*) AS orders, count(*) FILTER (WHERE o.told IN ('bought', 'returned', 'defective')) AS gone
FROM customer_order o
WHERE o.tenant_id = :tenant_id AND o.state IN ('waiting', 'partial', 'allocated', 'paused') GROUP BY o.state

-- name: page
-- Open orders, what is ready first and then the oldest, with what they want, have and lack.
WITH page AS (
    SELECT o.id, o.number, o.state, o.told, o.ordered_on, o.account_id,
        row_number() OVER (ORDER BY CASE o.state WHEN 'allocated' THEN 0 WHEN 'paused' THEN 2 ELSE 1 END, o.ordered_on,
            o.id) AS n
    FROM customer_order o
    WHERE o.tenant_id = :tenant_id AND o.state IN ('waiting', 'partial', 'allocated', 'paused')
    ORDER BY n LIMIT :limit OFFSET :offset
), has AS (
    SELECT g.order_id, g.line, g.reserved + g.shipped AS qty
    FROM ambar_order_goods(:tenant_id, ARRAY(SELECT p.id FROM page p)) g
), lines AS (
    SELECT l.order_id, sum(l.qty) AS wanted, sum(least(coalesce(h.qty, 0), l.qty)) AS has,
        array_agg(i.article ORDER BY l.line) AS articles,
        array_agg(i.article ORDER BY l.line) FILTER (WHERE l.qty > coalesce(h.qty, 0)) AS lacking
    FROM page p
    JOIN customer_order_line l ON l.tenant_id = :tenant_id AND l.order_id = p.id
    JOIN item i ON i.tenant_id = :tenant_id AND i.id = l.item_id
    LEFT JOIN has h ON h.order_id = l.order_id AND h.line = l.line
    GROUP BY l.order_id
)
SELECT p.id, p.number, p.state, p.told, p.ordered_on, coalesce(a.marketplace, '') AS marketplace,
    coalesce(s.wanted, 0)::integer AS wanted, coalesce(s.has, 0)::integer AS has,
    coalesce(s.articles, '{}') AS articles, coalesce(s.lacking, '{}') AS lacking
FROM page p
LEFT JOIN lines s ON s.order_id = p.id
LEFT JOIN marketplace_account a ON a.tenant_id = :tenant_id AND a.id = p.account_id
ORDER BY p.n

-- name: find
-- One order, by its id or its number.
SELECT o.id, o.number, o.state, o.told, o.ordered_on, o.rounds, coalesce(a.marketplace, '') AS marketplace
FROM customer_order o
LEFT JOIN marketplace_account a ON a.tenant_id = :tenant_id AND a.id = o.account_id
WHERE o.tenant_id = :tenant_id AND (o.id = :order_id OR o.number = :number)

-- name: lines
-- What an order wants, and how much of it is promised and gone.
SELECT l.line, l.item_id, i.article, i.name, l.qty, coalesce(h.reserved, 0)::integer AS reserved,
    coalesce(h.shipped, 0)::integer AS shipped
FROM customer_order_line l
JOIN item i ON i.tenant_id = :tenant_id AND i.id = l.item_id
LEFT JOIN ambar_order_goods(:tenant_id, ARRAY[CAST(:order_id AS bigint)]) h ON h.line = l.line
WHERE l.tenant_id = :tenant_id AND l.order_id = :order_id
ORDER BY l.line

-- name: holds
-- Pieces promised to an order, and where they lie.
SELECT h.id, h.ref_line AS line, h.left_qty, p.code, t.expires_on, h.expires_at
FROM hold h
JOIN stock s ON s.tenant_id = :tenant_id AND s.id = h.stock_id
JOIN location p ON p.tenant_id = :tenant_id AND p.id = s.location_id
JOIN lot t ON t.tenant_id = :tenant_id AND t.id = s.lot_id
WHERE h.tenant_id = :tenant_id AND h.order_id = :order_id AND h.left_qty > 0
ORDER BY h.ref_line, t.expires_on NULLS LAST, p.code, h.id

-- name: set_state
UPDATE customer_order SET state = :state, try_at = :try_at WHERE tenant_id = :tenant_id AND id = :order_id
