-- name: keep
-- A document as it is shown for confirmation.
INSERT INTO stock_draft (tenant_id, kind, document, told, drawn_by, drawn_at)
VALUES (:tenant_id, :kind, CAST(:document AS jsonb), CAST(:told AS jsonb), :drawn_by, :now) RETURNING id

-- name: name
UPDATE stock_draft SET ref = :ref WHERE tenant_id = :tenant_id AND id = :id

-- name: find
SELECT d.id, d.kind, d.ref, d.document, d.told, d.state, d.drawn_by, d.drawn_at, d.posted_at, d.answer
FROM stock_draft d WHERE d.tenant_id = :tenant_id AND d.id = :id

-- name: lock
SELECT d.id, d.kind, d.ref, d.document, d.told, d.state, d.drawn_by, d.drawn_at, d.posted_at, d.answer
FROM stock_draft d WHERE d.tenant_id = :tenant_id AND d.id = :id FOR UPDATE

-- name: close
-- What came of it.
UPDATE stock_draft SET state = :state, answer = CAST(:answer AS jsonb), posted_at = :posted_at
WHERE tenant_id = :tenant_id AND id = :id AND state = 'drawn'

-- name: forget
-- Drafts that nobody posted.
DELETE FROM stock_draft WHERE tenant_id = :tenant_id AND state <> 'posted' AND drawn_at < :before
