DELETE FROM outbox WHERE kind = 'annotate';
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('job', 'dead', 'draw'));
DROP TABLE annotated_pictures;
-- Nothing draws them any more: the photo without its boxes is what there is.
UPDATE previews SET annotated = clean WHERE annotated IS NULL;
UPDATE handed_pictures SET annotated = clean WHERE annotated IS NULL;
ALTER TABLE handed_pictures ALTER COLUMN annotated SET NOT NULL;
ALTER TABLE previews ALTER COLUMN annotated SET NOT NULL;
