ALTER TABLE sessions DROP COLUMN by_provider, DROP COLUMN provider_confirmed_at;
ALTER TABLE pending_log_ins DROP COLUMN by_provider;
DROP TABLE provider_trips, identities;
-- A hash that no password has: a link for a new one opens these accounts again.
UPDATE users SET password_hash = '$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBwYXNzd29yZA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
WHERE password_hash IS NULL;
ALTER TABLE users ALTER COLUMN password_hash SET NOT NULL;
