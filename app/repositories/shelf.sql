-- name: page
-- A page of items by article.
SELECT i.id FROM item i WHERE i.tenant_id = :tenant_id ORDER BY lower(i.article) LIMIT :limit OFFSET :offset

-- name: find
-- A page of items that answer to what was typed or scanned, the nearest first; migrations/sql/0005/8_search.sql.
SELECT f.item_id FROM ambar_find_items(:words, :limit, :offset) f

-- name: place
SELECT p.id FROM location p JOIN warehouse w ON w.tenant_id = :tenant_id AND w.id = p.warehouse_id
WHERE p.tenant_id = :tenant_id AND w.marketplace = 'OWN' AND w.code = :warehouse AND p.code = :code

-- name: snapshot
-- Items, in the order asked, with what is on the shelf: pieces in all, the two fullest places, the earliest expiry
-- among lots with stock.
WITH page AS MATERIALIZED (
    SELECT i.id, i.article, i.name, i.attributes, a.n
    FROM unnest(CAST(:items AS bigint[])) WITH ORDINALITY AS a(id, n)
    JOIN item i ON i.tenant_id = :tenant_id AND i.id = a.id
), there AS MATERIALIZED (
    SELECT s.item_id, s.location_id, s.lot_id, s.on_hand, s.reserved FROM stock s
    JOIN page p ON p.id = s.item_id
    WHERE s.tenant_id = :tenant_id AND s.has_stock
), places AS (
    SELECT r.item_id, jsonb_agg(jsonb_build_array(r.location_id, l.code, r.qty) ORDER BY r.rank) AS top
    FROM (
        SELECT t.item_id, t.location_id, sum(t.on_hand) AS qty,
            row_number() OVER (PARTITION BY t.item_id ORDER BY sum(t.on_hand) DESC, t.location_id) AS rank
        FROM there t GROUP BY t.item_id, t.location_id
    ) r JOIN location l ON l.tenant_id = :tenant_id AND l.id = r.location_id
    WHERE r.rank <= 2 GROUP BY r.item_id
), sums AS (
    SELECT t.item_id, sum(t.on_hand) AS total, sum(t.reserved) AS reserved, min(o.expires_on) AS earliest
    FROM there t JOIN lot o ON o.tenant_id = :tenant_id AND o.id = t.lot_id GROUP BY t.item_id
)
SELECT p.id, p.article, p.name, p.attributes, coalesce(m.total, 0) AS total, coalesce(m.reserved, 0) AS reserved,
    coalesce(c.top, '[]') AS top, m.earliest
FROM page p LEFT JOIN sums m ON m.item_id = p.id LEFT JOIN places c ON c.item_id = p.id
ORDER BY p.n

-- name: as_of_posted
-- Balances of items as the books stood at an instant: the last entry of each balance until then.
SELECT s.id AS stock_id, s.item_id, s.location_id, s.lot_id, e.after_qty AS on_hand, e.after_reserved AS reserved
FROM stock s
CROSS JOIN LATERAL (
    SELECT l.after_qty, l.after_reserved FROM stock_ledger l
    WHERE l.tenant_id = :tenant_id AND l.stock_id = s.id AND l.posted_at <= :at
    ORDER BY l.posted_at DESC, l.version DESC LIMIT 1
) e
WHERE s.tenant_id = :tenant_id AND s.item_id = ANY(CAST(:items AS bigint[]))
ORDER BY s.item_id, s.location_id, s.lot_id

-- name: as_of_occurred
-- Balances of items as the shelf stood at an instant, by what is known now: as the books stood, with what happened
-- before it and was told later, without what was told before it of a later time. Entries told as they happened are
-- most of all, and never looked at: ix_stock_ledger_apart holds the others. A balance's entries are counted by its
-- version.
SELECT s.id AS stock_id, s.item_id, s.location_id, s.lot_id,
    coalesce(e.after_qty, 0) + c.delta AS on_hand, coalesce(e.after_reserved, 0) + c.reserved_delta AS reserved
FROM stock s
LEFT JOIN LATERAL (
    SELECT l.after_qty, l.after_reserved, l.version FROM stock_ledger l
    WHERE l.tenant_id = :tenant_id AND l.stock_id = s.id AND l.posted_at <= :at
    ORDER BY l.posted_at DESC, l.version DESC LIMIT 1
) e ON true
CROSS JOIN LATERAL (
    SELECT coalesce(sum(q.delta), 0) AS delta, coalesce(sum(q.reserved_delta), 0) AS reserved_delta,
        coalesce(sum(q.entries), 0) AS entries
    FROM (
        SELECT l.delta, l.reserved_delta, 1 AS entries FROM stock_ledger l
        WHERE l.tenant_id = :tenant_id AND l.stock_id = s.id AND l.posted_at > :at AND l.occurred_at <= :at
            AND l.occurred_at <> l.posted_at
        UNION ALL
        SELECT -l.delta, -l.reserved_delta, -1 FROM stock_ledger l
        WHERE l.tenant_id = :tenant_id AND l.stock_id = s.id AND l.posted_at <= :at AND l.occurred_at > :at
            AND l.occurred_at <> l.posted_at
    ) q
) c
WHERE s.tenant_id = :tenant_id AND s.item_id = ANY(CAST(:items AS bigint[]))
    AND coalesce(e.version, 0) + c.entries > 0
ORDER BY s.item_id, s.location_id, s.lot_id
