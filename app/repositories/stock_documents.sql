-- name: find
-- A document of the ledger, and the one that undid it.
SELECT d.id, d.reason, d.ref, d.note, d.posted_at, d.actor_id, d.actor, d.reverses,
    u.id AS undone_by, u.posted_at AS undone_at, u.actor AS undone_actor
FROM stock_document d
LEFT JOIN stock_document u ON u.tenant_id = :tenant_id AND u.reverses = d.id
WHERE d.tenant_id = :tenant_id AND d.id = :id

-- name: named
SELECT d.id FROM stock_document d WHERE d.tenant_id = :tenant_id AND d.reason = :reason AND d.ref = :ref

-- name: newest
-- Documents, the newest first; of everybody, or of one person. A document with a transaction that is still open may
-- have a lower number than one that is there: by number it takes its place later, and is not lost.
SELECT d.id, d.reason, d.ref, d.note, d.posted_at, d.actor_id, d.actor, d.reverses,
    u.id AS undone_by, u.posted_at AS undone_at, u.actor AS undone_actor
FROM stock_document d
LEFT JOIN stock_document u ON u.tenant_id = :tenant_id AND u.reverses = d.id
WHERE d.tenant_id = :tenant_id AND (CAST(:actor_id AS bigint) IS NULL OR d.actor_id = :actor_id)
    AND (NOT :undoable OR (u.id IS NULL AND d.reason NOT IN ('RELEASE', 'REVERSAL')))
ORDER BY d.id DESC LIMIT :limit OFFSET :offset

-- name: entries
-- What documents did, balance by balance, the first `limit` rows of each. Anchors are known by reason and reference.
SELECT d.id AS document_id, e.stock_id, e.item_id, e.article, e.name, e.code, e.expires_on, e.delta, e.reserved_delta,
    e.after_qty, e.after_reserved, e.hold_id
FROM stock_document d
CROSS JOIN LATERAL (
    SELECT a.stock_id, s.item_id, i.article, i.name, p.code, t.expires_on, a.delta, a.reserved_delta, a.after_qty,
        a.after_reserved, a.hold_id, a.ref_line, a.leg
    FROM stock_document_line a
    JOIN stock s ON s.tenant_id = :tenant_id AND s.id = a.stock_id
    JOIN item i ON i.tenant_id = :tenant_id AND i.id = s.item_id
    JOIN location p ON p.tenant_id = :tenant_id AND p.id = s.location_id
    JOIN lot t ON t.tenant_id = :tenant_id AND t.id = s.lot_id
    WHERE a.tenant_id = :tenant_id AND a.reason = d.reason AND a.ref = d.ref
    ORDER BY a.ref_line, a.leg LIMIT :limit
) e
WHERE d.tenant_id = :tenant_id AND d.id = ANY(CAST(:documents AS bigint[]))
ORDER BY d.id, e.ref_line, e.leg

-- name: sizes
-- How many lines documents have.
SELECT d.id, count(*) AS entries
FROM stock_document d
JOIN stock_document_line a ON a.tenant_id = :tenant_id AND a.reason = d.reason AND a.ref = d.ref
WHERE d.tenant_id = :tenant_id AND d.id = ANY(CAST(:documents AS bigint[])) GROUP BY d.id

-- name: of_item
-- An item's movements, the newest first: of each of its balances as many as the page may want, by the key.
SELECT d.id AS document_id, e.stock_id, e.reason, e.ref, e.posted_at, d.actor, d.note, p.code, t.expires_on, e.delta,
    e.reserved_delta, e.after_qty, e.after_reserved
FROM stock s
CROSS JOIN LATERAL (
    SELECT l.stock_id, l.reason, l.ref, l.posted_at, l.version, l.delta, l.reserved_delta, l.after_qty,
        l.after_reserved
    FROM stock_ledger l WHERE l.tenant_id = :tenant_id AND l.stock_id = s.id
    ORDER BY l.posted_at DESC, l.version DESC LIMIT :reach
) e
JOIN location p ON p.tenant_id = :tenant_id AND p.id = s.location_id
JOIN lot t ON t.tenant_id = :tenant_id AND t.id = s.lot_id
LEFT JOIN stock_document d ON d.tenant_id = :tenant_id AND d.reason = e.reason AND d.ref = e.ref
WHERE s.tenant_id = :tenant_id AND s.item_id = :item
ORDER BY e.posted_at DESC, e.stock_id DESC, e.version DESC LIMIT :limit OFFSET :offset

-- name: balances
-- Balances by what people call them.
SELECT s.id, s.item_id, i.article, i.name, p.code, t.expires_on, s.lot_id, s.on_hand, s.reserved, s.version
FROM stock s
JOIN item i ON i.tenant_id = :tenant_id AND i.id = s.item_id
JOIN location p ON p.tenant_id = :tenant_id AND p.id = s.location_id
JOIN lot t ON t.tenant_id = :tenant_id AND t.id = s.lot_id
WHERE s.tenant_id = :tenant_id AND s.id = ANY(CAST(:stocks AS bigint[]))
ORDER BY i.article, p.code, t.expires_on NULLS LAST, s.id
