-- name: propose
-- What each listing that nobody has decided on might be: by barcode, else by its article (with its size, then without).
-- Sure where its barcodes are one item's, and its article is nobody else's. What was refused is proposed again only
-- as another item. Rows that say so already are left out here: ON CONFLICT would lock and log each of them.
INSERT INTO item_sku (tenant_id, sku_id, item_id, found_by, is_sure)
SELECT :tenant_id, f.sku_id, f.item_id, f.found_by, f.is_sure
FROM (
    SELECT k.id AS sku_id, coalesce(b.item_id, w.id, a.id) AS item_id,
        CASE WHEN b.item_id IS NULL THEN 'article' ELSE 'barcode' END AS found_by,
        coalesce(b.items = 1 AND coalesce(w.id, a.id, b.item_id) = b.item_id, false) AS is_sure
    FROM sku k
    LEFT JOIN (
        SELECT c.sku_id, min(d.item_id) AS item_id, count(DISTINCT d.item_id) AS items
        FROM sku_barcode c JOIN item_barcode d ON d.tenant_id = :tenant_id AND d.barcode = c.barcode
        WHERE c.tenant_id = :tenant_id GROUP BY c.sku_id
    ) b ON b.sku_id = k.id
    LEFT JOIN item w ON w.tenant_id = :tenant_id AND k.size NOT IN ('', '0')
        AND lower(w.article) = lower(k.article || '-' || k.size)
    LEFT JOIN item a ON a.tenant_id = :tenant_id AND lower(a.article) = lower(k.article)
    WHERE k.tenant_id = :tenant_id
) f
LEFT JOIN item_sku t ON t.tenant_id = :tenant_id AND t.sku_id = f.sku_id
WHERE f.item_id IS NOT NULL AND coalesce(t.state, '') <> 'confirmed'
    AND (t.item_id IS DISTINCT FROM f.item_id
        OR (t.state = 'proposed' AND (t.found_by, t.is_sure) <> (f.found_by, f.is_sure)))
ON CONFLICT (tenant_id, sku_id) DO UPDATE SET item_id = excluded.item_id, found_by = excluded.found_by,
    is_sure = excluded.is_sure, state = 'proposed', decided_by = NULL, decided_at = NULL
WHERE item_sku.state <> 'confirmed'

-- name: counts
-- How far the listings of cabinets in use are known.
SELECT (SELECT count(*) FROM item i WHERE i.tenant_id = :tenant_id) AS items,
    count(*) FILTER (WHERE s.state = 'confirmed') AS confirmed,
    count(*) FILTER (WHERE s.state = 'proposed') AS proposed,
    count(*) FILTER (WHERE s.state = 'proposed' AND s.is_sure) AS sure,
    count(*) FILTER (WHERE s.state IS NULL OR s.state = 'refused') AS unlinked
FROM sku k
JOIN marketplace_account m ON m.tenant_id = :tenant_id AND m.id = k.account_id AND m.state <> 'off'
LEFT JOIN item_sku s ON s.tenant_id = :tenant_id AND s.sku_id = k.id
WHERE k.tenant_id = :tenant_id

-- name: list
-- A page of listings in a state ('' = nobody knows what they are), the unsure ones first.
SELECT k.id AS sku_id, k.account_id, k.marketplace, m.name AS account, k.article, k.size, k.title,
    coalesce(k.nm_id, k.ozon_id) AS external_id, coalesce(s.state, '') AS state, s.item_id,
    coalesce(i.article, '') AS item_article, coalesce(i.name, '') AS item_name,
    coalesce(s.found_by, '') AS found_by, coalesce(s.is_sure, false) AS is_sure
FROM sku k
JOIN marketplace_account m ON m.tenant_id = :tenant_id AND m.id = k.account_id AND m.state <> 'off'
LEFT JOIN item_sku s ON s.tenant_id = :tenant_id AND s.sku_id = k.id
LEFT JOIN item i ON i.tenant_id = :tenant_id AND i.id = s.item_id
WHERE k.tenant_id = :tenant_id
    AND coalesce(nullif(s.state, 'refused'), '') = :state
ORDER BY s.is_sure, k.article, k.size, k.id LIMIT :limit OFFSET :offset

-- name: of_items
-- The confirmed listings of items.
SELECT k.id AS sku_id, k.account_id, k.marketplace, m.name AS account, k.article, k.size, k.title,
    coalesce(k.nm_id, k.ozon_id) AS external_id, s.state, s.item_id, i.article AS item_article, i.name AS item_name,
    s.found_by, s.is_sure
FROM item_sku s
JOIN sku k ON k.tenant_id = :tenant_id AND k.id = s.sku_id
JOIN item i ON i.tenant_id = :tenant_id AND i.id = s.item_id
JOIN marketplace_account m ON m.tenant_id = :tenant_id AND m.id = k.account_id
WHERE s.tenant_id = :tenant_id AND s.state = 'confirmed' AND s.item_id = ANY(CAST(:items AS bigint[]))
ORDER BY s.item_id, k.marketplace DESC, k.article, k.id

-- name: find
-- One listing, and what is known of it; locked, so that two people do not decide at once.
SELECT k.id AS sku_id, k.account_id, k.marketplace, m.name AS account, k.article, k.size, k.title,
    coalesce(k.nm_id, k.ozon_id) AS external_id, coalesce(s.state, '') AS state, s.item_id,
    coalesce(i.article, '') AS item_article, coalesce(i.name, '') AS item_name,
    coalesce(s.found_by, '') AS found_by, coalesce(s.is_sure, false) AS is_sure
FROM sku k
JOIN marketplace_account m ON m.tenant_id = :tenant_id AND m.id = k.account_id
LEFT JOIN item_sku s ON s.tenant_id = :tenant_id AND s.sku_id = k.id
LEFT JOIN item i ON i.tenant_id = :tenant_id AND i.id = s.item_id
WHERE k.tenant_id = :tenant_id AND k.id = :sku FOR UPDATE OF k

-- name: decide
-- A person's word on listings, whatever was said of them before.
INSERT INTO item_sku (tenant_id, sku_id, item_id, state, found_by, decided_by, decided_at)
SELECT :tenant_id, a.sku, a.item, :state, :found_by, CAST(:person AS bigint), :now
FROM unnest(CAST(:skus AS bigint[]), CAST(:items AS bigint[])) AS a(sku, item)
ON CONFLICT (tenant_id, sku_id) DO UPDATE SET item_id = excluded.item_id, state = excluded.state,
    found_by = CASE WHEN excluded.found_by = '' THEN item_sku.found_by ELSE excluded.found_by END,
    decided_by = excluded.decided_by, decided_at = excluded.decided_at

-- name: confirm_sure
UPDATE item_sku SET state = 'confirmed', decided_by = CAST(:person AS bigint), decided_at = :now
WHERE tenant_id = :tenant_id AND state = 'proposed' AND is_sure RETURNING sku_id, item_id

-- name: unlinked_accounts
-- Cabinets in use with listings that nobody knows, and how many.
SELECT m.id AS account_id, m.marketplace, m.name AS account, count(*) AS listings
FROM sku k
JOIN marketplace_account m ON m.tenant_id = :tenant_id AND m.id = k.account_id AND m.state <> 'off'
LEFT JOIN item_sku s ON s.tenant_id = :tenant_id AND s.sku_id = k.id
WHERE k.tenant_id = :tenant_id AND (s.state IS NULL OR s.state = 'refused')
GROUP BY m.id, m.marketplace, m.name ORDER BY count(*) DESC, m.id

-- name: unlinked_cards
-- What the listings of a cabinet that nobody knows say of themselves; how many of the cabinet share the article.
SELECT k.id AS sku_id, k.article, k.size, k.brand, k.category, k.title,
    coalesce(k.nm_id, k.ozon_id) AS external_id, n.sisters, coalesce(b.barcodes, '{}') AS barcodes
FROM sku k
JOIN (
    SELECT lower(o.article) AS article, count(*) AS sisters FROM sku o
    WHERE o.tenant_id = :tenant_id AND o.account_id = :account GROUP BY lower(o.article)
) n ON n.article = lower(k.article)
LEFT JOIN (
    SELECT c.sku_id, array_agg(c.barcode ORDER BY c.barcode) AS barcodes FROM sku_barcode c
    WHERE c.tenant_id = :tenant_id AND c.account_id = :account GROUP BY c.sku_id
) b ON b.sku_id = k.id
LEFT JOIN item_sku s ON s.tenant_id = :tenant_id AND s.sku_id = k.id
WHERE k.tenant_id = :tenant_id AND k.account_id = :account AND (s.state IS NULL OR s.state = 'refused')
ORDER BY k.id

-- name: give_barcodes
-- What these listings are scanned by is their items' too, where it is nobody's yet. The links come as arrays: of
-- item_sku, filled a moment ago, the planner knows nothing, and would read all barcodes once a listing.
INSERT INTO item_barcode (tenant_id, barcode, item_id)
SELECT DISTINCT ON (c.barcode) :tenant_id, c.barcode, a.item
FROM unnest(CAST(:skus AS bigint[]), CAST(:items AS bigint[])) AS a(sku, item)
JOIN sku_barcode c ON c.tenant_id = :tenant_id AND c.sku_id = a.sku
WHERE c.barcode <> ''
ORDER BY c.barcode, a.sku
ON CONFLICT (tenant_id, barcode) DO NOTHING

-- name: take_barcodes
-- What an item was scanned by for the sake of this listing alone. One found by its barcode was known by it before.
DELETE FROM item_barcode b
WHERE b.tenant_id = :tenant_id AND (b.barcode, b.item_id) IN (
    SELECT c.barcode, s.item_id FROM item_sku s
    JOIN sku_barcode c ON c.tenant_id = :tenant_id AND c.sku_id = s.sku_id
    WHERE s.tenant_id = :tenant_id AND s.sku_id = :sku AND s.found_by <> 'barcode'
        AND NOT EXISTS (
            SELECT FROM item_sku o JOIN sku_barcode d ON d.tenant_id = :tenant_id AND d.sku_id = o.sku_id
            WHERE o.tenant_id = :tenant_id AND o.sku_id <> :sku AND o.state = 'confirmed'
                AND o.item_id = s.item_id AND d.barcode = c.barcode
        )
)
