-- Pictures that a worker hands over are written once: they lie among the previews at once, and no page shows them until the analysis has
-- finished. Before, the transaction that recorded the result copied them there.
--
-- The try that they belong to; NULL where they were recorded before this.
ALTER TABLE previews ADD COLUMN generation integer;

INSERT INTO previews (analysis_id, generation, annotated, clean, thumbnail)
SELECT DISTINCT ON (h.analysis_id) h.analysis_id, h.generation, h.annotated, h.clean, h.thumbnail
FROM handed_pictures h JOIN analyses a ON a.id = h.analysis_id AND a.generation = h.generation
WHERE a.status IN ('queued', 'processing')
ORDER BY h.analysis_id, h.attempt DESC
ON CONFLICT (analysis_id) DO NOTHING;

-- The table stays for gateways from before this, as long as they run.
DELETE FROM handed_pictures;

-- For finding the pictures of those that ended without a result.
CREATE INDEX analyses_without_result ON analyses (id) WHERE status IN ('failed', 'cancelled');
