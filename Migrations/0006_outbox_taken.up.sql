-- A relay takes rows, commits, publishes, and deletes them then: no lock is held while the broker is away.
ALTER TABLE outbox
    ADD COLUMN taken_by    text,
    -- Until then nobody else publishes the row.
    ADD COLUMN taken_until timestamptz;
