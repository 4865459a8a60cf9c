-- What older tables lacked: a review's parts, a seller's papers, and the request of every stored page.
-- A run that is half done keeps its pages' hashes but not their questions: it begins anew.

ALTER TABLE reviews ADD pros text DEFAULT '' NOT NULL, ADD cons text DEFAULT '' NOT NULL,
    ADD answer text DEFAULT '' NOT NULL, ADD src_hash bytea;
ALTER TABLE marketplace_account ADD info jsonb DEFAULT '{}'::jsonb NOT NULL, ADD info_at timestamptz;

ALTER TABLE ingest_run ADD pages jsonb DEFAULT '[]'::jsonb NOT NULL;
UPDATE ingest_run SET state = 'failed' WHERE state = 'running';
ALTER TABLE ingest_run DROP page_hashes;

-- A price or a delivery has no day of its own, and is journalled all the same.
ALTER TABLE figure_change ALTER d DROP NOT NULL;
