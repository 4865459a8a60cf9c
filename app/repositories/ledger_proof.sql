-- name: balances
-- Balances that are not the sums of their entries.
SELECT s.id AS stock_id, s.on_hand, s.reserved, s.version, coalesce(q.on_hand, 0) AS entries_on_hand,
    coalesce(q.reserved, 0) AS entries_reserved, coalesce(q.entries, 0) AS entries
FROM stock s
LEFT JOIN (
    SELECT l.stock_id, sum(l.delta) AS on_hand, sum(l.reserved_delta) AS reserved, count(*) AS entries
    FROM stock_ledger l WHERE l.tenant_id = :tenant_id GROUP BY l.stock_id
) q ON q.stock_id = s.id
WHERE s.tenant_id = :tenant_id AND (s.on_hand, s.reserved, s.version)
    IS DISTINCT FROM (coalesce(q.on_hand, 0), coalesce(q.reserved, 0), coalesce(q.entries, 0))
ORDER BY s.id LIMIT :limit

-- name: chain
-- Entries that do not follow the one before: a version left out or there twice, a balance that does not add up,
-- a time that runs back, an entry of no balance or of another item's.
SELECT c.stock_id, c.version, c.previous, c.after_qty, c.before_qty, c.delta
FROM (
    SELECT l.stock_id, l.version, l.after_qty, l.delta, l.after_reserved, l.reserved_delta, l.posted_at, l.item_id,
        coalesce(lag(l.version) OVER w, 0) AS previous, coalesce(lag(l.after_qty) OVER w, 0) AS before_qty,
        coalesce(lag(l.after_reserved) OVER w, 0) AS before_reserved, lag(l.posted_at) OVER w AS posted_before
    FROM stock_ledger l WHERE l.tenant_id = :tenant_id
    WINDOW w AS (PARTITION BY l.stock_id ORDER BY l.version, l.posted_at)
) c
WHERE (c.version <> c.previous + 1 OR c.after_qty <> c.before_qty + c.delta
    OR c.after_reserved <> c.before_reserved + c.reserved_delta OR c.posted_at < c.posted_before
    OR NOT EXISTS (SELECT FROM stock s WHERE s.tenant_id = :tenant_id AND s.id = c.stock_id AND s.item_id = c.item_id))
ORDER BY c.stock_id, c.version LIMIT :limit

-- name: transfers
-- Transfers that do not sum to zero.
SELECT l.reason, l.ref, sum(l.delta) AS pieces
FROM stock_ledger l WHERE l.tenant_id = :tenant_id AND l.reason IN ('PUTAWAY', 'MOVE')
GROUP BY l.reason, l.ref HAVING sum(l.delta) <> 0 ORDER BY l.ref LIMIT :limit

-- name: holds
-- Balances whose reserve is not what is left of their holds.
SELECT s.id AS stock_id, s.reserved, coalesce(q.held, 0) AS held
FROM stock s
LEFT JOIN (
    SELECT h.stock_id, sum(h.left_qty) AS held FROM hold h
    WHERE h.tenant_id = :tenant_id AND h.left_qty > 0 GROUP BY h.stock_id
) q ON q.stock_id = s.id
WHERE s.tenant_id = :tenant_id AND s.reserved <> coalesce(q.held, 0)
ORDER BY s.id LIMIT :limit

-- name: documents
-- Anchors without their entry or of another quantity, entries without an anchor, anchors without a header.
SELECT coalesce(a.reason, l.reason) AS reason, coalesce(a.ref, l.ref) AS ref,
    coalesce(a.ref_line, l.ref_line) AS ref_line, a.delta AS anchored, l.delta AS entered
FROM (
    SELECT b.reason, b.ref, b.ref_line, b.stock_id, b.delta, b.reserved_delta, b.version
    FROM stock_document_line b
    WHERE b.tenant_id = :tenant_id AND (b.delta <> 0 OR b.reserved_delta <> 0)
) a
FULL JOIN (
    SELECT e.reason, e.ref, e.ref_line, e.stock_id, e.delta, e.reserved_delta, e.version
    FROM stock_ledger e WHERE e.tenant_id = :tenant_id
) l ON a.stock_id = l.stock_id AND a.version = l.version AND a.reason = l.reason AND a.ref = l.ref
    AND a.ref_line = l.ref_line
WHERE (a.delta, a.reserved_delta) IS DISTINCT FROM (l.delta, l.reserved_delta)
    OR NOT EXISTS (SELECT FROM stock_document d
        WHERE d.tenant_id = :tenant_id AND d.reason = a.reason AND d.ref = a.ref)
ORDER BY 2, 3 LIMIT :limit

-- name: seals
-- Sealed days whose entries are not those that were sealed, or whose chain is broken.
SELECT q.d, q.entries AS sealed, q.found
FROM (
    SELECT s.d, s.entries, s.previous, s.hash, g.entries AS found,
        coalesce(lag(s.hash) OVER w, '') AS chained, lag(s.d) OVER w AS day_before,
        ambar_ledger_hash(s.previous, s.d, g.entries, g.digest) AS computed
    FROM ledger_seal s CROSS JOIN LATERAL ambar_ledger_digest(s.tenant_id, s.d) AS g
    WHERE s.tenant_id = :tenant_id
    WINDOW w AS (ORDER BY s.d)
) q
WHERE q.hash <> q.computed OR q.previous <> q.chained OR q.d - q.day_before <> 1
ORDER BY q.d LIMIT :limit

-- name: before_the_first_seal
-- Entries put before the first sealed day.
SELECT count(*) FROM stock_ledger l
WHERE l.tenant_id = :tenant_id AND l.posted_at < (
    SELECT CAST(min(s.d) AS timestamp) AT TIME ZONE 'UTC' FROM ledger_seal s WHERE s.tenant_id = :tenant_id)

-- name: first_unsealed
-- The oldest day (UTC) that is not under a seal.
SELECT coalesce(
    (SELECT max(s.d) + 1 FROM ledger_seal s WHERE s.tenant_id = :tenant_id),
    (SELECT CAST(min(l.posted_at) AT TIME ZONE 'UTC' AS date) FROM stock_ledger l WHERE l.tenant_id = :tenant_id))

-- name: note
INSERT INTO ledger_proof (tenant_id, entries, faults, first_fault)
VALUES (:tenant_id, :entries, :faults, :first_fault)
ON CONFLICT (tenant_id) DO UPDATE SET entries = excluded.entries, faults = excluded.faults,
    first_fault = excluded.first_fault, proven_at = excluded.proven_at

-- name: begun_at
SELECT d.posted_at FROM stock_document d WHERE d.tenant_id = :tenant_id ORDER BY d.id LIMIT 1
