DELETE FROM outbox WHERE kind = 'draw';
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('job', 'dead'));
DROP TABLE full_pictures;
