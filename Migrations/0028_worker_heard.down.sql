ALTER TABLE workers RENAME COLUMN heard_at TO sent_at;
