-- The bin: what a person deletes stays for a while, hidden from everything but its page, so that it can be put back.

-- When its owner deleted it; NULL for what is there. What is still to be done is cancelled first: nothing in the bin can change.
ALTER TABLE analyses ADD COLUMN binned_at timestamptz CHECK (binned_at IS NULL OR finished_at IS NOT NULL);
-- Of a batch that was deleted as a whole: an empty one is shown, as before.
ALTER TABLE batches ADD COLUMN binned_at timestamptz;

-- Lists and counts read what is not in the bin, from the index alone.
DROP INDEX analyses_history;
CREATE INDEX analyses_history ON analyses (user_id, submitted_at DESC, id DESC) WHERE binned_at IS NULL;
DROP INDEX analyses_by_status;
CREATE INDEX analyses_by_status ON analyses (user_id, status, submitted_at DESC, id DESC) WHERE binned_at IS NULL;
DROP INDEX analyses_by_emotion;
CREATE INDEX analyses_by_emotion ON analyses (user_id, emotion, submitted_at DESC, id DESC) WHERE binned_at IS NULL;
-- By the day on which a photo was taken, as far as that is known.
CREATE INDEX analyses_taken ON analyses (user_id, coalesce(taken_at, submitted_at AT TIME ZONE 'UTC') DESC, id DESC)
    WHERE binned_at IS NULL;
-- The bin's page; and what an account's deletion goes by, which takes both.
CREATE INDEX analyses_bin ON analyses (user_id, binned_at DESC, id DESC) INCLUDE (photo_bytes) WHERE binned_at IS NOT NULL;
CREATE INDEX analyses_user ON analyses (user_id);
-- What has been there for long enough, and how much there is.
CREATE INDEX analyses_binned ON analyses (binned_at) INCLUDE (photo_bytes) WHERE binned_at IS NOT NULL;
CREATE INDEX batches_binned ON batches (binned_at) WHERE binned_at IS NOT NULL;
