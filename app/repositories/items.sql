-- name: named
-- Items by barcode or article, exactly; a barcode goes before another item's article.
SELECT n.name, coalesce(b.item_id, i.id) AS item_id
FROM unnest(CAST(:names AS text[])) AS n(name)
LEFT JOIN item_barcode b ON b.tenant_id = :tenant_id AND b.barcode = n.name
LEFT JOIN item i ON i.tenant_id = :tenant_id AND lower(i.article) = lower(n.name)
WHERE coalesce(b.item_id, i.id) IS NOT NULL

-- name: cards
-- Items in the order asked, with their barcodes.
SELECT i.id, i.article, i.name, i.attributes,
    coalesce((
        SELECT array_agg(b.barcode ORDER BY b.barcode) FROM item_barcode b
        WHERE b.tenant_id = :tenant_id AND b.item_id = i.id
    ), '{}') AS barcodes
FROM unnest(CAST(:items AS bigint[])) WITH ORDINALITY AS a(id, n)
JOIN item i ON i.tenant_id = :tenant_id AND i.id = a.id
ORDER BY a.n

-- name: near_barcodes
-- Items whose barcode begins or ends as this one does: a digit slipped, or the last digits were typed.
SELECT b.item_id FROM item_barcode b
WHERE b.tenant_id = :tenant_id AND (starts_with(b.barcode, :head) OR right(b.barcode, :length) = :tail)
GROUP BY b.item_id ORDER BY min(b.barcode) LIMIT :limit

-- name: make
-- New items; one whose article there is already is left as it is.
INSERT INTO item (tenant_id, article, name, attributes)
SELECT DISTINCT ON (lower(a.article)) :tenant_id, a.article, a.name, CAST(a.attributes AS jsonb)
FROM unnest(CAST(:articles AS text[]), CAST(:names AS text[]), CAST(:attributes AS text[]))
    WITH ORDINALITY AS a(article, name, attributes, n)
ORDER BY lower(a.article), a.n
ON CONFLICT (tenant_id, lower(article)) DO NOTHING
RETURNING id, lower(article) AS article

-- name: give_barcodes
-- A barcode that is another item's already stays its.
INSERT INTO item_barcode (tenant_id, barcode, item_id)
SELECT :tenant_id, a.barcode, a.item
FROM unnest(CAST(:items AS bigint[]), CAST(:barcodes AS text[])) AS a(item, barcode)
ON CONFLICT (tenant_id, barcode) DO NOTHING

-- name: of_skus
-- What these listings are, where a person has confirmed it.
SELECT s.sku_id, s.item_id FROM item_sku s
WHERE s.tenant_id = :tenant_id AND s.sku_id = ANY(CAST(:skus AS bigint[])) AND s.state = 'confirmed'
