-- Fails where such photos are still kept: they would have no type.
ALTER TABLE analyses DROP CONSTRAINT analyses_content_type_check;
ALTER TABLE analyses ADD CONSTRAINT analyses_content_type_check
    CHECK (content_type IN ('image/jpeg', 'image/png', 'image/webp'));
