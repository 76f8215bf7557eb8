-- A version without a bin would show what is in it, though its owners have deleted it.
DELETE FROM analyses WHERE binned_at IS NOT NULL;
DELETE FROM batches WHERE binned_at IS NOT NULL;

DROP INDEX analyses_user;
DROP INDEX analyses_taken;
DROP INDEX analyses_by_emotion;
DROP INDEX analyses_by_status;
DROP INDEX analyses_history;
ALTER TABLE batches DROP COLUMN binned_at;
ALTER TABLE analyses DROP COLUMN binned_at;
CREATE INDEX analyses_history ON analyses (user_id, submitted_at DESC, id DESC);
CREATE INDEX analyses_by_status ON analyses (user_id, status, submitted_at DESC, id DESC);
CREATE INDEX analyses_by_emotion ON analyses (user_id, emotion, submitted_at DESC, id DESC);
