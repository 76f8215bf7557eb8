DROP INDEX analyses_queue, analyses_words, analyses_tags, analyses_by_emotion, analyses_by_status, analyses_batch;
ALTER TABLE analyses
    DROP COLUMN words, DROP COLUMN emotion, DROP COLUMN queued_at, DROP COLUMN taken_at, DROP COLUMN tags,
    DROP COLUMN batch_id;
DROP FUNCTION dominant_emotion(jsonb), plain_words(text);
DROP TABLE batches;
ALTER TABLE users DROP COLUMN responsible_use_at;
