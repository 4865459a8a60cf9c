-- name: snapshot
-- A page of items with what is on the shelf: pieces in all, the two fullest places, the earliest expiry among
-- lots with stock. Sums only for the page's items.
WITH page AS MATERIALIZED (
    SELECT i.id, i.article, i.name FROM item i
    WHERE i.tenant_id = :tenant_id AND (:words = '' OR lower(i.article) LIKE :words || '%')
    ORDER BY lower(i.article), i.id LIMIT :limit OFFSET :offset
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
SELECT p.id, p.article, p.name, coalesce(m.total, 0) AS total, coalesce(m.reserved, 0) AS reserved,
    coalesce(c.top, '[]') AS top, m.earliest
FROM page p LEFT JOIN sums m ON m.item_id = p.id LEFT JOIN places c ON c.item_id = p.id
ORDER BY lower(p.article), p.id

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
-- Balances of items as the shelf stood at an instant, by what is known now: facts that came late included.
SELECT s.id AS stock_id, s.item_id, s.location_id, s.lot_id, e.on_hand, e.reserved
FROM stock s
CROSS JOIN LATERAL (
    SELECT sum(l.delta) AS on_hand, sum(l.reserved_delta) AS reserved, count(*) AS entries FROM stock_ledger l
    WHERE l.tenant_id = :tenant_id AND l.stock_id = s.id AND l.occurred_at <= :at
) e
WHERE s.tenant_id = :tenant_id AND s.item_id = ANY(CAST(:items AS bigint[])) AND e.entries > 0
ORDER BY s.item_id, s.location_id, s.lot_id
