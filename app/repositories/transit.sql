-- name: supplies
-- Deliveries to marketplaces that goods were sent with, the newest first: pieces sent and accepted, items that differ.
SELECT s.marketplace, s.number, max(s.status) AS status, max(s.accepted_on) AS accepted_on, min(s.sent_at) AS sent_at,
    sum(s.sent)::integer AS sent, sum(s.accepted)::integer AS accepted,
    sum(greatest(s.sent - s.accepted, 0))::integer AS lacking,
    count(*) FILTER (WHERE s.sent <> s.accepted)::integer AS differing,
    coalesce(sum(s.accepted) FILTER (WHERE s.item_id IS NULL), 0)::integer AS unlinked
FROM ambar_sent_supplies(:tenant_id) s
GROUP BY s.marketplace, s.number
ORDER BY min(s.sent_at) DESC, s.number LIMIT :limit OFFSET :offset

-- name: count
SELECT count(DISTINCT (s.marketplace, s.number)) FROM ambar_sent_supplies(:tenant_id) s

-- name: lines
-- One delivery, item by item; what was accepted of listings that are nothing on the shelf has no item.
SELECT s.item_id, coalesce(i.article, '') AS article, coalesce(i.name, '') AS name, s.sent, s.accepted, s.status
FROM ambar_sent_supplies(:tenant_id) s
LEFT JOIN item i ON i.tenant_id = :tenant_id AND i.id = s.item_id
WHERE s.marketplace = :marketplace AND s.number = :number
ORDER BY s.sent = s.accepted, lower(i.article) NULLS LAST

-- name: of_items
-- Pieces of items that have left the shelf and that the marketplace has not accepted yet, by delivery.
SELECT s.item_id, s.marketplace, s.number, s.sent - s.accepted AS qty, s.status IS NOT NULL AS is_seen
FROM ambar_sent_supplies(:tenant_id) s
WHERE s.item_id = ANY(CAST(:items AS bigint[])) AND s.sent > s.accepted
    AND coalesce(s.status, '') NOT IN ('accepted', 'cancelled')
ORDER BY s.sent_at, s.number

-- name: lost
-- Deliveries that are accepted otherwise than they were sent, as they stand now; those noted before and not so any
-- more are forgotten. A night that sees the same again changes nothing.
WITH differing AS (
    SELECT s.account_id, s.number, sum(s.sent)::integer AS sent, sum(s.accepted)::integer AS accepted
    FROM ambar_sent_supplies(:tenant_id) s WHERE s.status = 'accepted'
    GROUP BY s.account_id, s.number HAVING bool_or(s.sent <> s.accepted)
), settled AS (
    DELETE FROM supply_gap g WHERE g.tenant_id = :tenant_id AND NOT EXISTS (
        SELECT FROM differing d WHERE d.account_id = g.account_id AND d.number = g.supply_id)
)
INSERT INTO supply_gap AS g (tenant_id, account_id, supply_id, sent, accepted, noticed_on)
SELECT :tenant_id, d.account_id, d.number, d.sent, d.accepted, :d FROM differing d
ON CONFLICT (tenant_id, account_id, supply_id) DO UPDATE
SET sent = excluded.sent, accepted = excluded.accepted, noticed_on = excluded.noticed_on
WHERE (g.sent, g.accepted) <> (excluded.sent, excluded.accepted)

-- name: news
-- Differences that the night of a day noticed.
SELECT a.marketplace, g.supply_id AS number, g.sent, g.accepted FROM supply_gap g
JOIN marketplace_account a ON a.tenant_id = :tenant_id AND a.id = g.account_id
WHERE g.tenant_id = :tenant_id AND g.noticed_on = :d ORDER BY g.supply_id

-- name: has_items
SELECT EXISTS (SELECT FROM item i WHERE i.tenant_id = :tenant_id)

-- name: advice
-- What of an advice is on its way already, can go from the own shelf, or has to be bought.
-- On its way: sent from the shelf and not accepted yet; of several listings of one thing in a cabinet the one that the
-- delivery lacks most of. Ozon tells of deliveries on their way itself (its in_transit is in the advice), so there
-- only what is beyond that counts; Wildberries tells of returns only.
-- From the shelf: what is free and not expired, to the most urgent listing first.
WITH sent AS MATERIALIZED (
    SELECT q.sku_id, sum(q.qty) AS qty
    FROM (
        SELECT DISTINCT ON (s.marketplace, s.number, s.item_id) k.sku_id, s.sent - s.accepted AS qty
        FROM ambar_sent_supplies(:tenant_id) s
        JOIN item_sku k ON k.tenant_id = :tenant_id AND k.item_id = s.item_id AND k.state = 'confirmed'
        JOIN sku u ON u.tenant_id = :tenant_id AND u.id = k.sku_id AND u.marketplace = s.marketplace
            AND (s.account_id IS NULL OR u.account_id = s.account_id)
        LEFT JOIN supply_line l ON l.tenant_id = :tenant_id AND l.account_id = s.account_id AND l.supply_id = s.number
            AND l.sku_id = k.sku_id
        WHERE s.sent > s.accepted AND coalesce(s.status, '') NOT IN ('accepted', 'cancelled')
        ORDER BY s.marketplace, s.number, s.item_id, coalesce(l.quantity - l.accepted, 0) DESC, k.sku_id
    ) q GROUP BY q.sku_id
), advice AS MATERIALIZED (
    SELECT a.sku_id, sum(a.recommended_qty) AS qty, max(a.in_transit) AS told,
        CASE WHEN max(a.velocity) > 0 THEN round((max(a.on_hand) + max(a.in_transit)) / max(a.velocity), 1) END AS cover
    FROM advice_supply a WHERE a.tenant_id = :tenant_id AND a.d = :d AND a.window_days = :window
    GROUP BY a.sku_id HAVING sum(a.recommended_qty) > 0
), need AS MATERIALIZED (
    SELECT q.*, greatest(q.qty - q.moving, 0) AS need FROM (
        SELECT v.sku_id, k.item_id, v.qty, v.cover,
            CASE u.marketplace WHEN 'OZON' THEN greatest(coalesce(s.qty, 0) - v.told, 0) ELSE coalesce(s.qty, 0) END
                AS moving
        FROM advice v
        JOIN sku u ON u.tenant_id = :tenant_id AND u.id = v.sku_id
        LEFT JOIN item_sku k ON k.tenant_id = :tenant_id AND k.sku_id = v.sku_id AND k.state = 'confirmed'
        LEFT JOIN sent s ON s.sku_id = v.sku_id
    ) q
), free AS MATERIALIZED (
    SELECT t.item_id, sum(t.on_hand - t.reserved) AS qty FROM stock t
    JOIN lot o ON o.tenant_id = :tenant_id AND o.id = t.lot_id AND (o.expires_on IS NULL OR o.expires_on >= :today)
    WHERE t.tenant_id = :tenant_id AND t.has_stock GROUP BY t.item_id
), parted AS MATERIALIZED (
    SELECT n.sku_id, n.item_id, n.moving, n.need,
        CASE WHEN n.item_id IS NOT NULL THEN greatest(0, least(n.need, coalesce(f.qty, 0) - coalesce(sum(n.need) OVER (
            PARTITION BY n.item_id ORDER BY n.cover NULLS LAST, n.qty DESC, n.sku_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) END AS here
    FROM need n LEFT JOIN free f ON f.item_id = n.item_id
), totals AS (
    SELECT coalesce(sum(p.need), 0) AS need, coalesce(sum(p.here), 0) AS here, coalesce(sum(p.moving), 0) AS moving,
        count(*) FILTER (WHERE p.item_id IS NULL) AS unlinked, count(p.item_id) AS linked
    FROM parted p
)
SELECT t.need AS all_need, t.here AS all_here, t.moving AS all_moving, t.unlinked, t.linked, p.sku_id, p.item_id,
    p.moving, p.need, p.here
FROM totals t LEFT JOIN parted p ON p.sku_id = ANY(CAST(:skus AS bigint[]))
