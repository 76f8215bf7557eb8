ALTER TABLE outbox DROP COLUMN taken_by, DROP COLUMN taken_until;
