-- What a person asks to be done with one photo: how long it is kept, and when it is wanted no more.

-- Whether the photo as it was sent stays once it is analysed.
ALTER TABLE analyses ADD COLUMN keep_photo boolean NOT NULL DEFAULT true;
-- Days after its end, after which it is deleted; NULL for as long as the site keeps it.
ALTER TABLE analyses ADD COLUMN delete_after integer CHECK (delete_after > 0);
-- When it is cancelled, unless it has ended by then.
ALTER TABLE analyses ADD COLUMN cancel_at timestamptz;
-- By which the same photo is known again, and the first analysis of it.
ALTER TABLE analyses ADD COLUMN photo_sha256 bytea CHECK (octet_length(photo_sha256) = 32);
ALTER TABLE analyses ADD COLUMN duplicate_of uuid REFERENCES analyses ON DELETE SET NULL;

CREATE INDEX analyses_delete_after ON analyses (finished_at) WHERE delete_after IS NOT NULL;
CREATE INDEX analyses_cancel_at ON analyses (cancel_at) WHERE cancel_at IS NOT NULL AND status IN ('queued', 'processing');
CREATE INDEX analyses_photo ON analyses (user_id, photo_sha256, submitted_at) WHERE photo_sha256 IS NOT NULL;
CREATE INDEX analyses_duplicate_of ON analyses (duplicate_of) WHERE duplicate_of IS NOT NULL;
