-- When a process was last heard of, by the database's clock: its own may go wrong, and is compared with this one.
ALTER TABLE workers RENAME COLUMN sent_at TO heard_at;
UPDATE workers SET heard_at = least(heard_at, now());
