ALTER TABLE analyses DROP COLUMN keep_photo, DROP COLUMN delete_after, DROP COLUMN cancel_at, DROP COLUMN duplicate_of,
    DROP COLUMN photo_sha256;
