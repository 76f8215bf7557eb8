DROP INDEX analyses_without_result;
INSERT INTO handed_pictures (analysis_id, generation, attempt, annotated, clean, thumbnail)
SELECT a.id, a.generation, a.attempts, p.annotated, p.clean, p.thumbnail
FROM previews p JOIN analyses a ON a.id = p.analysis_id
WHERE a.status IN ('queued', 'processing') AND p.generation = a.generation
ON CONFLICT DO NOTHING;
DELETE FROM previews p USING analyses a WHERE a.id = p.analysis_id AND a.status <> 'finished';
ALTER TABLE previews DROP COLUMN generation;
